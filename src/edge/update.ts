import { StateError } from "../index.ts";
import { checkFields } from "../internal.ts";
import type { UpdateOperation } from "./request.ts";

/** The function of an operation, for `update`. Throws `invalid` for one that is not; the function for a value it does not fit. */
export function functionOf(operation: UpdateOperation): (old: unknown) => unknown {
  switch (operation?.op) {
    case "increment": {
      checkFields("a part of increment", operation, ["op", "by"]);
      const { by = 1 } = operation;
      if (!Number.isFinite(by)) throw invalid("increment: by must be a finite number");
      return (old = 0) => {
        if (typeof old !== "number") throw misfit("increment", "a number", old);
        return old + by;
      };
    }
    case "append": {
      checkFields("a part of append", operation, ["op", "values", "keep"]);
      const { values, keep = Number.MAX_SAFE_INTEGER } = operation;
      if (!Array.isArray(values)) throw invalid("append: values must be a list");
      if (!(Number.isSafeInteger(keep) && keep >= 1))
        throw invalid("append: keep must be a whole number from 1 on");
      return (old = []) => {
        if (!Array.isArray(old)) throw misfit("append", "a list", old);
        const all = [...old, ...values];
        return all.length > keep ? all.slice(-keep) : all;
      };
    }
    case "merge": {
      checkFields("a part of merge", operation, ["op", "fields"]);
      const { fields } = operation;
      if (!isRecord(fields)) throw invalid("merge: fields must be an object");
      return (old = {}) => {
        if (!isRecord(old)) throw misfit("merge", "an object", old);
        const removed = (name: string) => Object.hasOwn(fields, name) && fields[name] === undefined;
        return Object.fromEntries(Object.entries({ ...old, ...fields }).filter(([name]) => !removed(name)));
      };
    }
    default:
      throw invalid("an update is { op: increment | append | merge, … }");
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function invalid(message: string): StateError {
  return new StateError("invalid", message);
}

function misfit(operation: string, wanted: string, value: unknown): StateError {
  const is = Array.isArray(value) ? "a list" : value === null ? "null" : `of type ${typeof value}`;
  return new StateError(
    "invalid",
    `${operation} needs ${wanted}; the stored value is ${is}. Nothing was changed`,
  );
}
