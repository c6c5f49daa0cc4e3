import { jobError } from '../job/errors.ts'
import type { RunningJob } from '../job/job.ts'
import type { SecretSource } from '../job/resources.ts'

/** What `ctx.secrets.get` gives. @throws MillhandError `secret_missing`, and what the source throws */
export async function readSecret(
  source: SecretSource | undefined,
  name: string,
  job: RunningJob,
): Promise<string> {
  const secret: unknown = await source?.(name, job)
  if (typeof secret === 'string') return secret
  // What it is, and not what it says: that may be the secret.
  const got =
    secret === undefined || secret === null ? {} : { got: `a value that is no text (${typeof secret})` }
  throw jobError('secret_missing', { name, known: source !== undefined, ...got })
}
