import { join } from 'node:path'
import { isInstalled } from '../../kit/module.ts'
import type { Call, CommandSpec } from '../command.ts'
import { toJson } from '../door.ts'
import { cliError } from '../errors.ts'
import type { FirstJob } from '../init/first-job.ts'
import type { Broken, LaidOut, Layout } from '../init/lay-out.ts'
import type { Terminal } from '../terminal.ts'

/** `millhand init`: a project that works, in this folder, and its first job. */
export const initCommand: CommandSpec = {
  name: 'init',
  summary:
    'Make a small project in this folder: a job, its handler, the configuration and a server. It keeps every file that is there, and runs a first job.',
  placeless: true,
  examples: ['millhand init', 'millhand init --json'],
  run: async (call) => {
    requireNoPlace(call)
    const [{ layOut }, { runFirstJob }] = await Promise.all([
      import('../init/lay-out.ts'),
      import('../init/first-job.ts'),
    ])
    const folder = process.cwd()
    const layout = layOut(folder)
    const { files, broken } = layout
    const here = join(folder, 'package.json')
    const installed = isInstalled('millhand', here)
    const configuration = files.find(({ path }) => path.startsWith('millhand.'))
    // A configuration of the user's may name a store that others work on.
    const job =
      installed && configuration !== undefined && isOurs(files)
        ? await runFirstJob(join(folder, configuration.path))
        : null
    const next = nextSteps({ installed, typed: isInstalled('@types/node/package.json', here), layout })
    call.terminal.show({ folder, files: files.map(toDocument), broken, job, next }, () => [
      ...files.map((file) => fileLine(file, call.terminal)),
      ...broken.map(brokenLine),
      jobLine(job, installed, call.terminal),
      '',
      'Next:',
      ...next.map(({ command, does }) => `  ${command.padEnd(COMMAND_COLUMNS)}  ${does}`),
    ])
    return undefined
  },
}

function requireNoPlace({ options: { store, config } }: Call): void {
  if (store === undefined && config === undefined) return
  const problem =
    'It makes its files in this folder, with a store beside them: give neither --store nor --config'
  throw cliError('usage', { problem, command: 'init' })
}

/** What decides on what would be run, and where. */
function isOurs(files: readonly LaidOut[]): boolean {
  return files.every(({ path, unchanged }) => unchanged || !/^(millhand\.|jobs\/)/.test(path))
}

interface Step {
  readonly command: string
  readonly does: string
}

interface Standing {
  readonly installed: boolean
  /** Whether the types of Node are installed. */
  readonly typed: boolean
  readonly layout: Layout
}

export function nextSteps({ installed, typed, layout }: Standing): Step[] {
  if (!installed) {
    const again = { command: 'npx millhand init', does: 'runs a first job' }
    return [{ command: 'npm install millhand', does: 'gets the packages' }, again]
  }
  const types = { command: 'npm i -D typescript @types/node', does: 'the types, for your editor and tsc' }
  const path = `server.${layout.ending}`
  const server = { command: `node ${path}`, does: `the server; curl -X POST 'localhost:3000/greet?name=Ada'` }
  // One of the user's own answers what it answers.
  const serves =
    layout.files.some((file) => file.path === path && file.unchanged) &&
    !layout.broken.some((file) => file.path === path)
  return [
    ...(typed ? [] : [types]),
    { command: 'npx millhand dev', does: 'a worker, restarted when a file changes' },
    ...(serves ? [server] : []),
    { command: `npx millhand jobs`, does: 'what has become of the jobs' },
  ]
}

function toDocument({ path, status }: LaidOut): object {
  return { path, status }
}

const PATH_COLUMNS = 22
const COMMAND_COLUMNS = 'npm i -D typescript @types/node'.length

export function fileLine({ path, status, purpose, unchanged }: LaidOut, { paint }: Terminal): string {
  const what = unchanged ? purpose : 'yours: nothing was written there'
  return `${paint(status === 'made' ? 'green' : 'dim', status)}  ${path.padEnd(PATH_COLUMNS)}${what}`
}

function brokenLine({ path, kept, name }: Broken): string {
  return `${path} imports '${name}' from ${kept}, which is yours and has none: export one there, or delete ${path}.`
}

function jobLine(job: FirstJob | null, installed: boolean, { paint }: Terminal): string {
  if (job) return `${paint('green', 'ran ')}  ${job.name} on ${job.store}: ${toJson(job.output)}`
  return installed
    ? 'No job was run: the configuration or the jobs are your own.'
    : 'No job was run yet: millhand is not installed in this folder.'
}
