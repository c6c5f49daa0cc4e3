import type { Message } from '../child.ts'

/** Calls `handler` for every message of this kind from the process that started this one. */
export function onMessage(kind: string, handler: () => void): void {
  process.on('message', (message: Message) => {
    if (message.kind === kind) handler()
  })
}

export function tell(message: Message): void {
  process.send?.(message)
}

/** Ends the process when the benchmarks have ended without telling it, as after an interrupt. */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit())
}
