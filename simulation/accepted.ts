import type { Settled } from '../src/store/jobs.ts'

/** One claim of a job, by a text. */
export function claimOf({ id, epoch }: { readonly id: string; readonly epoch: number }): string {
  return `${id}#${epoch}`
}

/** Calls back for each item of a call that was answered with `settled`; for none where its answer was lost and is not to be guessed. */
export function acceptedOf<Item>(
  values: readonly unknown[],
  result: unknown,
  onAccepted: (item: Item) => void,
): void {
  const answers = (result ?? []) as Settled[]
  for (const [place, item] of (values[0] as Item[]).entries()) {
    if (answers[place] === 'settled') onAccepted(item)
  }
}
