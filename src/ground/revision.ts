import { StateError } from "./error.ts";
import type { Ports } from "./ports.ts";

declare const revisionBrand: unique symbol;

/**
 * Names one commit; text order is journal order. A hybrid logical clock: milliseconds (9 digits of base 32), counter (4),
 * and the writer's 64 random bits (13), so that two writers never make the same name.
 */
export type Revision = string & { readonly [revisionBrand]: true };

/** Characters of a revision; fixed, so revisions can be packed into one string. */
export const REVISION_LENGTH = 26;
/** The first place in every journal: before all commits. */
export const REVISION_ZERO = "0".repeat(REVISION_LENGTH) as Revision;

const TIME = 9;
const COUNTER = 4;
const COUNTERS = 32 ** COUNTER;
const FORM = /^[0-9a-v]{26}$/;

/** A revision from text that came from outside. Throws `invalid`. */
export function parseRevision(text: string): Revision {
  if (!isRevision(text)) throw new StateError("invalid", `"${String(text)}" is not a revision`);
  return text;
}

export function isRevision(text: unknown): text is Revision {
  return typeof text === "string" && FORM.test(text);
}

/** The clock part in milliseconds since 1970: not older than the commit's wall time, and possibly ahead of it. */
export function revisionTime(revision: Revision): number {
  return Number.parseInt(revision.slice(0, TIME), 32);
}

/** `count` revisions that count on from `first`. */
export function revisionsFrom(first: Revision, count: number): Revision[] {
  const revisions: Revision[] = [];
  const writer = first.slice(TIME + COUNTER);
  let time = first.slice(0, TIME);
  let counter = Number.parseInt(first.slice(TIME, TIME + COUNTER), 32);
  for (let i = 0; i < count; i++) {
    if (counter === COUNTERS) {
      counter = 0;
      time = (Number.parseInt(time, 32) + 1).toString(32).padStart(TIME, "0");
    }
    revisions.push((time + digits(counter) + writer) as Revision);
    counter++;
  }
  return revisions;
}

/** How many commits after `first` a later revision of the same page stands. */
export function revisionDistance(first: Revision, later: Revision): number {
  const counter = (r: Revision) => Number.parseInt(r.slice(TIME, TIME + COUNTER), 32);
  return (revisionTime(later) - revisionTime(first)) * COUNTERS + counter(later) - counter(first);
}

function digits(counter: number): string {
  const text = counter.toString(32);
  return "000".slice(0, COUNTER - text.length) + text;
}

/** The revision `steps` commits after `first` in the same page: pages count on from their first revision. */
export function revisionAt(first: Revision, steps: number): Revision {
  if (steps === 0) return first;
  const counter = Number.parseInt(first.slice(TIME, TIME + COUNTER), 32) + steps;
  const time = revisionTime(first) + Math.floor(counter / COUNTERS);
  return text(time, counter % COUNTERS, first.slice(TIME + COUNTER));
}

function text(time: number, counter: number, writer: string): Revision {
  return (time.toString(32).padStart(TIME, "0") + digits(counter) + writer) as Revision;
}

/** Mints names for one opening of a store: each greater than all it made and all it was told of. */
export interface RevisionMint {
  /** The first of `count` new revisions that count on; all greater than `head`. */
  next(head: Revision, count?: number): Revision;
  readonly writer: string;
}

export function revisionMint(ports: Ports): RevisionMint {
  const bits = new Uint8Array(13);
  ports.random.fill(bits);
  const writer = Array.from(bits, (byte) => (byte & 31).toString(32)).join("");
  let last = REVISION_ZERO;
  return {
    writer,
    next(head, count = 1) {
      const floor = head > last ? head : last;
      const now = Math.max(0, Math.floor(ports.clock.now()));
      const first = now > revisionTime(floor) ? text(now, 0, writer) : after(floor, writer);
      last = revisionAt(first, count - 1);
      return first;
    },
  };
}

/** The counter moves, because this writer's bits may be smaller than those of the floor's. */
function after(floor: Revision, writer: string): Revision {
  const next = revisionAt(floor, 1);
  return (next.slice(0, TIME + COUNTER) + writer) as Revision;
}
