import type { Entry, Key, Store } from "../../src/adapter.ts";
import { type Broken, MEMORY } from "./broken-store.ts";

async function* mapped(
  sound: Store,
  change: (entries: Entry[], chunk: number) => Entry[],
  ...[range, options]: Parameters<Store["scan"]>
): AsyncGenerator<readonly Entry[]> {
  let n = 0;
  for await (const chunk of sound.scan(range, options)) yield change([...chunk], n++);
}

/** Faults of scan, of what is declared, and of watch. */
export const brokenScans: readonly Broken[] = [
  {
    fault: "scans in no order",
    caughtBy: "scan: ascending by bytes, with the values",
    breaks: (sound) => ({ scan: (...args) => mapped(sound, (entries) => entries.reverse(), ...args) }),
  },
  {
    fault: "scans in the order of a locale",
    caughtBy: "scan: ascending by bytes, with the values",
    breaks: (sound) => ({
      scan: (...args) =>
        mapped(sound, (entries) => entries.sort((a, b) => a.key.localeCompare(b.key)), ...args),
    }),
  },
  {
    fault: "includes the upper bound",
    caughtBy: "scan: half-open, the first key included and the last not",
    breaks: (sound) => ({
      scan: (range, options) => sound.scan({ ...range, to: `${range.to}-` as Key }, options),
    }),
  },
  {
    fault: "includes the upper bound only in reverse",
    caughtBy: "scan: in reverse, from the last key before the upper bound",
    breaks: (sound) => ({
      scan: (range, options) =>
        sound.scan(range.reverse ? { ...range, to: `${range.to}-` as Key } : range, options),
    }),
  },
  {
    fault: "leaves out the lower bound",
    caughtBy: "scan: half-open, the first key included and the last not",
    breaks: (sound) => ({
      scan: (range, options) => sound.scan({ ...range, from: `${range.from}-` as Key }, options),
    }),
  },
  {
    fault: "ignores reverse",
    caughtBy: "scan: in reverse, from the last key before the upper bound",
    breaks: (sound) => ({ scan: (range, options) => sound.scan({ ...range, reverse: false }, options) }),
  },
  {
    fault: "limits first and reverses then",
    caughtBy: "scan: at most as many as the limit, in either direction",
    breaks: (sound) => ({
      async *scan(range, options) {
        const found: Entry[] = [];
        for await (const chunk of sound.scan({ ...range, reverse: false }, options)) found.push(...chunk);
        if (range.reverse) found.reverse();
        for (const entry of found) yield [entry];
      },
    }),
  },
  {
    fault: "ignores a limit of nothing",
    caughtBy: "scan: at most as many as the limit, in either direction",
    breaks: (sound) => ({
      scan: ({ limit, ...range }, options) => sound.scan(limit ? { ...range, limit } : range, options),
    }),
  },
  {
    fault: "ignores the byte budget",
    caughtBy: "scan: chunks keep the byte budget unless one entry alone is larger, and none is empty",
    breaks: (sound) => ({ scan: (range, options) => sound.scan(range, { ...options, maxBytes: 1e9 }) }),
  },
  {
    fault: "pages by position, so that insertions shift what is read next",
    caughtBy: "scan: commits meanwhile do no harm to what is there throughout",
    breaks: (sound) => ({
      async *scan(range, options) {
        for (let skip = 0; ; skip++) {
          const found: Entry[] = [];
          for await (const chunk of sound.scan(range, options)) found.push(...chunk);
          const entry = found[skip];
          if (entry === undefined) return;
          yield [entry];
        }
      },
    }),
  },
  {
    fault: "gives values with keysOnly",
    caughtBy: "scan: keysOnly leaves the values out",
    breaks: (sound) => ({ scan: (range) => sound.scan(range) }),
  },
  {
    fault: "declares a better swap than it has",
    caughtBy: "capabilities: are what the fixture declares",
    breaks: (sound) => ({ capabilities: { ...sound.capabilities, swap: "local" } }),
  },
  {
    fault: "has capabilities that make no sense",
    caughtBy: "capabilities: every flag has a word or a number that makes sense",
    breaks: (sound) => ({
      capabilities: { ...sound.capabilities, stalenessMs: 5, maxValueBytes: Number.NaN },
    }),
  },
  {
    fault: "lets a second writer in where it says locked",
    caughtBy: "life: a second writer is refused as locked until the first has closed",
    traits: { ...MEMORY, secondWriter: "locked" },
    breaks: () => ({}),
  },
  {
    fault: "tells listeners that were stopped",
    caughtBy: "watch: tells of commits made through other stores, until it is stopped",
    breaks: (sound) => ({
      watch(onChange) {
        sound.watch?.(onChange);
        return () => undefined;
      },
    }),
  },
];
