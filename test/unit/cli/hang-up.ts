/** Hangs up on who has begun to listen last, and on nobody else: a server that other tests of the process use would end. */
export function hangUp(): void {
  process.listeners('SIGHUP').at(-1)?.('SIGHUP')
}
