import { cancel, type Hooks, modify, proceed, type StateChange } from "keepstate";
import type { Plan } from "../agent/step.ts";
import { ADDRESS_REMOVED } from "../agent/words.ts";

/** Ids of the hooks, as records and vetoes name them. */
export const NO_SECRETS = "no-secrets";
export const NO_ADDRESSES = "no-addresses";
export const ONE_STEP_ONCE = "one-step-once";

const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["an AWS access key", /\bAKIA[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(?:gh[opsu]_\w{36}|github_pat_\w{60,})/],
  ["an API key", /\bsk[-_](?:live[-_]|test[-_]|proj[-_]|ant[-_])?[A-Za-z0-9_-]{12,}/],
  ["a Slack token", /\bxox[abprs]-[A-Za-z0-9-]{20,}/],
  ["a key or token", /\b(?:api[ _-]?key|secret|token)\s*(?:is|=|:)\s*["']?(?=\S*\d)[\w-]{12,}/i],
  ["a password", /\b(?:password|passwd|passphrase|pwd)\s*(?:is|=|:)\s*["']?\S{4,}/i],
];

const ADDRESS = /\b[\w.%+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,}\b/gi;

/** No secret and no one's address gets into the state, nor into the records of these hooks; no step is done twice. */
export function installGuards(hooks: Hooks): void {
  const redact = <T>(run: T): T => withoutAddresses(run);
  hooks.on("before_state_change", { id: NO_SECRETS, priority: 20, replayable: true, redact }, ({ value }) => {
    const secret = secretIn(value);
    return secret === undefined ? proceed() : cancel(`contains ${secret}`);
  });
  hooks.on(
    "before_state_change",
    { id: NO_ADDRESSES, priority: 10, replayable: true, redact },
    ({ value }) => {
      const clean = withoutAddresses(value);
      return clean === value ? proceed() : modify(clean);
    },
  );
  hooks.on("before_state_change", { id: ONE_STEP_ONCE, replayable: true, scopes: ["workflow"] }, isNext);
}

/**
 * A plan goes on by one step at a time. When two tabs do the same step at once, the slower one's commit is tried again on
 * what the faster one stored; this hook then sees that the step is done, and vetoes all of that commit, words included.
 */
function isNext({ operation, value, oldValue }: StateChange) {
  if (operation !== "set") return proceed();
  const [plan, old] = [value as Plan, oldValue as Plan | undefined]; // only `ask` and `takeStep` write plans
  const expected = old === undefined ? 0 : old.next + 1;
  return plan.next === expected ? proceed() : cancel("this step was done before, or the plan is gone");
}

function secretIn(value: unknown): string | undefined {
  const texts = textsIn(value);
  return SECRETS.find(([, pattern]) => texts.some((text) => pattern.test(text)))?.[0];
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The same shape with other texts, which is why the type stays; the same value where there was no address. */
function withoutAddresses<T>(value: T): T {
  return (textsIn(value).some((text) => text.search(ADDRESS) !== -1) ? mapTexts(value) : value) as T;
}

function mapTexts(value: unknown): unknown {
  if (typeof value === "string") return value.replace(ADDRESS, ADDRESS_REMOVED);
  if (Array.isArray(value)) return value.map(mapTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapTexts(part)]));
}
