import type { ValueType } from "../../src/ground/value-type.ts";

/** FC_SEED repeats a run; a failure prints the seed. */
export const seed = Number(process.env["FC_SEED"] ?? Date.now() & 0x7fffffff);
console.info(`codec tests: FC_SEED=${seed}`);

export function nested(levels: number, wrap: (inner: unknown) => unknown, core: unknown): unknown {
  let value: unknown = core;
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
}

export class Money {
  readonly amount: bigint;
  readonly currency: string;
  constructor(amount: bigint, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
}
export const money: ValueType<Money> = {
  name: "money",
  is: (value) => value instanceof Money,
  encode: (value) => [value.amount, value.currency],
  decode: (data) => {
    if (!Array.isArray(data) || typeof data[0] !== "bigint") throw new TypeError("not money");
    return new Money(data[0], String(data[1]));
  },
};
