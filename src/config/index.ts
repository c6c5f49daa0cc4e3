import '../kit/require-node.ts'

// The configuration of the command line

export type { Config } from './config.ts'
export type { ConfigOptions, LogOptions } from './define.ts'
export { defineConfig } from './define.ts'
export type { Problem } from './errors.ts'
export type { CheckedConfig, LoadOptions } from './load.ts'
export { checkConfig, loadConfig } from './load.ts'
export type { LogSettings } from './options.ts'
export type { Flag } from './settings.ts'
