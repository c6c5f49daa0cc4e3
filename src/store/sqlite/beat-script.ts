/**
 * All of the beat thread's code in one text. The build puts it here: in a bundle there are no modules beside this one that
 * a thread could load. Run from the sources, there is none, and the thread loads those.
 */
export const BEAT_SCRIPT: string | undefined = undefined
