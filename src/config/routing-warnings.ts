import { covers, isPrefix, mostSpecific, within } from '../job/handled-names.ts'
import { isCapability, isOfVersion, lacking } from '../job/requirements.ts'
import { didYouMean } from '../kit/suggest.ts'
import type { Config } from './config.ts'
import type { Problem } from './errors.ts'

/** What is valid and probably not meant of roles, prefixes and requirements. */
export function aboutRouting(config: Config): Problem[] {
  return [...aboutRoles(config), ...aboutShadows(config), ...aboutRequirements(config)]
}

/** A part of a role that no job has is most often a misspelt one; one that another part has already is shadowed by that. */
function aboutRoles({ roles, specs }: Config): Problem[] {
  const known = specs.map(({ name }) => name)
  return Object.entries(roles).flatMap(([role, names]) =>
    names.flatMap((name): Problem[] => {
      const path = `roles.${role}`
      const wider = names.find((each) => each !== name && covers(each, name))
      if (wider) return [{ path, message: `'${name}' is a part of '${wider}' already` }]
      if (within([name], known).length > 0) return []
      return [{ path, message: `'${name}' is the name of no job here${didYouMean(name, known)}` }]
    }),
  )
}

/** A role may leave a prefix no name that it goes first for. */
function aboutShadows({ definitions, roles, worker }: Config): Problem[] {
  const role = worker.role === undefined ? undefined : roles[worker.role]
  const handled = definitions.map(({ name }) => name)
  return role === undefined
    ? []
    : handled.filter(isPrefix).flatMap((prefix): Problem[] => {
        const parts = within(role, [prefix])
        const shadows = parts.map((part) => mostSpecificOf(handled, part))
        if (parts.length === 0 || shadows.some((each) => each === prefix)) return []
        const message = `'${prefix}' is left nothing by role '${worker.role}': '${shadows[0]}' is more specific there`
        return [{ path: 'worker.role', message }]
      })
}

function mostSpecificOf(handled: readonly string[], name: string): string | undefined {
  return mostSpecific(new Map(handled.map((each) => [each, each])), name)
}

/** The workers of this configuration have not what one of its own jobs requires. */
function aboutRequirements({ definitions, worker }: Config): Problem[] {
  const { capabilities = [], version = null } = worker
  const ability = { capabilities: capabilities.filter(isCapability), version }
  return definitions.flatMap(({ name, requirements = '' }) =>
    lacking(requirements, ability).map((missing) => ({
      path: isOfVersion(missing) ? 'worker.version' : 'worker.capabilities',
      message: `'${name}' requires ${missing}, which the workers of this configuration have not`,
    })),
  )
}
