import { fromUtf8 } from "../ground/bytes.ts";
import type { EncodedValue } from "../ground/codec.ts";
import type { Correlation } from "../ground/ports.ts";
import { type Revision, revisionDistance, revisionsFrom } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Key } from "../store/store.ts";
import type { Change, Commit, CommitKind, Operation, Page, Staged } from "./commit.ts";
import { generatedId, splitGeneratedId } from "./correlation-id.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import { packValues, type StoredValue, unpackValues, type ValueColumns } from "./values.ts";

/** A page in columns; those that are the same everywhere are left out. Keys are short because pages are many. */
interface PageMeta {
  readonly first: Revision;
  readonly prev: Revision;
  readonly pprev: Revision;
  /** Scopes here, and of the page before. */
  readonly sc: readonly ScopeText[];
  readonly psc: readonly ScopeText[];
  readonly staged?: Staged;
  /** Commits: count, wall time of the first, and where not uniform: time steps, kinds, numbers of changes. */
  readonly n: number;
  readonly t: number;
  readonly dt?: readonly number[];
  readonly kinds?: readonly CommitKind[];
  readonly nc?: readonly number[];
  /**
   * Correlations: distinct ones, and which commit has which. A generated id on its own is a stem and a number, so a
   * burst costs a few bytes each: the commit then has -1 minus the stem's place, and the number lies in `g`. Left out
   * where all have the same one, or all are numbers of one stem.
   */
  readonly cor: readonly Correlation[];
  readonly stems?: readonly string[];
  readonly ci?: readonly number[];
  readonly g?: readonly number[];
  /** Changes: key, scope, operation (0 set, 1 delete, 2 expire), expiry, previous revision (0 none, n: commit n-1 of this page). */
  readonly k: readonly string[];
  readonly s?: readonly number[];
  readonly o?: readonly number[];
  readonly x?: Readonly<Record<number, number>>;
  readonly p?: readonly (Revision | number)[];
  /** Values of changes, then details of commits. */
  readonly v: ValueColumns;
  readonly d?: readonly number[];
}

const OPERATIONS: readonly Operation[] = ["set", "delete", "expire"];

export interface PageDraft {
  readonly first: Revision;
  readonly previous: Revision;
  readonly beforePrevious: Revision;
  readonly previousScopes: readonly ScopeText[];
  /** Their revisions count on from `first`. */
  readonly commits: readonly Commit[];
  readonly staged?: Staged | undefined;
}

export interface EncodedPage {
  readonly bytes: Uint8Array;
  readonly scopes: readonly ScopeText[];
}

/** Up to so many things are compared one by one: most pages hold one commit, and a Map costs more than that. */
const FEW = 8;

/** Numbers for distinct things in the order they are met. */
function numbering<T>() {
  const all: T[] = [];
  let numbers: Map<T, number> | undefined;
  return {
    all: all as readonly T[],
    of(thing: T): number {
      const known = numbers === undefined ? all.indexOf(thing) : (numbers.get(thing) ?? -1);
      if (known !== -1) return known;
      const n = all.push(thing) - 1;
      if (n === FEW) numbers = new Map(all.map((one, i) => [one, i]));
      else numbers?.set(thing, n);
      return n;
    },
  };
}

/**
 * Tells generated ids that stand alone as stem and number. Those of a burst share their stem, so its form is checked
 * once, and of the others only that they come back the same.
 */
function idSplitter(): typeof splitGeneratedId {
  let stem: string | undefined;
  return (correlation) => {
    const { correlationId: id, causationId, actor, triggeredBy, reused } = correlation;
    if (stem !== undefined && id.startsWith(stem)) {
      const number = Number.parseInt(id.slice(stem.length + 1), 36);
      const isAlone =
        causationId === undefined && actor === undefined && triggeredBy === undefined && !reused;
      if (isAlone && generatedId(stem, number) === id) return { stem, number };
    }
    const split = splitGeneratedId(correlation);
    stem = split?.stem ?? stem;
    return split;
  };
}

function isUniform<T>(column: readonly T[], value: T): boolean {
  for (const v of column) if (v !== value) return false;
  return true;
}

export function encodePage(key: Key, draft: PageDraft): EncodedPage {
  const { first, commits } = draft;
  const scopes = numbering<ScopeText>();
  for (const scope of draft.staged?.scopes ?? []) scopes.of(scope);
  const correlations = numbering<Correlation>();
  const stems = numbering<string>();
  const split = idSplitter();
  const [dt, kinds, nc, ci, g]: [number[], CommitKind[], number[], number[], number[]] = [[], [], [], [], []];
  const [k, s, o, p]: [string[], number[], number[], (Revision | number)[]] = [[], [], [], []];
  const x: Record<number, number> = {};
  let hasExpiry = false;
  const values: (StoredValue | undefined)[] = [];
  const details: EncodedValue[] = [];
  const d: number[] = [];
  const start = commits[0]?.time ?? 0;
  commits.forEach((commit, i) => {
    dt.push(commit.time - start);
    kinds.push(commit.kind);
    nc.push(commit.changes.length);
    const generated = split(commit.correlation);
    if (generated === undefined) ci.push(correlations.of(commit.correlation));
    else {
      ci.push(-1 - stems.of(generated.stem));
      g.push(generated.number);
    }
    if (commit.detail !== undefined) {
      d.push(i);
      details.push(commit.detail);
    }
    for (const change of commit.changes) {
      if (change.expiresAt !== undefined) {
        x[k.length] = change.expiresAt;
        hasExpiry = true;
      }
      k.push(change.key);
      s.push(scopes.of(change.scope));
      o.push(OPERATIONS.indexOf(change.operation));
      const { previous } = change;
      if (previous === undefined) p.push(0);
      else p.push(previous >= first ? revisionDistance(first, previous) + 1 : previous);
      values.push(change.value);
    }
  });
  for (const detail of details) values.push(detail);
  const packed = packValues(values);
  const same = correlations.all.length === 0 && stems.all.length === 1 ? -1 : 0;
  const meta: PageMeta = {
    first,
    prev: draft.previous,
    pprev: draft.beforePrevious,
    sc: scopes.all,
    psc: draft.previousScopes,
    ...(draft.staged ? { staged: draft.staged } : {}),
    n: commits.length,
    t: start,
    ...(isUniform(dt, 0) ? {} : { dt }),
    ...(isUniform(kinds, "change") ? {} : { kinds }),
    ...(isUniform(nc, 1) ? {} : { nc }),
    cor: correlations.all,
    ...(isUniform(ci, same) ? {} : { ci }),
    ...(g.length === 0 ? {} : { stems: stems.all, g }),
    k,
    ...(isUniform(s, 0) ? {} : { s }),
    ...(isUniform(o, 0) ? {} : { o }),
    ...(hasExpiry ? { x } : {}),
    ...(isUniform(p, 0) ? {} : { p }),
    v: packed.columns,
    ...(d.length === 0 ? {} : { d }),
  };
  return { bytes: encodeRecord(key, { meta, text: packed.text, parts: packed.parts }), scopes: meta.sc };
}

export function decodePage(key: Key, bytes: Uint8Array): Page {
  const record = decodeRecord(key, bytes);
  const meta = record.meta as PageMeta; // written by encodePage; the checksum vouches for it
  const values = unpackValues({ columns: meta.v, text: fromUtf8(record.textBytes), parts: record.parts });
  const commits: Commit[] = [];
  const revisions = revisionsFrom(meta.first, meta.n);
  let at = 0;
  let detailAt = 0;
  let generatedAt = 0;
  const same = meta.cor.length === 0 ? -1 : 0;
  for (let i = 0; i < meta.n; i++) {
    const changes: Change[] = [];
    for (let end = at + (meta.nc?.[i] ?? 1); at < end; at++) {
      const previous = meta.p?.[at] ?? 0;
      changes.push({
        scope: meta.sc[meta.s?.[at] ?? 0] ?? "",
        key: meta.k[at] ?? "",
        operation: OPERATIONS[meta.o?.[at] ?? 0] ?? "set",
        value: values[at],
        expiresAt: meta.x?.[at],
        previous: typeof previous === "string" ? previous : revisions[previous - 1],
      });
    }
    const hasDetail = meta.d?.[detailAt] === i;
    const which = meta.ci?.[i] ?? same;
    const correlation =
      which >= 0
        ? meta.cor[which]
        : { correlationId: generatedId(meta.stems?.[-1 - which] ?? "", meta.g?.[generatedAt++] ?? 0) };
    commits.push({
      revision: revisions[i] ?? meta.first,
      kind: meta.kinds?.[i] ?? "change",
      time: meta.t + (meta.dt?.[i] ?? 0),
      correlation: correlation ?? { correlationId: "" },
      changes,
      // Details are inline by construction: only values of changes are stored apart.
      detail: hasDetail ? (values[meta.k.length + detailAt++] as EncodedValue) : undefined,
    });
  }
  return {
    revision: revisions.at(-1) ?? meta.first,
    first: meta.first,
    previous: meta.prev,
    beforePrevious: meta.pprev,
    scopes: meta.sc,
    previousScopes: meta.psc,
    commits,
    staged: meta.staged,
  };
}
