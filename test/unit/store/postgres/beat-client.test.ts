import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { reserveBeat } from '../../../../src/store/postgres/connection/beat-client.ts'

/** Connections that keep this process. */
const holding = () => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length

test('a connection for the beat that a server does not answer keeps no process that has nothing else to do', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket.unref())).unref()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo

  const before = holding()
  const connected = once(server, 'connection')
  const reserving = reserveBeat({ config: { host: '127.0.0.1', port }, schema: 's', location: 'here' }, pg)
  reserving.catch(() => {})
  await connected
  expect(holding()).toBe(before)
})
