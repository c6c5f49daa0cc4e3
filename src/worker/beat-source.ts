import { siblingModule } from '../kit/module.ts'

/** Where the thread begins when it is run from the sources. The build leaves this out: its stores bring all of the thread's code. */
export function beatEntry(): URL {
  return siblingModule(import.meta.url, './beat-entry')
}
