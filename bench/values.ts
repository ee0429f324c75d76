/** The values that are stored: realistic agent records, the same ones in every run. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Value = { readonly [name: string]: Json };
export type Entry = readonly [key: string, value: Value];

/** About 300 bytes of JSON: nested fields, a date as text. */
export function record(index: number): Value {
  return {
    id: `task-${index}`,
    agent: { name: "researcher", model: "large-2", temperature: 0.2 + (index % 7) / 10 },
    step: index,
    status: STATUS[index % STATUS.length] ?? "done",
    updatedAt: date(index),
    goal: `Compare the sources on topic ${index % 97}, then write what they agree on`,
    tags: ["research", `topic-${index % 97}`],
    usage: { promptTokens: 1200 + (index % 800), completionTokens: 300 + (index % 200) },
  };
}

/** About 10 KB of JSON: the same record with the conversation that led to it. */
export function largeRecord(index: number): Value {
  const messages = Array.from({ length: 40 }, (_, turn) => ({
    role: turn % 2 === 0 ? "user" : "assistant",
    at: date(index + turn),
    content: `${SENTENCE} (${index}.${turn}) ${SENTENCE}`,
  }));
  return { ...record(index), messages };
}

/** `count` entries over `keys` keys, in order: k0, k1, … k0, k1, … with a new value each time. */
export function entries(
  count: number,
  keys = count,
  make: (index: number) => Value = record,
  from = 0,
): Entry[] {
  return Array.from({ length: count }, (_, index) => [`k${index % keys}`, make(from + index)]);
}

export function jsonBytes(list: readonly Entry[]): number {
  return list.reduce((sum, [, value]) => sum + Buffer.byteLength(JSON.stringify(value)), 0);
}

const STATUS = ["planned", "running", "waiting", "done"];
const SENTENCE =
  "The three sources agree on the cause and differ on how long the effect lasted, so both are kept.";

function date(index: number): string {
  return new Date(Date.UTC(2026, 0, 1) + index * 61_000).toISOString();
}
