/** Ten things people really do in a hook before a change. Each throws if it finds something, which it never does here. */

type Check = (key: string, value: unknown) => void;

const seen = new Map<string, number>();
const sums = new Map<string, number>();

export const CHECKS: readonly (readonly [id: string, check: Check])[] = [
  [
    "no-secrets",
    (_, value) => refuse(/\b(sk|ghp|xox[bp])[-_][A-Za-z0-9]{16,}/.test(JSON.stringify(value)), "a secret"),
  ],
  ["size-limit", (_, value) => refuse(JSON.stringify(value).length > 1_000_000, "too large")],
  ["known-status", (_, value) => refuse(!STATUS.has(text(value, "status")), "an unknown status")],
  ["valid-date", (_, value) => refuse(Number.isNaN(Date.parse(text(value, "updatedAt"))), "an invalid date")],
  ["key-name", (key) => refuse(!/^[a-z][a-z0-9-]*$/.test(key), "a bad key")],
  ["rate", (key) => void seen.set(key, (seen.get(key) ?? 0) + 1)],
  ["budget", (_, value) => refuse(tokens(value) > 1_000_000, "over budget")],
  ["no-address", (_, value) => refuse(/[\w.+-]+@[\w-]+\.\w+/.test(text(value, "goal")), "a mail address")],
  ["checksum", (key, value) => void sums.set(key, checksum(text(value, "goal")))],
  ["checksum-kept", (key) => refuse(sums.get(key) === undefined, "no checksum")],
];

const STATUS = new Set(["planned", "running", "waiting", "done"]);

function refuse(found: boolean, what: string): void {
  if (found) throw new TypeError(`The value holds ${what}`);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === "string" ? found : "";
}

function tokens(value: unknown): number {
  return Number(field(field(value, "usage"), "promptTokens") ?? 0);
}

function checksum(of: string): number {
  let hash = 0;
  for (let index = 0; index < of.length; index++) hash = (hash * 31 + of.charCodeAt(index)) >>> 0;
  return hash;
}
