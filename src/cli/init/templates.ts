import { VERSION } from '../../kit/version.ts'

/** A file that `millhand init` makes. */
export interface Template {
  /** Seen from the folder of the project. */
  readonly path: string
  /** What it is there for, in a few words. */
  readonly purpose: string
  readonly text: string
  /** What other files of the layout import from it, and which. */
  readonly gives?: { readonly name: string; readonly to: readonly string[] }
}

/** How modules are named: `mts` where the package of the project is of CommonJS, or does not say. */
export type Ending = 'ts' | 'mts'

/** The job of the layout, and an input of it. */
export const FIRST_JOB = { name: 'app.greet', input: { name: 'world' } } as const

/** A small project: what may be enqueued, what that does, where the jobs are, and a server that enqueues. */
export function templatesOf(ending: Ending): readonly Template[] {
  return [
    { path: 'package.json', purpose: 'what it needs, and its scripts', text: packageText(ending) },
    { path: 'tsconfig.json', purpose: 'for the editor and tsc', text: TSCONFIG },
    { path: '.gitignore', purpose: 'keeps the jobs out of the repository', text: 'node_modules/\ndata/\n' },
    {
      path: `millhand.config.${ending}`,
      purpose: 'where the jobs are, and which a worker runs',
      text: configText(ending),
    },
    {
      path: `jobs/specs.${ending}`,
      purpose: 'what may be enqueued',
      text: SPECS,
      gives: { name: 'greet', to: [`jobs/handlers.${ending}`, `server.${ending}`] },
    },
    { path: `jobs/handlers.${ending}`, purpose: 'what the jobs do', text: handlersText(ending) },
    { path: `server.${ending}`, purpose: 'a web server that enqueues', text: serverText(ending) },
  ]
}

function packageText(ending: Ending): string {
  const manifest = {
    private: true,
    type: 'module',
    scripts: { dev: 'millhand dev', work: 'millhand work', server: `node server.${ending}`, types: 'tsc' },
    dependencies: { millhand: `^${VERSION}` },
    devDependencies: { '@types/node': '^24.0.0', typescript: '^5.9.0' },
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "lib": ["es2023"],
    "module": "nodenext",
    "types": ["node"],
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true
  }
}
`

const configText = (ending: Ending) => `import { defineConfig } from 'millhand/config'

export default defineConfig({
  // Seen from this file. On many machines: 'postgres://USER:PASSWORD@HOST/DATABASE'.
  store: 'sqlite:data/jobs.db',
  jobs: ['./jobs/handlers.${ending}'],
  worker: { concurrency: 10 },
})
`

const SPECS = `// What may be enqueued. A server imports this alone, without the code that does the work.
import { defineJob, type Schema } from 'millhand'

interface Person {
  name: string
}

// With a schema of Zod, Valibot or ArkType as \`input\`, what is enqueued is also checked, and the types come from that.
export const greet = defineJob<Schema<Person>, Schema<{ greeting: string }>>({
  name: 'app.greet',
  retries: 3,
  timeout: '1m',
})
`

const handlersText = (
  ending: Ending,
) => `// What the jobs do: a worker loads this file, which millhand.config.${ending} names.
import { greet } from './specs.${ending}'

export const greeter = greet.handle(async ({ name }, ctx) => {
  ctx.log.info('greeting', { name })
  return { greeting: \`Good day, \${name}.\` }
})
`

const serverText = (
  ending: Ending,
) => `// Enqueues on POST /greet?name=NAME, and says on GET /jobs/ID how a job stands. Workers run beside it.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { isMillhandError, openQueue } from 'millhand'
import { loadConfig } from 'millhand/config'
import { greet } from './jobs/specs.${ending}'

const { config } = await loadConfig({ cwd: import.meta.dirname, jobs: false })
const queue = await openQueue(config.store, config.queue)

async function answer(method: string, url: string): Promise<[status: number, body: object]> {
  const [pathname = '', query] = url.split('?')
  const [, id] = /^\\/jobs\\/(.+)$/.exec(pathname) ?? []
  const found = method === 'GET' && id !== undefined ? await queue.get(id) : null
  if (found) return [200, found]
  if (method !== 'POST' || pathname !== '/greet') return [404, { error: 'POST /greet?name=NAME, GET /jobs/ID' }]
  const job = await queue.enqueue(greet, { name: new URLSearchParams(query).get('name') ?? 'world' })
  return [202, { id: job.id }]
}

const server = createServer(async ({ method = 'GET', url = '/' }, response) => {
  const refused = (error: unknown) => [500, { error: isMillhandError(error) ? error.code : 'unexpected' }] as const
  const [status, body] = await answer(method, url).catch(refused)
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
${listenText(ending)}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => server.close(() => queue.close()))
}
`

const listenText = (
  ending: Ending,
) => `// For this machine only: in a container or behind a proxy, HOST=0.0.0.0 lets others in.
const { HOST: host = '127.0.0.1', PORT: port = 3000 } = process.env
try {
  await once(server.listen({ host, port }), 'listening')
  console.log(server.address())
} catch (error) {
  const { message } = error as Error
  console.error(\`The server cannot listen: \${message}. Another port: PORT=3001 node server.${ending}\`)
  process.exitCode = 1
  await queue.close()
}
`
