import "./fakes.ts";

import { afterEach, describe, expect, it, vi } from "vitest";
import { localForage } from "../../adapters/localforage/index.ts";
import { exclusion } from "../../adapters/shared/exclusion.ts";
import { StateManager } from "../../src/index.ts";
import { bytes, changed, contentOf, freshName, instanceOf, key } from "./world.ts";

afterEach(() => vi.unstubAllGlobals());

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

for (const reach of ["origin", "program"] as const) {
  describe(`exclusion that reaches the ${reach}`, () => {
    function named(patienceMs = 10_000, name = freshName()) {
      if (reach === "program") vi.stubGlobal("navigator", undefined);
      const made = [exclusion(name, patienceMs), exclusion(name, 10), exclusion(name, patienceMs)] as const;
      expect(made[0].reach).toBe(reach);
      return made;
    }

    it("runs one at a time, in the order of their coming, also after one that failed", async () => {
      const [a, , b] = named();
      const order: string[] = [];
      const work = (name: string) => async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        order.push(`${name} ends`);
        if (name === "first") throw new TypeError(name);
        return name;
      };
      const ended = await Promise.allSettled([
        a.run(work("first")),
        b.run(work("second")),
        a.run(work("third")),
      ]);
      expect(ended.map((end) => end.status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
      expect(order).toEqual(
        ["first", "second", "third"].flatMap((name) => [`${name} begins`, `${name} ends`]),
      );
    });

    it("refuses who waits too long as locked, never begins that work, and takes the lock from nobody", async () => {
      const [holder, waiter, next] = named();
      const held = gate();
      const holding = holder.run(() => held.opened.then(() => "done"));
      const work = vi.fn(async () => undefined);
      await expect(waiter.run(work)).rejects.toMatchObject({ code: "locked", retryable: true });
      const order: string[] = [];
      const after = next.run(async () => order.push("next"));
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push("holder");
      held.open();
      expect(await holding).toBe("done");
      await after;
      expect(order).toEqual(["holder", "next"]);
      expect(work).not.toHaveBeenCalled();
    });

    it("lets different names work at the same time", async () => {
      const [one] = named();
      const [other] = named();
      const held = gate();
      const holding = one.run(() => held.opened);
      expect(await other.run(async () => "free")).toBe("free");
      held.open();
      await holding;
    });
  });
}

it("tells the outcome of the work even if another script steals the lock", async () => {
  const name = freshName();
  const held = gate();
  const working = exclusion(name, 10_000).run(() => held.opened.then(() => "landed"));
  await navigator.locks.request(name, { steal: true }, async () => undefined);
  held.open();
  expect(await working).toBe("landed");
});

it("a commit that waits too long for another one is refused as locked and has written nothing", async () => {
  const instance = await instanceOf(freshName());
  const held = gate();
  const slow = changed(instance, {
    setItem: async (item, value) => {
      await held.opened;
      return instance.setItem(item, value);
    },
  });
  const first = await localForage({ instance: slow }).open({ readOnly: false });
  const second = await localForage({ instance, lockTimeoutMs: 20 }).open({ readOnly: false });
  const committing = first.commit({ writes: [{ put: key("a"), value: bytes("1") }] });
  await expect(second.commit({ writes: [{ put: key("b"), value: bytes("2") }] })).rejects.toMatchObject({
    code: "locked",
  });
  expect(await contentOf(second)).toEqual({}); // reading waits for no lock
  held.open();
  expect(await committing).toBe("committed");
  expect(await second.commit({ writes: [{ put: key("b"), value: bytes("2") }] })).toBe("committed");
  expect(await contentOf(second)).toEqual({ a: "1", b: "2" });
  await Promise.all([first.close(), second.close()]);
});

it("a pointer that a writer without the lock moved meanwhile is compared again at the end, and not overwritten", async () => {
  const instance = await instanceOf(freshName());
  const other = await localForage({ instance, prefix: "keepstate" }).open({ readOnly: false });
  const meanwhile = changed(instance, {
    async setItem(item, value) {
      await instance.setItem("keepstate:head", bytes("theirs"));
      return instance.setItem(item, value);
    },
  });
  const store = await localForage({ instance: meanwhile }).open({ readOnly: false });
  const batch = {
    writes: [{ put: key("a"), value: bytes("1") }],
    swap: { key: key("head"), from: undefined, to: bytes("mine") },
  };
  expect(await store.commit(batch)).toBe("conflict");
  expect(await contentOf(other)).toEqual({ a: "1", head: "theirs" });
  await Promise.all([store.close(), other.close()]);
});

it("a write that waits too long for the lock of another tab rejects as retryable, and succeeds afterwards", async () => {
  const name = freshName();
  const state = await StateManager.open({ storage: localForage({ name, lockTimeoutMs: 30 }) });
  await state.set("k", 1);
  const held = gate();
  const holding = navigator.locks.request(lockOf(name), () => held.opened);
  await expect(state.set("k", 2)).rejects.toMatchObject({ code: "locked", retryable: true });
  expect(state.get("k")).toBe(1);
  held.open();
  await holding;
  expect(await state.set("k", 3)).toMatchObject({ status: "committed" });
  await state.close();
});

function lockOf(name: string): string {
  return JSON.stringify(["keepstate", "asyncStorage", name, "keepstate", "keepstate"]);
}
