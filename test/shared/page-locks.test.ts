import { afterEach, expect, test, vi } from "vitest";
import { pageLifecycle } from "../../adapters/shared/page-lifecycle.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A page as far as it takes; the locks are those of the runtime. */
function holder(name: string) {
  vi.stubGlobal("document", new EventTarget());
  vi.stubGlobal("window", new EventTarget());
  const hold = pageLifecycle({ name })?.pending?.hold;
  if (hold === undefined) throw new TypeError("this runtime has Web Locks");
  return hold;
}

test("a name has one holder; whoever waits gets it next, and is told when it should wait no more", async () => {
  const hold = holder("one");
  const release = await hold("w");
  expect(release).toBeTypeOf("function");
  expect(await hold("w")).toBeUndefined();
  const [waiting, ending] = [new AbortController(), new AbortController()];
  const next = hold("w", waiting.signal);
  const never = hold("w", ending.signal);
  ending.abort();
  expect(await never).toBeUndefined();
  release?.();
  const nextRelease = await next;
  expect(nextRelease).toBeTypeOf("function");
  expect(await hold("w")).toBeUndefined();
  nextRelease?.();
  const again = await hold("w", waiting.signal);
  expect(again).toBeTypeOf("function");
  again?.();
});

test("names of other stores are other names, and a signal that is over waits for nothing", async () => {
  const [one, two] = [holder("two"), holder("three")];
  const releases = [await one("w"), await two("w")];
  expect(releases).not.toContain(undefined);
  expect(await one("w", AbortSignal.abort())).toBeUndefined();
  for (const release of releases) release?.();
});
