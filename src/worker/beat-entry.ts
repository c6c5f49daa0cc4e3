import { workerData } from 'node:worker_threads'
import { type BeatThreadData, beatUntilTold, type OpenBeat } from './beat-thread.ts'

/** Where the thread begins when it is run from the sources. The build makes one text of it and of a store's module. */
const settings = workerData as BeatThreadData
const { openBeat } = (await import(String(settings.module))) as { openBeat: OpenBeat }
await beatUntilTold(settings, openBeat)
