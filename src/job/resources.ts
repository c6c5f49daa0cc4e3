import type { RunningJob } from './job.ts'

/**
 * What the handlers of a worker share, made by its `setup`: `ctx.resources`. Its members are yours, said once where
 * `setup` is.
 *
 * @example
 * declare module 'millhand' {
 *   interface Resources {
 *     mailer: { send(to: string): Promise<void> }
 *   }
 * }
 * defineJob({ name: 'mail.greet', run: (_, ctx) => ctx.resources.mailer.send('ada@example.com') })
 */
// biome-ignore lint/suspicious/noEmptyInterface: whoever uses the package declares what is in it
export interface Resources {}

/** What a handler may ask for that must not be kept with the job: `ctx.secrets`. */
export interface Secrets {
  /**
   * Asks the worker's `secrets` for one, with the job: it may be another one for each tenant in `ctx.context`. It is not kept:
   * ask where it is used. Where it occurs in an error or a log line of this attempt, that says `…` in its place.
   *
   * @throws MillhandError `secret_missing`, and what the worker's `secrets` throws
   */
  get(name: string): Promise<string>
}

/** Where secrets are: a vault, the environment, a file. Gives `undefined` where there is none of this name for this job. */
export type SecretSource = (name: string, job: RunningJob) => string | undefined | Promise<string | undefined>

/** Makes the resources of a worker. The signal aborts when it is not waited for any more. */
export type Setup = (start: { readonly signal: AbortSignal }) => Resources | Promise<Resources>

/** Ends what `setup` gave. */
export type Teardown = (resources: Resources) => unknown
