import type { AnyJobDefinition } from '../job/defined.ts'
import { covers, within } from '../job/handled-names.ts'
import { CAPABILITIES_MAX } from '../job/limits.ts'
import { requireHandledName } from '../job/names.ts'
import { type Ability, CAPABILITY_EXPECTED, isCapability } from '../job/requirements.ts'
import { preview } from '../kit/error.ts'
import { optionError } from '../kit/options.ts'
import { didYouMean } from '../kit/suggest.ts'

/** Named sets of jobs: names, and prefixes. */
export type Roles = Readonly<Record<string, readonly string[]>>

/** @throws MillhandError `invalid_option`, `invalid_name` */
function requireRoles(roles: Roles): void {
  for (const [role, names] of Object.entries(roles)) {
    if (!Array.isArray(names) || names.length === 0) {
      const expected = "a list of names, such as ['video.*', 'audio.transcode']"
      throw refusal(`roles.${role}`, expected, preview(names))
    }
    for (const name of names) requireHandledName(name)
  }
}

/** The names of one role; nothing where none is asked for. @throws MillhandError `invalid_option`, `invalid_name` */
export function roleNames(role: string | undefined, roles: Roles = {}): readonly string[] | undefined {
  requireRoles(roles)
  if (role === undefined) return undefined
  if (Object.hasOwn(roles, role)) return roles[role]
  const known = Object.keys(roles)
  const expected = `one of the roles${known.length > 0 ? `, ${known.join(', ')}` : ", and 'roles' has none"}`
  const hint = didYouMean(role, known)
  const facts = { component: 'Worker', option: 'role', expected, got: preview(role) }
  throw optionError('invalid_option', { ...facts, ...(hint !== '' && { hint }) })
}

/** Those of the definitions that have a part in the role, and which names those are. */
export function ofRole(
  definitions: ReadonlyMap<string, AnyJobDefinition>,
  role: readonly string[] | undefined,
): { readonly definitions: ReadonlyMap<string, AnyJobDefinition>; readonly names: readonly string[] } {
  if (role === undefined) return { definitions, names: [...definitions.keys()] }
  const part = new Map(
    [...definitions].filter(([name]) => role.some((each) => covers(each, name) || covers(name, each))),
  )
  return { definitions: part, names: within(role, [...part.keys()]) }
}

/** What it is able to do, each word once. @throws MillhandError `invalid_option` */
export function abilityOf(capabilities: readonly string[] = [], version: string | undefined): Ability {
  const wrong = capabilities.find((each) => !isCapability(each))
  if (wrong !== undefined) throw refusal('capabilities', `texts of ${CAPABILITY_EXPECTED}`, preview(wrong))
  if (capabilities.length > CAPABILITIES_MAX)
    throw refusal('capabilities', `at most ${CAPABILITIES_MAX} of them`, `${capabilities.length}`)
  return { capabilities: [...new Set(capabilities)].sort(), version: version ?? null }
}

function refusal(option: string, expected: string, got: string): Error {
  return optionError('invalid_option', { component: 'Worker', option, expected, got })
}
