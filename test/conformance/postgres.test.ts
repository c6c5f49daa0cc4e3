import { seededRandom } from '../../src/kit/random.ts'
import { openPostgresStore } from '../../src/store/postgres/index.ts'
import { emptySchema } from '../support/postgres.ts'
import { CLOSE_WAIT_MS } from './store-test.ts'
import { describeStore } from './suite.ts'

const urls = new Map<string, string>()

describeStore('postgres', {
  async open(clock) {
    const { url, release } = await emptySchema()
    const store = await openPostgresStore({
      to: url,
      clock,
      random: seededRandom(1),
      closeWaitMs: CLOSE_WAIT_MS,
    })
    urls.set(store.location, url)
    return {
      ...store,
      async close() {
        await store.close()
        release()
      },
    }
  },
  reopen: (store, clock) => openPostgresStore({ to: urls.get(store.location) ?? '', clock }),
})
