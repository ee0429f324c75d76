/** The door of the localForage adapter. */
export { localForage } from "./adapter.ts";
export type { LocalForageLike } from "./instance.ts";
export type { LocalForageAdapterOptions } from "./options.ts";
