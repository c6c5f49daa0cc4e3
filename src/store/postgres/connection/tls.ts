import { readSafely } from '../../../kit/brand.ts'
import { asError } from '../../../kit/error.ts'

/** What to do about a connection that was refused for its encryption, by what Node, pg or the server say of it. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /does not support SSL|error establishing an SSL connection/,
    'The server has no TLS: turn it on there (ssl = on), or take sslmode out of the URL where nobody else can listen',
  ],
  [
    /no pg_hba\.conf entry for .*no encryption|requires? SSL|SSL (connection )?is required/i,
    'The server takes only encrypted connections: add sslmode=verify-full to the URL',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|self-signed certificate|unable to (verify the first|get (local )?issuer)/,
    'Name the certificate of the authority that signed it, sslrootcert=FILE in the URL; ' +
      'sslmode=no-verify encrypts without looking who answers',
  ],
  [/CERT_HAS_EXPIRED|certificate has expired/, 'Renew the certificate of the server'],
  [/CERT_NOT_YET_VALID/, 'Set the clock of this machine, or of the one that made the certificate'],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate/,
    'The certificate is of another host: connect to the name that it has',
  ],
]

/** What was said of a connection that was refused, with what to do about it where that is its encryption. */
export function withRemedy(thrown: unknown): string {
  const problem = asError(thrown).message
  const said = `${String(readSafely(thrown, 'code'))} ${problem}`
  const remedy = REMEDIES.find(([refusal]) => refusal.test(said))?.[1]
  return remedy === undefined ? problem : `${problem}. ${remedy}`
}
