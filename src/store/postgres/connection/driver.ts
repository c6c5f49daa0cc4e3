import { isError } from '../../../kit/error.ts'
import { storeError } from '../../errors.ts'

/** The client of PostgreSQL: installed where somebody uses it, and nowhere else. */
export type Driver = Pick<typeof import('pg'), 'Client' | 'Pool'>

/** @throws MillhandError `driver_missing` */
export async function loadDriver(): Promise<Driver> {
  try {
    const { default: driver } = await import('pg')
    return driver
  } catch (error) {
    if (!isMissing(error)) throw error
    throw storeError('driver_missing', { package: 'pg' }, { cause: error })
  }
}

/** Not a package that pg itself misses. */
function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return isError(error) && /MODULE_NOT_FOUND$/.test(String(code)) && /'pg'/.test(error.message)
}
