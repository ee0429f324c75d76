import { StateError } from "./error.ts";
import { isJsonNumber, MAX_DEPTH } from "./json.ts";
import { type Child, isTagged, type Node, type RichTable } from "./rich-format.ts";
import { packLeaves } from "./rich-leaves.ts";
import { formatPath, type PathStep } from "./value-path.ts";

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Gathers the rows of one value's table and knows where in the value the walk is.
 * `write` adds the row of an object (or a function or symbol) and returns its reference.
 */
export class TableBuilder {
  /** Copies of the value's bytes. */
  readonly parts: Uint8Array[] = [];
  readonly #name: string;
  readonly #write: (value: unknown, into: TableBuilder) => number;
  readonly #path: PathStep[] = [];
  readonly #nodes: Node[] = [];
  readonly #leaves: unknown[] = [];
  readonly #references = new Map<unknown, number>();
  /** Values of registered types, with where they were met. */
  readonly #instances = new Map<number, readonly PathStep[]>();
  #levels = MAX_DEPTH;
  #hasRepeats = false;

  constructor(name: string, write: (value: unknown, into: TableBuilder) => number) {
    this.#name = name;
    this.#write = write;
  }

  table(value: unknown): RichTable {
    const root = this.child(value);
    if (this.#hasRepeats) this.#refuseCyclesThroughInstances();
    return this.#leaves.length === 0
      ? { root, nodes: this.#nodes }
      : { root, nodes: this.#nodes, leaves: packLeaves(this.#leaves) };
  }

  /** Ends the walk: the value would not come back as it is, because of `what` at the present place. */
  refuse(what: string, cause?: unknown): never {
    return this.#refuseAt(this.#path, what, cause);
  }

  #refuseAt(steps: readonly PathStep[], what: string, cause?: unknown): never {
    const path = formatPath(this.#name, steps);
    throw new StateError("not_serializable", `This value cannot be stored. ${path}: ${what}`, {
      path,
      cause,
    });
  }

  enter(step: PathStep): void {
    this.#path.push(step);
  }

  leave(): void {
    this.#path.pop();
  }

  at(step: PathStep, value: unknown): Child {
    this.enter(step);
    const child = this.child(value);
    this.leave();
    return child;
  }

  child(value: unknown): Child {
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number" && isJsonNumber(value)) return value;
    const known = this.#references.get(value);
    if (known !== undefined) {
      this.#hasRepeats = true;
      return [known];
    }
    if (value === undefined || typeof value === "number" || typeof value === "bigint") {
      return [this.leaf(value, value)];
    }
    return this.inner(() => this.#write(value, this));
  }

  /** A row one level further down; called directly where the row is no object of the caller's. */
  inner(write: () => number): Child {
    if (this.#levels === 0) this.refuse(`nested more than ${MAX_DEPTH} levels deep`);
    this.#levels--;
    const reference = write();
    this.#levels++;
    return [reference];
  }

  text(text: string, what = "string"): string {
    return LONE_SURROGATE.test(text) ? this.refuse(`${what} with a lone surrogate`) : text;
  }

  /** `value` is who it is when met again; `leaf` and `node` below are what is written, and may be filled later. */
  leaf(value: unknown, leaf: unknown): number {
    const reference = -this.#leaves.push(leaf);
    this.#references.set(value, reference);
    return reference;
  }

  node(value: unknown, node: Node): number {
    const reference = this.#nodes.push(node) - 1;
    this.#references.set(value, reference);
    return reference;
  }

  tagged(value: unknown, tag: string, data: () => Child): number {
    const node: [readonly [string], Child] = [[tag], null];
    const reference = this.node(value, node);
    node[1] = data();
    return reference;
  }

  /** A value that can only be made from its complete data, so that it cannot be part of it. */
  instance(value: unknown, tag: string, data: () => Child): number {
    const place = [...this.#path];
    const reference = this.tagged(value, tag, data);
    this.#instances.set(reference, place);
    return reference;
  }

  #refuseCyclesThroughInstances(): void {
    for (const [reference, place] of this.#instances) {
      if (this.#reachesItself(reference)) this.#refuseAt(place, "registered value that contains itself");
    }
  }

  #reachesItself(start: number): boolean {
    const reached = new Set<number>();
    const open = [start];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const child of this.#childrenOf(next)) {
        if (!Array.isArray(child) || reached.has(child[0])) continue;
        if (child[0] === start) return true;
        reached.add(child[0]);
        open.push(child[0]);
      }
    }
    return false;
  }

  #childrenOf(reference: number): Iterable<unknown> {
    if (reference < 0) {
      const leaf = this.#leaves[-1 - reference];
      if (leaf instanceof Map) return [...leaf.keys(), ...leaf.values()];
      return leaf instanceof Set ? leaf : [];
    }
    const node = this.#nodes[reference] ?? [];
    return isTagged(node) ? [node[1]] : Object.values(node);
  }
}
