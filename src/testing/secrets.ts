import type { SecretSource } from '../job/resources.ts'

/** The secrets of a test, by their names. */
export function secretsIn(secrets: Readonly<Record<string, string>>): SecretSource {
  return (name) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined)
}
