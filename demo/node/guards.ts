import { cancel, type Hooks, modify, proceed } from "keepstate";

/** Ids of the two hooks, as records and vetoes name them. */
export const NO_SECRETS = "no-secrets";
export const NO_EMAILS = "no-emails";

/** The agent's notes are all they look at; its index holds single words. */
const SCOPES = ["agent"] as const;

const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["an AWS access key", /\bAKIA[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(?:gh[opsu]_\w{36}|github_pat_\w{60,})/],
  ["an API key", /\bsk[-_](?:live[-_]|proj[-_]|ant[-_])?[A-Za-z0-9]{20,}/],
  ["a Slack token", /\bxox[abprs]-[A-Za-z0-9-]{20,}/],
];

/** Not `git@host.com:…`, which is nobody's address. */
const EMAIL = /\b(?!git@)[\w.%+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,}\b/gi;
/** What stands in an address's place. */
export const ADDRESS_REMOVED = "[address removed]";

/** Nothing secret and no one's address gets into the state, nor into the records of these hooks. */
export function installGuards(hooks: Hooks): void {
  hooks.on(
    "before_state_change",
    { id: NO_SECRETS, priority: 10, replayable: true, scopes: SCOPES, redact: (run) => withoutEmails(run) },
    ({ value }) => {
      const secret = secretIn(value);
      return secret === undefined ? proceed() : cancel(`contains ${secret}`);
    },
  );
  hooks.on(
    "before_state_change",
    { id: NO_EMAILS, replayable: true, scopes: SCOPES, redact: (run) => withoutEmails(run) },
    ({ value }) => {
      const removed = countEmails(value);
      if (removed === 0) return proceed();
      const clean = withoutEmails(value);
      return modify(isRecord(clean) ? { ...clean, addressesRemoved: removed } : clean);
    },
  );
}

function secretIn(value: unknown): string | undefined {
  const texts = textsIn(value);
  return SECRETS.find(([, pattern]) => texts.some((text) => pattern.test(text)))?.[0];
}

function countEmails(value: unknown): number {
  return textsIn(value).reduce((sum, text) => sum + [...text.matchAll(EMAIL)].length, 0);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The same shape with other texts, which is why the type stays. */
function withoutEmails<T>(value: T): T {
  return mapTexts(value) as T;
}

function mapTexts(value: unknown): unknown {
  if (typeof value === "string") return value.replace(EMAIL, ADDRESS_REMOVED);
  if (Array.isArray(value)) return value.map(mapTexts);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapTexts(part)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
