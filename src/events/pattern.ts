import { StateError } from "../ground/error.ts";
import { checkName } from "../ground/name.ts";

/**
 * Whether an event type fits `pattern`: words joined by ".", where `*` is any one word and `**` at the end any number of
 * them, also none. `*` alone fits every type. All else is taken literally. Throws `invalid` for any other use of `*` and
 * for empty words, because such a pattern would never fit.
 *
 * @example
 * matcher("state.*")("state.changed") === true
 */
export function matcher(pattern: string): (type: string) => boolean {
  const words = checkName(pattern, "event pattern").split(".");
  const takesRest = words.at(-1) === "**" || pattern === "*";
  const fixed = takesRest ? words.slice(0, -1) : words;
  for (const word of fixed) {
    if (word === "" || (word !== "*" && word.includes("*"))) throw refused(pattern);
  }
  if (takesRest && fixed.length === 0) return () => true;
  if (!takesRest && !fixed.includes("*")) return (type) => type === pattern;
  return (type) => {
    const parts = type.split(".");
    if (takesRest ? parts.length < fixed.length : parts.length !== fixed.length) return false;
    return fixed.every((word, i) => word === "*" || word === parts[i]);
  };
}

function refused(pattern: string): StateError {
  const message = `event pattern "${pattern}": "*" stands for one whole word and "**" for the rest; no word is empty`;
  return new StateError("invalid", message);
}
