import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import LongestFirst from './test/support/longest-first.ts'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Exactly these names: without the ends, 'millhand' would also catch 'millhand/testing'. */
const alias = [
  { find: /^millhand$/, replacement: source('index.ts') },
  { find: /^millhand\/testing$/, replacement: source('testing/index.ts') },
  { find: /^millhand\/config$/, replacement: source('config/index.ts') },
  { find: /^millhand\/postgres$/, replacement: source('postgres/index.ts') },
]

/** For a Node that runs the sources as they are: `millhand` stands for src, not for a build. */
const nodeOptions = ['--conditions=millhand-source', '--disable-warning=ExperimentalWarning']

const compiled = fileURLToPath(new URL('./node_modules/.cache/compiled', import.meta.url))

export default defineConfig({
  resolve: { alias },
  test: {
    globalSetup: 'test/support/postgres-setup.ts',
    include: ['test/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // Two: the process tests start workers of their own, and more would only measure how busy the machine is.
    maxWorkers: 2,
    // A process for each file takes half a second of processor time to start and to read the same sources again. No
    // module of src has a state, and a test leaves nothing behind.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', fileURLToPath(new URL('./test/support/closing-line.ts', import.meta.url))],
    // A condition that is waited for: a second, as it would be, is the clock of a quiet machine.
    expect: { poll: { interval: 10, timeout: 120_000 } },
    execArgv: nodeOptions,
    // Workers and command lines that a test starts are Node processes too.
    // Hundreds start in a run: compiled once, one is there in 0.15 s instead of 0.35.
    env: { NODE_OPTIONS: nodeOptions.join(' '), NODE_COMPILE_CACHE: compiled },
    // They end what is stuck, and nothing else: on a machine that is busy with something else, all takes many times as
    // long as on a quiet one, and no test may fail by that.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
