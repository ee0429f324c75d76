import { VIEW_BY_NAME } from "./binary.ts";

/**
 * Format 1: a value as a flat table. Every object is a row of its own, so shared and circular references are rows
 * named twice, and nesting costs no nesting.
 *
 * Names of properties are never read as anything but names: what is not plain is told by its place. An array with an
 * array of one string in front is tagged; in a user's array, arrays hold one number.
 */
export interface RichTable {
  readonly root: Child;
  /** Objects, arrays, and what is tagged. */
  readonly nodes: readonly Node[];
  /** What superjson carries: undefined, BigInt, NaN, Date, RegExp, URL …, and Map and Set, which hold children. */
  readonly leaves?: unknown;
}

/** A JSON primitive, or a reference: `[n]` to node n, `[-1 - n]` to leaf n. */
export type Child = string | number | boolean | null | readonly [reference: number];

export type Node = { readonly [name: string]: Child } | readonly Child[] | TaggedNode;

/**
 * The tag is one of this file's or the name of a registered type. An ArrayBuffer's data is the index of its part, a
 * view's the reference to its buffer, an error's `{ hidden, shown }`: its properties, the non-enumerable ones first.
 */
export type TaggedNode = readonly [tag: readonly [string], data: Child];

/** Holds for nodes as written and as parsed: no user's array has an array of a string in front. */
export function isTagged(node: unknown): node is TaggedNode {
  return Array.isArray(node) && node.length === 2 && Array.isArray(node[0]) && typeof node[0][0] === "string";
}

export const ARRAY_BUFFER = "ArrayBuffer";
/** An object without a prototype; its data is the object's properties. */
export const NULL_PROTOTYPE = "NullPrototype";

const ERRORS: readonly ErrorConstructor[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
];

/** Makes an error of each class of the language. Subclasses of these are classes like any other. */
export const ERROR_BY_NAME: ReadonlyMap<string, () => Error> = new Map<string, () => Error>([
  ...ERRORS.map((type) => [type.name, () => new type()] as const),
  ["AggregateError", () => new AggregateError([])],
]);

const ERROR_NAMES: ReadonlyMap<unknown, string> = new Map(
  [...ERRORS, AggregateError].map((type) => [type.prototype, type.name]),
);

/** The tag of an error's class, or undefined if it is not one of the language's own. */
export function errorName(error: Error): string | undefined {
  return ERROR_NAMES.get(Object.getPrototypeOf(error));
}

/** Whether the tag is one of this format's own and so cannot be the name of a registered type. */
export function isBuiltInTag(tag: string): boolean {
  return tag === ARRAY_BUFFER || tag === NULL_PROTOTYPE || ERROR_BY_NAME.has(tag) || VIEW_BY_NAME.has(tag);
}

/** Gives an object an own property of any name; `__proto__` too is only a name here. */
export function defineOwn(target: object, name: string, value: unknown, enumerable = true): void {
  Object.defineProperty(target, name, { value, enumerable, writable: true, configurable: true });
}
