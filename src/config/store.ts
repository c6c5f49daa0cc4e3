import { isAbsolute, resolve } from 'node:path'
import { preview } from '../kit/error.ts'
import { withoutPassword } from '../kit/secrets.ts'
import {
  DEFAULT_SCHEMA,
  inSchema,
  isSchemaName,
  kindOf,
  meantBy,
  readPostgresUrl,
  slipIn,
} from '../store/url.ts'
import type { Problem } from './errors.ts'
import { DEFAULT_STORE } from './options.ts'
import type { Setting, Settings } from './settings.ts'

export interface Place {
  /** Where the command runs. */
  readonly cwd: string
  /** That of the configuration file. */
  readonly folder: string
}

/** Where the jobs are. */
export interface StoreSetting {
  /** With an absolute path, or with the schema. */
  readonly url: string
  /** Fit to be shown: no password in it. */
  readonly location: string
  /** What it decides of the options of the queue. */
  readonly queue: { readonly schema?: undefined }
  readonly errors: readonly Problem[]
}

/** What the file says is relative to the file; what the environment or a flag says, to where the command runs. */
export function base(setting: Setting | undefined, { cwd, folder }: Place): string {
  return setting === undefined || setting.from === undefined ? folder : cwd
}

/** Reads where the jobs are, from `store` and, in PostgreSQL, `queue.schema`. */
export function readStore(settings: Settings, place: Place): StoreSetting {
  const setting = settings.values.get('store')
  const url = setting === undefined ? DEFAULT_STORE : String(setting.value)
  switch (kindOf(url)) {
    case 'memory':
      return { url, location: url, queue: {}, errors: [] }
    case 'sqlite':
      return { ...fileUrl(url.slice('sqlite:'.length), base(setting, place)), queue: {}, errors: [] }
    case 'postgres':
      return readPostgres(url, settings)
    default: {
      const location = withoutPassword(url)
      return {
        url,
        location,
        queue: {},
        errors: [{ path: 'store', message: `is ${preview(url)}, ${meantBy(url) ?? EXPECTED}` }],
      }
    }
  }
}

const EXPECTED = "expected 'sqlite:FILE', 'postgres://USER:PASSWORD@HOST/DATABASE' or 'memory:'"

function fileUrl(file: string, folder: string): { readonly url: string; readonly location: string } {
  const url = `sqlite:${isAbsolute(file) ? file : resolve(folder, file)}`
  return { url, location: url }
}

/** The schema of the URL and `queue.schema` say the same: whichever was set nearer to the command wins. */
function readPostgres(given: string, { values }: Settings): StoreSetting {
  const { schema: inUrl, shown } = readPostgresUrl(given)
  const option = values.get('queue.schema')
  const nearer = nearness(option) - nearness(values.get('store'))
  if (option !== undefined && inUrl !== undefined && option.value !== inUrl && nearer === 0) {
    const message = `is ${preview(option.value)}, and the URL of the store says ${preview(inUrl)}: leave one of them out`
    return { url: given, location: shown, queue: {}, errors: [{ path: 'queue.schema', message }] }
  }
  const optionWins = inUrl === undefined || nearer > 0
  const [schema, path] =
    option !== undefined && optionWins ? [String(option.value), 'queue.schema'] : [inUrl, 'store']
  if (schema !== undefined && !isSchemaName(schema)) {
    const message = `the schema is ${preview(schema)}, expected 1 to 50 letters, digits and _, not starting with a digit`
    return { url: given, location: shown, queue: {}, errors: [{ path, message }] }
  }
  const slip = slipIn(given)
  if (slip !== undefined)
    return {
      url: given,
      location: shown,
      queue: {},
      errors: [{ path: 'store', message: `is '${shown}': ${slip}` }],
    }
  const isDefault = schema === undefined || schema === DEFAULT_SCHEMA
  return {
    url: schema === undefined ? given : inSchema(given, schema),
    location: isDefault ? shown : `${shown}?schema=${schema}`,
    queue: { schema: undefined },
    errors: [],
  }
}

/** A flag is nearer than the environment, and that nearer than the file. */
function nearness(setting: Setting | undefined): number {
  if (setting?.from === undefined) return 0
  return setting.from.startsWith('--') ? 2 : 1
}
