/** How to get the peers, for whoever runs the benchmarks without. */
export const INSTALL_PEERS = 'npm ci --prefix bench/peers'

/**
 * A package that is installed beside this file; `undefined` where it is not. The project has to compile without the
 * peers: whoever loads one says which part of it he uses.
 */
export async function loadPeer<Library>(name: string): Promise<Library | undefined> {
  try {
    return (await import(name)) as Library
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
