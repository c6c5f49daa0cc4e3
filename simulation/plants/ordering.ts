import { inStore, type Planted } from './plant.ts'

const oneMore: Planted = {
  fault: 'a queue that takes one more than its size',
  store: 'memory',
  found: /which takes/,
  plant: inStore(({ queues }) => ({
    queues: {
      ...queues,
      configure: (queue, { maxSize, ...settings }) =>
        queues.configure(queue, { ...settings, ...(maxSize !== undefined && { maxSize: maxSize + 1 }) }),
    },
  })),
}

export const IN_ORDERING: readonly Planted[] = [oneMore]
