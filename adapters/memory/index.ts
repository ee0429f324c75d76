/** The door of the memory adapter. */
export { memory } from "./memory.ts";
