/**
 * A class, or another kind of value JSON does not know, that the user registered.
 *
 * The registry is closed: a record holds only `name`, and only a type registered under it gives the value back.
 * Types are asked, in order, about values that could not be stored otherwise (instances, functions, symbols).
 *
 * @example
 * const money: ValueType<Money> = {
 *   name: "money",
 *   is: (value) => value instanceof Money,
 *   encode: (value) => [value.amount, value.currency],
 *   decode: (data) => Money.parse(data),
 * };
 */
export interface ValueType<T = unknown> {
  /** Stored with each value: never rename it, and choose it so that no other library takes the same. */
  readonly name: string;
  is(value: unknown): value is T;
  /** Anything storable that `decode` can make the value from; it may hold other registered values, not this one. */
  encode(value: T): unknown;
  /** Gets a fresh copy of what `encode` gave. Data may be older than the code: check it, and throw if it is unusable. */
  decode(data: unknown): T;
}

/**
 * A stored value whose type is not registered here. It can be looked at, and is written back as it was,
 * so that a program that does not know a type does no harm to it.
 */
export class OpaqueValue {
  /** The name the type was registered under. */
  readonly tag: string;
  /** What the type's `encode` gave. */
  readonly data: unknown;

  constructor(tag: string, data: unknown) {
    this.tag = tag;
    this.data = data;
    Object.freeze(this);
  }
}
