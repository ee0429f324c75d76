import { describe, expect, it } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { Key, StorageAdapter } from "../../src/adapter.ts";
import type { StoreTraits } from "../../src/testing.ts";
import { storeCases } from "../../src/testing.ts";
import { brokenScans } from "./broken-scans.ts";
import { type Broken, MEMORY } from "./broken-store.ts";
import { brokenWrites } from "./broken-writes.ts";

function brokenAdapter({ breaks }: Broken): StorageAdapter {
  const adapter = memory();
  return {
    ...adapter,
    async open(opening) {
      const sound = await adapter.open(opening);
      return { ...sound, ...breaks(sound) };
    },
  };
}

async function failuresOf(adapter: () => StorageAdapter, traits: StoreTraits = MEMORY): Promise<string[]> {
  const failures: string[] = [];
  const open = async () => ({ adapter: adapter(), dispose: async () => undefined });
  for (const { name, skipped, run } of storeCases({ open, traits, seed: 3 })) {
    if (skipped !== undefined) continue;
    await run().catch((error: unknown) => failures.push(`${name}: ${String(error)}`));
  }
  return failures;
}

describe("the conformance suite catches a store that", () => {
  for (const broken of [...brokenWrites, ...brokenScans]) {
    it(broken.fault, async () => {
      const failures = await failuresOf(() => brokenAdapter(broken), broken.traits);
      expect(failures.filter((failure) => failure.startsWith(`${broken.caughtBy}:`))).toHaveLength(1);
    });
  }

  it("forgets everything when it is closed", async () => {
    async function open() {
      const { watch: _, ...store } = await memory().open({ readOnly: false });
      return store;
    }
    const failures = await failuresOf(() => ({ name: "forgetful", open }), { durability: "none" });
    expect(failures.join("\n")).toContain(
      "life: what was committed is there after closing and opening again",
    );
  });

  it("writes when it is opened, also read-only", async () => {
    const failures = await failuresOf(() => {
      const adapter = memory();
      let openings = 0;
      return {
        ...adapter,
        async open() {
          const mark = new Uint8Array([openings++]);
          const store = await adapter.open({ readOnly: false });
          await store.commit({ writes: [{ put: "opened" as Key, value: mark }] });
          return store;
        },
      };
    });
    expect(failures.join("\n")).toContain("life: opening, reading and closing change no data");
    expect(failures.join("\n")).toContain(
      "life: read-only, a store that was never written is empty and stays so",
    );
  });

  it("is sound: nothing is caught", async () => {
    expect(await failuresOf(memory)).toEqual([]);
  });
});

describe("skipping a case", () => {
  const open = async () => ({ adapter: memory(), dispose: async () => undefined });
  const [first] = storeCases({ open });

  it("shows the written reason", () => {
    const name = first?.name ?? "";
    const cases = storeCases({ open, traits: { skip: { [name]: "the backend cannot" } } });
    expect(cases.find((one) => one.name === name)?.skipped).toBe("the backend cannot");
  });

  it("needs a reason, and a case of that name", () => {
    expect(() => storeCases({ open, traits: { skip: { [first?.name ?? ""]: " " } } })).toThrow(TypeError);
    expect(() => storeCases({ open, traits: { skip: { "no such case": "why not" } } })).toThrow(TypeError);
  });
});
