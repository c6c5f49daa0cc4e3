import { expect, test } from 'vitest'
import { withRemedy } from '../../../../src/store/postgres/connection/tls.ts'

test('a connection that is refused for its encryption says what to do', () => {
  const refusals: [message: string, code: string, remedy: RegExp][] = [
    ['The server does not support SSL connections', '', /turn it on there/],
    [
      'no pg_hba.conf entry for host "::1", user "u", database "d", no encryption',
      '28000',
      /sslmode=verify-full/,
    ],
    ['self-signed certificate in certificate chain', 'SELF_SIGNED_CERT_IN_CHAIN', /sslrootcert=FILE/],
    ['unable to get local issuer certificate', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /sslrootcert=FILE/],
    ['certificate has expired', 'CERT_HAS_EXPIRED', /Renew/],
    ["Hostname/IP does not match certificate's altnames", 'ERR_TLS_CERT_ALTNAME_INVALID', /of another host/],
  ]
  for (const [message, code, remedy] of refusals) {
    const said = withRemedy(Object.assign(new Error(message), { code }))
    expect(said).toMatch(remedy)
    expect(said.startsWith(`${message}. `)).toBe(true)
  }
  expect(withRemedy(new Error('password authentication failed'))).toBe('password authentication failed')
})
