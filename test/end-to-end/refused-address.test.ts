import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { openQueue } from 'millhand'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'

const SSL_REQUEST_BYTES = 8

/** What a server does that has TLS, up to where the client looks at its certificate. */
async function serverWithTls(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...made, '-subj', '/CN=db', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  const secureContext = createSecureContext({ key: readFileSync(key), cert: readFileSync(cert) })
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (asked) => {
      if (asked.length !== SSL_REQUEST_BYTES) return void socket.destroy()
      socket.write('S')
      new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => {})
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `postgres://app:secret@127.0.0.1:${(server.address() as AddressInfo).port}/app`
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('a certificate that nobody vouches for is an error with a code, at once and without the password', async ({
  skip,
}) => {
  if (!hasOpenssl()) skip('missing: openssl')
  const url = await serverWithTls()
  const refused = {
    code: 'store_unavailable',
    message: expect.stringMatching(/self-signed certificate.*\. Name .*sslrootcert=FILE/),
  }
  const error = await openQueue(`${url}?sslmode=verify-full`).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject(refused)
  expect(JSON.stringify(error) + String(error)).not.toContain('secret')
  const pool = new pg.Pool({ connectionString: url, ssl: true })
  await expect(openQueue({ postgres: pool })).rejects.toMatchObject(refused)
  await pool.end()
})

test('a server without TLS is refused where the URL asks for it, and not talked to in clear', async () => {
  await expect(openQueue(`${inject('postgres')}?sslmode=verify-full`)).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringMatching(/does not support SSL connections\. The server has no TLS: turn it on/),
  })
})

test.each([
  ['a NUL in the name of a file', 'sqlite:a\0b.db', 'invalid_store'],
  ['a NUL in a folder', 'sqlite:/tmp/a\0b/jobs.db', 'invalid_store'],
  ['a NUL in a URL', 'postgres://u:secret@127.0.0.1:1/a\0b', 'invalid_store'],
  ['an escaped NUL in a URL', 'postgres://u:secret@127.0.0.1:1/a%00b', 'invalid_store'],
  ['a port that is none', 'postgres://u:secret@127.0.0.1:99999/a', 'invalid_store'],
  ['a port that is no number', 'postgres://u:secret@127.0.0.1/a?port=x', 'invalid_store'],
  ['an address that does not end', 'postgres://u:secret@[::1/a', 'invalid_store'],
  [
    'a certificate that is not there',
    'postgres://u:secret@127.0.0.1:1/a?sslrootcert=/no/ca',
    'store_unavailable',
  ],
  ['a name that is too long', `sqlite:/tmp/${'x'.repeat(5_000)}.db`, 'store_unavailable'],
])('%s is an error with a code', async (_, url, code) => {
  const error = await openQueue(url).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'MillhandError', code })
  expect(JSON.stringify(error) + String(error)).not.toContain('secret')
})

test('a schema in the URL and another one beside it contradict each other', async () => {
  const opened = openQueue('postgres://127.0.0.1:1/app?schema=a', { schema: 'b' })
  await expect(opened).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining("'a', as the URL says"),
  })
})
