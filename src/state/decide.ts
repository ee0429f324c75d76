import { StateError } from "../ground/error.ts";
import { checkName } from "../ground/name.ts";
import type { Correlation } from "../ground/ports.ts";
import { formatScope, type ScopeText, type StateScope } from "../ground/scope.ts";
import type { RunDraft } from "../hooks/draft.ts";
import type { HookHandle, StateChange } from "../hooks/hook.ts";
import type { HookWrites } from "../hooks/port.ts";
import { finishRuns } from "../hooks/record.ts";
import type { HookRun } from "../hooks/recorded.ts";
import { type Decision, runBefore } from "../hooks/run.ts";
import { type Changes, changesOn, type Proposal } from "./changes.ts";
import type { Seen } from "./draft.ts";
import type { Engine } from "./engine.ts";
import { checkValue } from "./schema.ts";
import { hasExpired, readSlot, revisionOf, type Slot } from "./slot.ts";
import { latest, preceding, type ScopeView } from "./view.ts";

/** Hooks may write, and those writes have hooks; so deep and no deeper. */
const MAX_DEPTH = 8;

/** The runs that decided one change. What they are recorded as depends on what becomes of the whole commit. */
interface Chain {
  readonly drafts: readonly RunDraft[];
  /** The value that is stored, if the hooks saw it as it is; records then refer to it instead of copying it. */
  readonly stored: unknown;
  readonly recordValue: boolean;
}

/** No hook saw what is stored in the end: records keep what each saw. */
export const NOT_SEEN = Symbol("not seen");

/** The records of all runs, once it is known whether the commit will happen. */
export function runsOf({ chains, engine }: Deciding, willCommit: boolean): HookRun[] {
  return chains.flatMap(({ drafts, stored, recordValue }) =>
    finishRuns(
      drafts,
      willCommit ? { kind: "committed", value: stored } : { kind: "refused", recordValue },
      engine.hookEnv,
    ),
  );
}

/** What is gathered while one commit is decided: the changes in order, the runs, and what anyone looked at. */
export interface Deciding {
  readonly engine: Engine;
  readonly correlation: Correlation;
  readonly signal: AbortSignal | undefined;
  readonly changes: Changes;
  /** It was decided before: what was taken in after it is not seen. */
  readonly isAgain: boolean;
  readonly chains: Chain[];
  readonly seen: Seen[];
  /** Scopes opened on the way, to be let go when the commit is settled. */
  readonly held: { readonly views: ScopeView[]; isOver: boolean };
}

export interface Veto {
  readonly by: string;
  readonly reason: string;
  readonly scope: ScopeText;
  readonly key: string;
  /** The value only as its size, unless the hook asked for it. */
  readonly value?: unknown;
}

export type Verdict =
  | { readonly kind: "go" }
  | { readonly kind: "veto"; readonly veto: Veto }
  | { readonly kind: "redirect"; readonly to: Proposal };

/** The value that a decision builds on: what joined the commit before it, else what is queued, else what is stored. */
export function current(
  deciding: Deciding,
  view: ScopeView,
  key: string,
): { value: unknown; slot: Slot | undefined } {
  const { engine, changes, isAgain, seen } = deciding;
  const joined = changes.at(view, key);
  if (joined !== undefined) {
    return { value: joined.value && engine.codec.decode(joined.value).value, slot: undefined };
  }
  const slot = isAgain ? preceding(view, key) : latest(view, key);
  seen.push({ view, key, slot });
  if (slot === undefined || hasExpired(slot, engine.now)) return { value: undefined, slot: undefined };
  return { value: readSlot(slot, engine.codec), slot };
}

/** Asks the hooks and the schema about one change. What comes of it is added to `deciding`. */
export async function decide(deciding: Deciding, proposal: Proposal, depth = 0): Promise<Verdict> {
  const { engine } = deciding;
  const hooks = engine.hooks.at("before_state_change");
  if (hooks.length === 0 || proposal.operation === "expire") {
    deciding.changes.add(await checked(engine, proposal));
    return { kind: "go" };
  }
  const subject = subjectOf(deciding, proposal);
  const decision = await runBefore(
    hooks,
    subject,
    {
      correlation: deciding.correlation,
      ...(deciding.signal ? { signal: deciding.signal } : {}),
      writes: () => joining(deciding, depth),
      onRejected: (drafts) => deciding.chains.push({ drafts, stored: NOT_SEEN, recordValue: false }),
    },
    engine.hookEnv,
  );
  return take(deciding, proposal, decision, depth);
}

function subjectOf(deciding: Deciding, proposal: Proposal): StateChange {
  const { view, key, operation, ttlMs, redirectedFrom } = proposal;
  const old = current(deciding, view, key);
  return {
    operation,
    scope: view.scope,
    scopeText: view.text,
    key,
    value: proposal.value && deciding.engine.codec.decode(proposal.value).value,
    oldValue: old.value,
    hadOldValue: old.slot !== undefined || old.value !== undefined,
    ...(old.slot && old.slot.origin.revisions !== "" ? { oldRevision: revisionOf(old.slot) } : {}),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(redirectedFrom === undefined ? {} : { redirectedFrom }),
  };
}

async function take(
  deciding: Deciding,
  proposal: Proposal,
  decision: Decision,
  depth: number,
): Promise<Verdict> {
  const { engine, chains } = deciding;
  const { view, key } = proposal;
  const { runs: drafts } = decision;
  if (decision.kind === "cancel") {
    const { by, reason, recordValue } = decision;
    chains.push({ drafts, stored: NOT_SEEN, recordValue });
    const veto: Veto = { by, reason, scope: view.text, key };
    if (!recordValue || proposal.value === undefined) return { kind: "veto", veto };
    return { kind: "veto", veto: { ...veto, value: engine.codec.decode(proposal.value).value } };
  }
  const isDeletion = proposal.operation !== "set" && !decision.valueChanged;
  const encoded = decision.valueChanged ? engine.codec.encode(decision.value, key) : proposal.value;
  const next: Proposal = {
    ...proposal,
    operation: isDeletion ? proposal.operation : "set",
    value: isDeletion ? undefined : encoded,
  };
  for (const { scope, key: forked, value } of decision.extra) {
    const target = await open(deciding, scope ?? view.scope);
    const fork = engine.codec.encode(value, checkName(forked, "key"));
    await join(deciding, { view: target, key: forked, operation: "set", value: fork }, depth);
  }
  if (decision.kind === "redirect") {
    if (view.scope.kind === "system") throw immovable(proposal, decision.by);
    chains.push({ drafts, stored: NOT_SEEN, recordValue: false });
    const target = await open(deciding, decision.scope);
    const redirectedFrom = proposal.redirectedFrom ?? { scope: view.scope, key };
    return { kind: "redirect", to: { ...next, view: target, key: decision.key, redirectedFrom } };
  }
  const stored = await checked(engine, next);
  chains.push({ drafts, stored: stored === next ? decision.value : NOT_SEEN, recordValue: false });
  deciding.changes.add(stored);
  return { kind: "go" };
}

async function checked(engine: Engine, proposal: Proposal): Promise<Proposal> {
  const { schema, codec } = engine;
  const { view, key, value } = proposal;
  if (schema === undefined || value === undefined) return proposal;
  const before = codec.decode(value).value;
  const after = await checkValue(schema, view.scope, key, before);
  return Object.is(before, after) ? proposal : { ...proposal, value: codec.encode(after, key) };
}

async function open(deciding: Deciding, scope: StateScope): Promise<ScopeView> {
  const { engine, held } = deciding;
  const text = formatScope(scope);
  engine.confine?.(text);
  const view = await engine.views.hold(text);
  if (held.isOver) {
    engine.views.release(view);
    throw new StateError("closed", "a hook's handle ends with the hook's answer");
  }
  held.views.push(view);
  return view;
}

/** A change that joins the commit has hooks of its own; their veto is the failure of whoever asked for it. */
async function join(deciding: Deciding, proposal: Proposal, depth: number): Promise<void> {
  if (depth >= MAX_DEPTH) {
    throw new StateError("hook_failed", `hooks that write called each other ${MAX_DEPTH} deep`, {
      scope: proposal.view.text,
      key: proposal.key,
    });
  }
  let next = proposal;
  for (let moves = 0; moves <= MAX_DEPTH; moves++) {
    const verdict = await decide(deciding, next, depth + 1);
    if (verdict.kind === "go") return;
    if (verdict.kind === "veto") {
      const { by, reason } = verdict.veto;
      throw new StateError(
        "hook_failed",
        `the change of ${proposal.view.text} "${proposal.key}" was vetoed by hook ${by}: ${reason}`,
        { hook: by },
      );
    }
    next = verdict.to;
  }
  throw redirectLoop(proposal);
}

export function redirectLoop({ view, key }: Proposal): StateError {
  return new StateError("hook_failed", `hooks redirected the change more than ${MAX_DEPTH} times`, {
    scope: view.text,
    key,
  });
}

/** Whoever saved a record of the store's own looks for it where such records are. */
function immovable({ view, key }: Proposal, hook: string): StateError {
  return new StateError("hook_failed", `hook "${hook}" redirected a record of the store's own`, {
    scope: view.text,
    key,
    hook,
  });
}

/** The handle in a hook's context. Its changes join the commit when the hook's answer counts. */
function joining(deciding: Deciding, depth: number): HookWrites {
  const { engine, changes, seen, chains } = deciding;
  let isOpen = true;
  const own: Deciding = { ...deciding, changes: changesOn(changes), chains: [] };
  const use = () => {
    if (!isOpen) throw new StateError("closed", "a hook's handle ends with the hook's answer");
  };
  const handle: HookHandle = {
    async get(scope, key) {
      use();
      const view = await open(deciding, scope);
      return current({ ...own, seen }, view, checkName(key, "key")).value;
    },
    async set(scope, key, value) {
      use();
      const encoded = engine.codec.encode(value, key);
      const view = await open(deciding, scope);
      await join(own, { view, key: checkName(key, "key"), operation: "set", value: encoded }, depth);
    },
    async delete(scope, key) {
      use();
      const view = await open(deciding, scope);
      await join(own, { view, key: checkName(key, "key"), operation: "delete", value: undefined }, depth);
    },
  };
  return {
    handle,
    end(kept) {
      isOpen = false;
      if (!kept) return;
      for (const change of own.changes.list) changes.add(change);
      chains.push(...own.chains);
    },
  };
}
