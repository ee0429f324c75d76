/** The door of the filesystem adapter. */
export { type FilesystemOptions, filesystem } from "./adapter.ts";
export type { LockHolder } from "./holder.ts";
