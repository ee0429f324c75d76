import { StateError } from "../ground/error.ts";
import type { StateScope } from "../ground/scope.ts";

/** What keepstate uses of the Standard Schema interface (https://standardschema.dev); zod, valibot and arktype have it. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Keys and their schemas. */
export type Shape = Readonly<Record<string, StandardSchema>>;

/**
 * What may be stored, by kind of scope. A kind that is listed takes only its keys; the others take anything.
 *
 * @example
 * const schema = { version: 1, scopes: { agent: { plan: z.object({ step: z.number() }) } } };
 */
export interface Schema {
  /** A whole number from 1 on; stored with the data. A store of a newer version is refused. */
  readonly version: number;
  readonly scopes: Readonly<Partial<Record<Exclude<StateScope["kind"], "system">, Shape>>>;
}

/** The types that a shape gives to its keys. */
export type ValuesOf<S> = S extends Shape
  ? { [K in keyof S]: S[K] extends StandardSchema<infer Output> ? Output : never }
  : Record<string, unknown>;

/**
 * The value as the schema leaves it. Throws `schema` with the first problem's path for a key or value that it refuses.
 * Returns a promise only where the schema does.
 */
export function checkValue(schema: Schema, scope: StateScope, key: string, value: unknown): unknown {
  const shape = scope.kind === "system" ? undefined : schema.scopes[scope.kind];
  if (shape === undefined) return value;
  const rule = Object.hasOwn(shape, key) ? shape[key] : undefined;
  if (rule === undefined) {
    throw new StateError("schema", `the schema has no key "${key}" for ${scope.kind} scopes`, { key });
  }
  const result = rule["~standard"].validate(value);
  return result instanceof Promise ? result.then((r) => accepted(r, key)) : accepted(result, key);
}

function accepted(result: SchemaResult<unknown>, key: string): unknown {
  if (result.issues === undefined) return result.value;
  const [first] = result.issues;
  const path = (first?.path ?? []).map((p) => String(typeof p === "object" ? p.key : p));
  const at = [key, ...path].join(".");
  throw new StateError("schema", `${at}: ${first?.message ?? "refused by the schema"}`, { key, path: at });
}
