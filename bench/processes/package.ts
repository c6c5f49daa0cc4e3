/**
 * Loaded before a program (`node --import`): `millhand` is the package in the folder `BENCH_PACKAGE`, in this process
 * and in those that it starts. So two builds are measured by one and the same benchmark.
 */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = process.env.BENCH_PACKAGE
if (folder === undefined) throw new Error('BENCH_PACKAGE names no folder')
/** A package knows itself by its name: whoever asks from within gets what it exports. */
const parentURL = pathToFileURL(join(folder, 'package.json')).href

registerHooks({
  resolve(specifier, context, next) {
    return next(specifier, /^millhand(\/|$)/.test(specifier) ? { ...context, parentURL } : context)
  },
})
