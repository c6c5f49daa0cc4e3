import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { type Walked, walk } from '../../../examples/demo/walk.ts'
import { temporaryFolder } from './folder.ts'

async function fill(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), path)
  }
}

async function walked(folder: string): Promise<string[]> {
  const lines: string[] = []
  for await (const entry of walk(folder)) {
    const path = relative(folder, entry.path)
    lines.push(entry.kind === 'file' ? path : `${path}: ${entry.reason}`)
  }
  return lines
}

test('files come in the order of their names, folder by folder', async () => {
  const folder = await temporaryFolder()
  await fill(folder, ['b/2.txt', 'b/10.txt', 'a.txt', 'c.txt', 'b/a/deep.txt', 'ä.txt'])
  expect(await walked(folder)).toEqual(['a.txt', 'b/10.txt', 'b/2.txt', 'b/a/deep.txt', 'c.txt', 'ä.txt'])
})

test('hidden files and folders and node_modules are passed by', async () => {
  const folder = await temporaryFolder()
  await fill(folder, [
    '.git/config',
    '.env',
    'node_modules/x/index.js',
    'a/.cache/x',
    'a/node_modules/y',
    'a/kept',
  ])
  expect(await walked(folder)).toEqual(['a/kept'])
})

test.skipIf(process.platform === 'win32')(
  'links and special files are noted and not followed, so that a loop ends',
  async () => {
    const folder = await temporaryFolder()
    await fill(folder, ['a/file.txt'])
    await symlink(folder, join(folder, 'a', 'up'))
    await symlink(join(folder, 'self'), join(folder, 'self'))
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(await walked(folder)).toEqual([
      'a/file.txt',
      'a/up: a link, not followed',
      'pipe: a pipe, socket or device, not opened',
      'self: a link, not followed',
    ])
  },
)

test('a link as the folder to walk is followed', async () => {
  const folder = await temporaryFolder()
  await fill(folder, ['real/file.txt'])
  await symlink(join(folder, 'real'), join(folder, 'link'))
  expect(await walked(join(folder, 'link'))).toEqual(['file.txt'])
})

test('a folder that vanishes during the walk is noted, and the walk goes on', async () => {
  const folder = await temporaryFolder()
  await fill(folder, ['a.txt', 'b/file.txt', 'c.txt'])
  const seen: Walked[] = []
  for await (const entry of walk(folder)) {
    seen.push(entry)
    await rm(join(folder, 'b'), { recursive: true, force: true })
  }
  expect(seen).toEqual([
    { kind: 'file', path: join(folder, 'a.txt') },
    { kind: 'note', path: join(folder, 'b'), reason: 'a folder that cannot be read: ENOENT' },
    { kind: 'file', path: join(folder, 'c.txt') },
  ])
})

test('a folder that may not be read is noted, and the walk goes on', async () => {
  const folder = await temporaryFolder()
  await fill(folder, ['a/file.txt', 'b.txt'])
  await chmod(join(folder, 'a'), 0)
  await chmod(folder, 0o755)
  const module = join(import.meta.dirname, '../../../examples/demo/walk.ts')
  const script = `import { walk } from ${JSON.stringify(module)}
    process.seteuid?.(${process.getuid?.() === 0 ? 65534 : process.getuid?.()})
    console.log(JSON.stringify(await Array.fromAsync(walk(${JSON.stringify(folder)}))))`
  // In a process of its own that gives up its rights: nothing is unreadable to root, and tests may run as root.
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  await chmod(join(folder, 'a'), 0o755)
  expect(JSON.parse(output)).toEqual([
    { kind: 'note', path: join(folder, 'a'), reason: 'a folder that cannot be read: EACCES' },
    { kind: 'file', path: join(folder, 'b.txt') },
  ])
})

test('odd names arrive as they are', async () => {
  const folder = await temporaryFolder()
  const names = ["it's 'quoted'.txt", 'new\nline', '磨坊 🌾', '\ufffd kept']
  await fill(folder, names)
  expect((await walked(folder)).sort()).toEqual(names.sort())
})

// Only Linux has such names at all: other systems refuse to make the file.
test.runIf(process.platform === 'linux')('a name that is not UTF-8 is noted', async () => {
  const folder = await temporaryFolder()
  await writeFile(Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.of(0xff)]), 'x')
  expect(await walked(folder)).toEqual(['bad-\ufffd: its name is not in UTF-8, so no path leads to it'])
})

test('a folder of thousands of files is walked in order', async () => {
  const folder = await temporaryFolder()
  const names = Array.from({ length: 3000 }, (_, index) => `${String(index).padStart(5, '0')}.txt`)
  for (const name of names) writeFileSync(join(folder, name), '')
  expect(await walked(folder)).toEqual(names)
})

test('a folder that is missing or is a file is refused with what to do', async () => {
  const folder = await temporaryFolder()
  await fill(folder, ['file'])
  await expect(walked(join(folder, 'none'))).rejects.toThrow(
    /none' cannot be read \(ENOENT\)\. Give the path/,
  )
  await expect(walked(join(folder, 'file'))).rejects.toThrow(/file' is not a folder/)
})

test('an aborted walk throws the reason of its signal', async () => {
  const folder = await temporaryFolder()
  await fill(folder, ['a', 'b'])
  const stop = new AbortController()
  const steps = walk(folder, { signal: stop.signal })
  await steps.next()
  stop.abort(new Error('stop'))
  await expect(steps.next()).rejects.toThrow('stop')
})
