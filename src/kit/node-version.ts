import { errorFactory, type MillhandError } from './error.ts'

/** `node:sqlite`, and TypeScript without a build, came with it. */
const NODE_MIN = { major: 22, minor: 18 } as const

/** What can be wrong with the Node that it runs on. */
export const nodeErrors = {
  node_too_old: ({ version, needed }: { version: string; needed: string }) =>
    `Millhand needs Node ${needed} or newer, and this is Node ${version}.`,
} as const

const nodeError = errorFactory(nodeErrors)

/** What is wrong with a version of Node; `undefined` where Millhand runs on it. */
export function nodeProblem(version: string): MillhandError | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > NODE_MIN.major || (major === NODE_MIN.major && minor >= NODE_MIN.minor)) return undefined
  return nodeError('node_too_old', { version, needed: `${NODE_MIN.major}.${NODE_MIN.minor}` })
}
