import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { permanentReason } from '../../../examples/demo/extract/read.ts'
import { extractText } from '../../../examples/demo/extract.ts'
import { temporaryFolder } from './folder.ts'

const limits = { textBytesMax: 1000, pdfBytesMax: 2000 }

test('a file of exactly the limit is read, one byte more is skipped', async () => {
  const path = join(await temporaryFolder(), 'a.txt')
  await writeFile(path, 'x'.repeat(1000))
  expect(await extractText(path, { limits })).toMatchObject({ kind: 'text' })
  await writeFile(path, 'x'.repeat(1001))
  expect(await extractText(path, { limits })).toEqual({ kind: 'skip', reason: 'larger than 0.001 MB' })
})

test('a PDF has a limit of its own', async () => {
  const path = join(await temporaryFolder(), 'a.pdf')
  await writeFile(path, `%PDF-1.7\n${'x'.repeat(2000)}`)
  expect(await extractText(path, { limits })).toEqual({ kind: 'skip', reason: 'larger than 0.002 MB' })
})

test('a file of a terabyte is skipped without being read', async () => {
  const path = join(await temporaryFolder(), 'huge.txt')
  await writeFile(path, 'x'.repeat(100_000))
  await truncate(path, 2 ** 40)
  expect(await extractText(path)).toEqual({ kind: 'skip', reason: 'larger than 20 MB' })
})

test('a large file that is not text is called binary, not large', async () => {
  const path = join(await temporaryFolder(), 'film.mov')
  await writeFile(path, new Uint8Array(5000))
  expect(await extractText(path, { limits })).toEqual({ kind: 'skip', reason: 'binary' })
})

test('a file that vanished is a failure', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'file'), 'x')
  const reason = expect.stringMatching(/^vanished/)
  expect(await extractText(join(folder, 'gone.txt'))).toEqual({ kind: 'failure', reason })
  expect(await extractText(join(folder, 'file', 'inside.txt'))).toEqual({ kind: 'failure', reason })
})

test('a path that no system takes is a failure', async () => {
  const reason = expect.stringMatching(/^not readable/)
  expect(await extractText(`/${'x'.repeat(5000)}`)).toEqual({ kind: 'failure', reason })
  expect(await extractText('/a\0b')).toEqual({ kind: 'failure', reason })
})

test('a file that may not be read is a failure', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'secret.txt')
  await writeFile(path, 'x')
  await chmod(path, 0)
  await chmod(folder, 0o755)
  const module = join(import.meta.dirname, '../../../examples/demo/extract.ts')
  const script = `import { extractText } from ${JSON.stringify(module)}
    process.seteuid?.(${process.getuid?.() === 0 ? 65534 : process.getuid?.()})
    process.stdout.write(JSON.stringify(await extractText(${JSON.stringify(path)})))`
  // In a process of its own that gives up its rights: nothing is unreadable to root, and tests may run as root.
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  expect(JSON.parse(stdout)).toEqual({ kind: 'failure', reason: 'not readable: permission denied' })
})

test('a fault that may pass is thrown, so that the job is tried again', () => {
  const busy = Object.assign(new Error('too many open files'), { code: 'EMFILE' })
  expect(() => permanentReason(busy)).toThrow(busy)
})

test('links, loops of links and folders are not opened', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'inner'))
  await writeFile(join(folder, 'real.txt'), 'x')
  await symlink(join(folder, 'real.txt'), join(folder, 'link.txt'))
  await symlink(join(folder, 'loop'), join(folder, 'loop'))
  expect(await extractText(join(folder, 'link.txt'))).toEqual({ kind: 'skip', reason: 'a link, not a file' })
  expect(await extractText(join(folder, 'loop'))).toEqual({ kind: 'skip', reason: 'a link, not a file' })
  expect(await extractText(join(folder, 'loop', 'x.txt'))).toMatchObject({ kind: 'failure' })
  expect(await extractText(join(folder, 'inner'))).toEqual({ kind: 'skip', reason: 'a folder, not a file' })
})

test.skipIf(process.platform === 'win32')('pipes, sockets and devices are not opened', async () => {
  const folder = await temporaryFolder()
  const socket = createServer().listen(join(folder, 'socket'))
  onTestFinished(() => void socket.close())
  await once(socket, 'listening')
  execFileSync('mkfifo', [join(folder, 'pipe.txt')])
  expect(await extractText(join(folder, 'pipe.txt'))).toEqual({ kind: 'skip', reason: 'a pipe, not a file' })
  expect(await extractText(join(folder, 'socket'))).toEqual({ kind: 'skip', reason: 'a socket, not a file' })
  expect(await extractText('/dev/zero')).toEqual({ kind: 'skip', reason: 'a device, not a file' })
})

test('an aborted extraction throws the reason of its signal', async () => {
  const path = join(await temporaryFolder(), 'a.txt')
  await writeFile(path, 'x')
  const signal = AbortSignal.abort(new Error('stop'))
  await expect(extractText(path, { signal })).rejects.toThrow('stop')
})
