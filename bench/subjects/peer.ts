/**
 * Imports a peer by name. The type is the part of it that is used here, so that this folder
 * type-checks without the peers installed.
 */
export async function peer<Module>(name: string): Promise<Module> {
  // The one place that trusts a peer to have the shape its documentation gives.
  return (await import(name)) as Module;
}
