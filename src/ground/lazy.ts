import { ASYNC_DISPOSE } from "./dispose.ts";
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

/** A generator whose code is loaded at its first step. After that nothing stands between it and its reader. */
export function lazyGenerator<T>(
  begin: () => Promise<AsyncGenerator<T, undefined>>,
): AsyncGenerator<T, undefined> {
  let begun: AsyncGenerator<T, undefined> | undefined;
  let beginning: Promise<AsyncGenerator<T, undefined>> | undefined;
  type Step = Promise<IteratorResult<T, undefined>>;
  function step(take: (from: AsyncGenerator<T, undefined>) => Step): Step {
    if (begun !== undefined) return take(begun);
    beginning ??= begin().then((generator) => {
      begun = generator;
      return generator;
    });
    return beginning.then(take);
  }
  const generator = {
    next: () => step((from) => from.next()),
    return: (value: undefined | PromiseLike<undefined>) => step((from) => from.return(value)),
    throw: (error: unknown) => step((from) => from.throw(error)),
    [Symbol.asyncIterator]: (): AsyncGenerator<T, undefined> => generator,
    async [ASYNC_DISPOSE](): Promise<void> {
      await generator.return(undefined);
    },
  };
  return generator;
}
