/** One step into a value: a property's name, an index, or a place in a Map or Set. */
export type PathStep = string | number | CollectionStep;

/** A place in a Map or Set: `key` and `element` by position, `value` by its key where that is a primitive. */
interface CollectionStep {
  readonly part: "key" | "value" | "element";
  readonly index: number;
  readonly key?: unknown;
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const SHOWN_STEPS = 16;
const SHOWN_NAME = 64;

/** The path as one would write it in code, such as `plan.steps[2].run`. The middle of a very long one is left out. */
export function formatPath(root: string, steps: readonly PathStep[]): string {
  if (steps.length <= SHOWN_STEPS) return root + steps.map(formatStep).join("");
  const half = SHOWN_STEPS / 2;
  return `${root}${steps.slice(0, half).map(formatStep).join("")}…${steps.slice(-half).map(formatStep).join("")}`;
}

function formatStep(step: PathStep): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "string") return IDENTIFIER.test(step) ? `.${step}` : `[${quote(step)}]`;
  if (step.part === "key") return `.keys()[${step.index}]`;
  if (step.part === "element") return `.values()[${step.index}]`;
  switch (typeof step.key) {
    case "string":
      return `.get(${quote(step.key)})`;
    case "number":
    case "boolean":
    case "undefined":
      return `.get(${step.key})`;
    case "bigint":
      return `.get(${step.key}n)`;
    default:
      return step.key === null ? ".get(null)" : `.values()[${step.index}]`;
  }
}

function quote(name: string): string {
  return JSON.stringify(name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name);
}
