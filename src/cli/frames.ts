/** Where this copy of the package is, and how a path into any other one looks: a job may have failed elsewhere. */
const OWN = new URL('../', import.meta.url).pathname
const INSTALLED = /[\\/]node_modules[\\/]millhand[\\/]/
const OF_NODE = /\bnode:|<anonymous>/

/** The frames of a stack, as its lines. */
export function allFrames(stack: string): string[] {
  return stack.split('\n').filter((line) => /^\s+at /.test(line))
}

/** The same, without those at its end that only say how Millhand called the handler. */
export function framesOf(stack: string): string[] {
  const frames = allFrames(stack)
  const last = frames.findLastIndex((frame) => !isOurs(frame) && !OF_NODE.test(frame))
  // Of an error of Millhand's own all are: then they say where it was raised.
  return last === -1 ? frames : frames.slice(0, last + 1)
}

function isOurs(frame: string): boolean {
  return INSTALLED.test(frame) || frame.includes(OWN)
}
