import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes by far the longest, the longest first, though some of the files are short. */
const LONGEST = [
  'test/simulation/simulate.',
  'test/conformance/model.long.',
  'test/conformance/postgres.',
  'test/end-to-end/cli/init.',
  'test/end-to-end/cli/jobs.',
  'test/processes/',
  'test/conformance/',
  'test/repository/globals.',
]

/**
 * Begins with the files that take the longest. Where no run was measured yet, as in a fresh clone, the runner goes by
 * the size of the files: then the last one runs alone, and the other processor has nothing to do.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other))
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((path) => moduleId.includes(path))
  return rank < 0 ? LONGEST.length : rank
}
