import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultPorts } from "../../src/ground/ports.ts";
import { REVISION_ZERO, revisionMint, revisionsFrom } from "../../src/ground/revision.ts";
import type { Commit } from "../../src/journal/commit.ts";
import { pageKey } from "../../src/journal/keys.ts";
import { decodePage, encodePage } from "../../src/journal/page.ts";

const value = { format: 0, text: "1", parts: [] } as const;
const mint = revisionMint(defaultPorts);

/** Which scope each change of each commit is of, and which of some ids each commit has. */
const plans = fc.array(
  fc.record({ scopes: fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }), id: fc.nat(20) }),
  { minLength: 1, maxLength: 30 },
);

test("a page comes back with its commits, of however many scopes and correlations", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const first = mint.next(REVISION_ZERO, plan.length);
      const revisions = revisionsFrom(first, plan.length);
      const commits = plan.map(
        ({ scopes, id }, i): Commit => ({
          revision: revisions[i] ?? first,
          kind: "change",
          time: 1_800_000_000_000 + i,
          correlation: { correlationId: `own-${id}` },
          changes: scopes.map((scope) => ({
            scope: `agent:${scope}`,
            key: `k${scope}`,
            operation: "set",
            value,
            expiresAt: undefined,
            previous: undefined,
          })),
          detail: undefined,
        }),
      );
      const key = pageKey(revisions.at(-1) ?? first);
      const { bytes, scopes } = encodePage(key, {
        first,
        previous: REVISION_ZERO,
        beforePrevious: REVISION_ZERO,
        previousScopes: [],
        commits,
      });
      const page = decodePage(key, bytes);
      expect(page.commits).toEqual(commits);
      expect(page.scopes).toEqual(scopes);
      expect(new Set(scopes)).toEqual(new Set(commits.flatMap(({ changes }) => changes.map((c) => c.scope))));
      expect(scopes).toHaveLength(new Set(scopes).size);
    }),
    { seed: 20_261_123, numRuns: 200 },
  );
});
