import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mountReadOnly } from '../../support/read-only.ts'
import { Project, WITH_JOBS } from './project.ts'

interface Examined {
  readonly ok: boolean
  readonly checks: readonly { readonly check: string; readonly level: string; readonly text: string }[]
}

const levelsOf = ({ checks }: Examined) =>
  Object.fromEntries(checks.map(({ check, level }) => [check, level]))

test('migrate --dry-run prints the SQL and makes no file; migrate makes one, once', async () => {
  const project = new Project()
  const dry = await project.run('migrate --dry-run --store sqlite:new.db')
  expect(dry.stdout).toMatch(/^-- 001_core\n[\s\S]*create table millhand_jobs/)
  expect(existsSync(join(project.folder, 'new.db'))).toBe(false)
  expect(await project.json('migrate --store sqlite:new.db')).toMatchObject({
    applied: expect.arrayContaining(['001_core']),
  })
  expect(await project.json('migrate --store sqlite:new.db')).toMatchObject({ applied: [] })
  expect(await project.json('migrate --dry-run --store sqlite:new.db')).toMatchObject({ pending: [] })
})

test('the doctor finds nothing wrong where all is well, and says what is not', async () => {
  const project = new Project(WITH_JOBS)
  expect(levelsOf(await project.json('doctor'))).toMatchObject({
    configuration: 'ok',
    file: 'warn',
    folder: 'ok',
  })
  expect(existsSync(join(project.folder, 'data'))).toBe(false)
  const work = project.start('work')
  await work.line(/worker_start/)
  const well = await project.json<Examined>('doctor')
  expect(well.checks.filter(({ level }) => level !== 'ok')).toEqual([])
  await work.end('SIGTERM')
  await Promise.all([project.run('enqueue test.patient'), project.run('pause mail')])
  const ill = await project.json<Examined>('doctor')
  expect(levelsOf(ill)).toMatchObject({ workers: 'warn', handlers: 'warn', queues: 'warn', integrity: 'ok' })
  expect(ill.checks.map(({ text }) => text)).toContain(
    "1 pending job(s) 'test.patient' in queue 'default' have no live worker",
  )
})

test('a database on a read-only file system is looked at by every command that looks, and the doctor names it', async ({
  skip,
}) => {
  const project = new Project(WITH_JOBS)
  const { id } = await project.json<{ id: string }>('enqueue test.patient')
  const unmount = mountReadOnly(join(project.folder, 'data'))
  if (!unmount) return skip('this process may not mount')
  try {
    const looks = ['jobs', `job ${id}`, `explain ${id}`, 'stats', 'queues', 'workers']
    const looked = await Promise.all(looks.map((words) => project.run(words)))
    expect(looked.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      looks.map(() => ({ code: 0, stderr: '' })),
    )
    expect((await project.run(`cancel ${id} --json`)).stderr).toContain('store_read_only')
    const doctor = await project.run('doctor --json')
    expect(doctor.code).toBe(1)
    expect(levelsOf(JSON.parse(doctor.stdout))).toMatchObject({
      file: 'fail',
      folder: 'fail',
      integrity: 'ok',
    })
  } finally {
    unmount()
  }
})

test('--help says how, with an example and the exit codes; --version says which', async () => {
  const project = new Project()
  const [all, one, none, version] = await Promise.all([
    project.run('--help'),
    project.run('enqueue --help'),
    project.start('help').ended,
    project.run('--version'),
  ])
  expect(all).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Commands:[\s\S]*doctor[\s\S]*Exit codes:/),
  })
  expect(one).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Examples:\n {2}\$ millhand enqueue[\s\S]*130/),
  })
  expect(none).toMatchObject({ code: 0, stdout: all.stdout })
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
