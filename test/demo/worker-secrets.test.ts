import { expect, test } from "vitest";
import { noSecrets } from "../../demo/worker/worker/no-secrets.ts";
import type { StateChange } from "../../src/index.ts";

const verdictOn = (value: unknown) => noSecrets({ key: "messages/1", value } as StateChange).kind;

test.each([
  { you: "my card is 4111 1111 1111 1111" },
  { you: "the password is hunter2" },
  ["AKIAABCDEFGHIJKLMNOP"],
])("%j is vetoed", (value) => expect(verdictOn(value)).toBe("cancel"));

test("an id of digits alone is no card number", () => {
  expect(verdictOn({ you: "count coffee", correlationId: "12345678-1234-4234-9234-123456789012" })).toBe(
    "proceed",
  );
});
