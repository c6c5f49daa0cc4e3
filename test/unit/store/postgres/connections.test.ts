import { expect, onTestFinished, vi } from 'vitest'
import { parseAddress } from '../../../../src/store/postgres/connection/address.ts'
import { Connections } from '../../../../src/store/postgres/connection/connections.ts'
import { test } from '../../../support/postgres-store.ts'

test('who waits for a connection while the last one is closed is told so, and waits no longer', async ({
  url,
}) => {
  const address = await parseAddress(url)
  const config = { ...address.config, max: 1 }
  const connections = new Connections({ address: { ...address, config }, sessions: true, clock: undefined })
  const [lent, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const first = connections.borrow(() => {
    lent.resolve()
    return done.promise
  })
  await lent.promise
  const waiting = expect(connections.borrow(async () => 'lent')).rejects.toMatchObject({
    code: 'store_closed',
  })
  const closed = connections.close()
  done.resolve()
  await Promise.all([first, waiting, closed])
})

test('a transaction leaves nothing with the pool that it has its connection from', async ({ url }) => {
  const address = await parseAddress(url)
  const connections = new Connections({ address, sessions: true, clock: undefined })
  onTestFinished(() => connections.close())
  // Of a signal that depends on one which lives longer, that keeps a trace for good.
  const any = vi.spyOn(AbortSignal, 'any')
  onTestFinished(() => any.mockRestore())
  expect(await connections.borrowLong(async () => 'done', new AbortController().signal)).toBe('done')
  expect(any).not.toHaveBeenCalled()
})
