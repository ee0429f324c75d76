import { expect, test } from "vitest";
import { arrivalOrder } from "../../src/edge/order.ts";
import { perform } from "../../src/edge/perform.ts";
import { agent, StateManager } from "../../src/index.ts";

const granted = Promise.resolve();

function heldBack() {
  let grant = () => {};
  let refuse = () => {};
  const admission = new Promise<void>((resolve, reject) => {
    grant = resolve;
    refuse = () => reject(new RangeError("refused"));
  });
  return { admission, grant, refuse };
}

/** Lets everything happen that waits for nothing but its turn. */
const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

/** Writes that note when they begin. */
function noting() {
  const inOrder = arrivalOrder();
  const begun: string[] = [];
  const write = (name: string, scopes: readonly string[], admission: Promise<void>) =>
    inOrder(scopes, admission, async (onBegun) => {
      begun.push(name);
      onBegun();
    });
  return { begun, write };
}

test("a write that is refused at once lets nobody pass those before it, not even who comes later", async () => {
  const { begun, write } = noting();
  const first = heldBack();
  const one = write("one", ["a"], first.admission);
  const two = write("two", ["a"], Promise.reject(new RangeError("refused")));
  await expect(two).rejects.toThrow("refused");
  const three = write("three", ["a"], granted);
  await settled();
  expect(begun).toEqual([]);
  first.grant();
  await Promise.all([one, three]);
  expect(begun).toEqual(["one", "three"]);
});

test("who waits for one scope holds back the other scopes it writes to, and no more", async () => {
  const { begun, write } = noting();
  const first = heldBack();
  const all = [
    write("a", ["a"], first.admission),
    write("a and b", ["a", "b"], granted),
    write("b", ["b"], granted),
    write("c", ["c"], granted),
    write("a read", [], granted),
  ];
  await settled();
  expect(begun.splice(0).sort()).toEqual(["a read", "c"]);
  first.refuse();
  await Promise.allSettled(all);
  expect(begun).toEqual(["a and b", "b"]);
});

test("work that fails before it has begun lets the next one begin", async () => {
  const { begun, write } = noting();
  const inOrder = arrivalOrder();
  const failing = inOrder(["a"], granted, () => Promise.reject(new RangeError("no such scope")));
  const next = inOrder(["a"], granted, () => write("next", [], granted));
  await expect(failing).rejects.toThrow("no such scope");
  await next;
  expect(begun).toEqual(["next"]);
});

test("a set whose scope is still to be read is not passed by the batch after it", async () => {
  const state = await StateManager.open();
  const inOrder = arrivalOrder();
  const scope = "agent:cold";
  const set = inOrder([scope], granted, (onBegun) =>
    perform(state, { kind: "set", scope, key: "k", value: "set" }, onBegun),
  );
  const changes = [{ scope, key: "k", value: "batch" }];
  const batch = inOrder([scope], granted, (onBegun) => perform(state, { kind: "batch", changes }, onBegun));
  await Promise.all([set, batch]);
  expect(await state.read(agent("cold"), "k")).toBe("batch");
  await state.close();
});
