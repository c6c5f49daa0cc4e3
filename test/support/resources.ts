declare module 'millhand' {
  /** Of every test: an augmentation counts in the whole program. */
  interface Resources {
    readonly tool?: Tool
  }
}

/** Something that a worker's handlers share. */
export interface Tool {
  readonly number: number
}

/** A `setup` and a `teardown` that write down when they are called. */
export function toolbox(told: string[] = []) {
  let made = 0
  return {
    told,
    setup: () => {
      made += 1
      told.push(`setup ${made}`)
      return { tool: { number: made } }
    },
    teardown: ({ tool }: { readonly tool?: Tool }) => void told.push(`teardown ${tool?.number}`),
  }
}
