import { expect, test } from "vitest";
import { lazy, lazyGenerator } from "../../src/ground/lazy.ts";

test("a module is there once it has been loaded, and is loaded once", async () => {
  let loads = 0;
  const part = lazy("a part", async () => ({ number: ++loads }));
  expect(part.now).toBeUndefined();
  const first = await part.load();
  expect(part.now).toBe(first);
  expect(await part.load()).toBe(first);
  expect(loads).toBe(1);
});

test("a module that cannot be had is named, and asked for again", async () => {
  let isThere = false;
  const failure = new TypeError("Failed to fetch dynamically imported module");
  const part = lazy("a part", () => (isThere ? Promise.resolve("code") : Promise.reject(failure)));
  const reason = { code: "unavailable", retryable: true, cause: failure };
  await expect(part.load()).rejects.toMatchObject(reason);
  await expect(part.load()).rejects.toThrow("a part");
  isThere = true;
  expect(await part.load()).toBe("code");
});

async function* countTo(last: number): AsyncGenerator<number, undefined> {
  for (let i = 1; i <= last; i++) yield i;
  return undefined;
}

test("a generator begins at its first step, once, and answers calls in their order", async () => {
  let begun = 0;
  const numbers = lazyGenerator(async () => {
    begun++;
    return countTo(3);
  });
  expect(begun).toBe(0);
  const steps = await Promise.all([numbers.next(), numbers.next(), numbers.next(), numbers.next()]);
  expect(steps.map(({ value }) => value)).toEqual([1, 2, 3, undefined]);
  expect(begun).toBe(1);
});

test("leaving the loop ends the generator", async () => {
  const seen: number[] = [];
  const numbers = lazyGenerator(async () => countTo(3));
  for await (const number of numbers) {
    seen.push(number);
    if (number === 2) break;
  }
  expect(seen).toEqual([1, 2]);
  expect(await numbers.next()).toEqual({ done: true, value: undefined });
});

test("a generator whose code cannot be had rejects at its first step", async () => {
  const part = lazy("a part", () => Promise.reject(new TypeError("gone")));
  const numbers = lazyGenerator<number>(async () => {
    await part.load();
    return countTo(1);
  });
  await expect(numbers.next()).rejects.toMatchObject({ code: "unavailable" });
});
