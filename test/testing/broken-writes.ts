import type { Key, Write } from "../../src/adapter.ts";
import { equalBytes } from "../../src/adapter.ts";
import { type Broken, MEMORY } from "./broken-store.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function putOf(write: Write): Key | undefined {
  return "put" in write ? write.put : undefined;
}

/** Faults of get and commit. */
export const brokenWrites: readonly Broken[] = [
  {
    fault: "ignores the swap's comparison",
    caughtBy: "swap: moves from the value it names and from no other",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({
          writes: swap === undefined ? writes : [...writes, { put: swap.key, value: swap.to }],
        }),
    }),
  },
  {
    fault: "compares, waits, and then swaps",
    caughtBy: "swap: of racing commits of one opening exactly one wins each round",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        if (swap === undefined) return sound.commit({ writes });
        const [now] = await sound.get([swap.key]);
        if (!equalBytes(now, swap.from)) return "conflict";
        await turn();
        return sound.commit({ writes: [...writes, { put: swap.key, value: swap.to }] });
      },
    }),
  },
  {
    fault: "compares only as many bytes as it was given",
    caughtBy: "swap: moves from the value it names and from no other",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        if (swap?.from === undefined) return sound.commit({ writes, ...(swap && { swap }) });
        const [now] = await sound.get([swap.key]);
        const alike = equalBytes(now?.subarray(0, swap.from.length), swap.from);
        return sound.commit({ writes, swap: { ...swap, from: alike ? now : swap.from } });
      },
    }),
  },
  {
    fault: "writes before it compares",
    caughtBy: "commit: a conflict that is seen before the first write leaves everything as it was",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        await sound.commit({ writes });
        return sound.commit({ writes: [], ...(swap && { swap }) });
      },
    }),
  },
  {
    fault: "takes an empty value for absent",
    caughtBy: "get: an empty value is not absent",
    breaks: (sound) => ({
      get: async (keys) => (await sound.get(keys)).map((value) => (value?.length ? value : undefined)),
    }),
  },
  {
    fault: "takes absent for an empty value when it swaps",
    caughtBy: "swap: empty is a value, and not the same as absent",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        if (swap?.from?.length !== 0) return sound.commit({ writes, ...(swap && { swap }) });
        const [now] = await sound.get([swap.key]);
        return sound.commit({ writes, swap: { ...swap, from: now ?? undefined } });
      },
    }),
  },
  {
    fault: "hands out the bytes it keeps",
    caughtBy: "get: bytes that were read belong to the reader",
    breaks(sound) {
      const kept = new Map<Key, Uint8Array>();
      return {
        async get(keys) {
          const fresh = await sound.get(keys);
          return fresh.map((value, i) => {
            const key = keys[i];
            if (key === undefined || value === undefined) return value;
            const known = kept.get(key);
            if (known === undefined || !known.every((byte) => byte === 0)) kept.set(key, value);
            return kept.get(key);
          });
        },
      };
    },
  },
  {
    fault: "stores the buffer behind a view",
    caughtBy: "get: a value that is a view on a larger buffer is stored alone",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({
          writes: writes.map((write) =>
            "put" in write ? { put: write.put, value: new Uint8Array(write.value.buffer) } : write,
          ),
          ...(swap && { swap }),
        }),
    }),
  },
  {
    fault: "turns bytes into text and back",
    caughtBy: "get: every byte comes back as it was written",
    breaks: (sound) => ({
      get: async (keys) =>
        (await sound.get(keys)).map(
          (value) => value && new TextEncoder().encode(new TextDecoder().decode(value)),
        ),
    }),
  },
  {
    fault: "normalises keys as paths",
    caughtBy: "get: any key of the alphabet is an ordinary key",
    breaks: (sound) => ({
      get: (keys) => sound.get(keys.map((key) => key.replace(/\/+/g, "/") as Key)),
    }),
  },
  {
    fault: "answers each asked-for key once",
    caughtBy: "get: results come in the order asked for, an asked-for key twice, and nothing for nothing",
    breaks: (sound) => ({ get: (keys) => sound.get([...new Set(keys)]) }),
  },
  {
    fault: "forgets deletions",
    caughtBy: "commit: puts and deletes of one batch, also of what is not there",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({ writes: writes.filter((write) => "put" in write), ...(swap && { swap }) }),
    }),
  },
  {
    fault: "deletes first and puts then",
    caughtBy: "commit: of several writes of one key the last wins",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({
          writes: [...writes].sort((a, b) => Number("put" in a) - Number("put" in b)),
          ...(swap && { swap }),
        }),
    }),
  },
  {
    fault: "lets the first of several puts win",
    caughtBy: "commit: of several writes of one key the last wins",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({
          writes: writes.filter(
            (write, i) => !("put" in write) || writes.findIndex((other) => putOf(other) === write.put) === i,
          ),
          ...(swap && { swap }),
        }),
    }),
  },
  {
    fault: "writes one by one and calls it a batch",
    caughtBy: "commit: all or nothing: get never sees a part of a batch",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        for (const write of writes) {
          await sound.commit({ writes: [write] });
          await Promise.resolve();
        }
        return sound.commit({ writes: [], ...(swap && { swap }) });
      },
    }),
  },
  {
    fault: "moves the pointer before the writes (prefix)",
    caughtBy:
      "commit: in order: who sees a later write of a batch sees the earlier ones, and with the swap all of them",
    traits: { ...MEMORY, atomicity: "prefix" },
    breaks: (sound) => ({
      capabilities: { ...sound.capabilities, atomicity: "prefix" },
      async commit({ writes, swap }) {
        if ((await sound.commit({ writes: [], ...(swap && { swap }) })) === "conflict") return "conflict";
        for (let i = 0; i < 5; i++) await turn();
        return sound.commit({ writes });
      },
    }),
  },
];
