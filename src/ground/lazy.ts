import { StateError } from "./error.ts";

/** A module that is loaded when it is first needed, so that programs which never need it do not carry it. */
export interface Lazy<M> {
  /** Undefined until it has been loaded; from then on nobody need wait: `part.now ?? (await part.load())`. */
  readonly now: M | undefined;
  /** Rejects with `unavailable` where the module cannot be had, as after a new deployment; the next call tries again. */
  load(): Promise<M>;
}

export function lazy<M>(what: string, fetch: () => Promise<M>): Lazy<M> {
  let now: M | undefined;
  return {
    get now() {
      return now;
    },
    async load() {
      try {
        now ??= await fetch();
        return now;
      } catch (cause) {
        throw new StateError("unavailable", `the code for ${what} could not be loaded; try again`, { cause });
      }
    },
  };
}
