import { cancel, type HookResult, proceed, type StateChange } from "keepstate";

/** The hook's id, as vetoes and the timeline name it. */
export const NO_SECRETS = "no-secrets";

const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["an AWS access key", /\bAKIA[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(?:gh[opsu]_\w{30,}|github_pat_\w{30,})/],
  ["an API key", /\bsk[-_](?:[a-z]+[-_])?\w{16,}/],
  ["a password", /\bpass(?:word|phrase)s?\b\s*(?:is|=|:)\s*\S+/i],
  ["a card number", /\b(?:\d[ -]?){15}\d\b/],
];

/** Vetoes a change whose value, or whose key, holds what looks like a secret. The journal gets the veto, not the value. */
export function noSecrets({ key, value }: StateChange): HookResult {
  const texts = [key, ...textsIn(value)];
  const found = SECRETS.find(([, pattern]) => texts.some((text) => pattern.test(text)));
  return found === undefined ? proceed() : cancel(`it contains ${found[0]}`);
}

/** An id of ours; its digits may look like a card's. */
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return UUID.test(value) ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
