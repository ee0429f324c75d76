import { entriesOf, keyOf, type Memory, PLAN, type Plan, type Reply, said } from "./memory.ts";
import { plural, singular } from "./words.ts";

/** “count coffee”, “count 3 coffees”, “count coffees 3”. */
export function count(
  memory: Memory,
  before: string | undefined,
  thing: string,
  after: string | undefined,
): Reply {
  const by = Number(before ?? after ?? 1);
  const name = nameOf(thing);
  const key = keyOf("counts", name);
  const was = (memory.get(key) as number | undefined) ?? 0; // the mind alone writes counts
  const sign = by < 0 ? "−" : "+";
  return said(`${was} ${sign} ${Math.abs(by)} = ${plural(was + by, name)}.`, { key, value: was + by });
}

export function howMany(memory: Memory, thing: string): Reply {
  const name = nameOf(thing);
  if (name === "fact" || name === "note" || name === "message") {
    const n = entriesOf(memory, `${name}s`).length;
    return said(`${plural(n, name)}.`);
  }
  if (name === "step") {
    const steps = (memory.get(PLAN) as Plan | undefined)?.steps ?? []; // the mind alone writes it
    const open = steps.filter(({ done }) => !done).length;
    return said(`${plural(steps.length, "step")}, ${open} of them open.`);
  }
  const n = memory.get(keyOf("counts", name)) as number | undefined; // the mind alone writes counts
  if (n !== undefined) return said(`${plural(n, name)}.`);
  const counted = entriesOf<number>(memory, "counts").map(([one, m]) => plural(m, one));
  return said(
    counted.length === 0
      ? `I have counted nothing yet. Try “count 3 ${name}s”.`
      : `I have not counted any ${name}. What I have counted: ${counted.join(", ")}.`,
  );
}

function nameOf(thing: string): string {
  const words = thing.toLowerCase().replace(/\s+/g, " ").trim().split(" ");
  return [...words.slice(0, -1), singular(words.at(-1) ?? "")].join(" ");
}
