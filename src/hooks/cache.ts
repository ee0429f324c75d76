import type { HookSubject, ValueText } from "./hook.ts";
import type { HookResult } from "./result.ts";

/** The longest text of a value that is remembered, and how much all of a hook's may take, in UTF-16 units. */
const MAX_TEXT = 16_384;
const MAX_TOTAL = 1_048_576;
const MAX_ANSWERS = 4096;

interface Answer {
  readonly operation: string;
  readonly value: ValueText;
  readonly result: HookResult;
  readonly until: number;
}

/**
 * The answers that one hook asked to have remembered. Values are compared by their whole text, not by a digest, so that
 * nobody can make a value that passes on the answer given to another. The last answer for each scope and key is kept.
 */
export interface AnswerCache {
  /** `now` and `until` are of one clock that measures durations. */
  find(subject: HookSubject, value: () => ValueText | undefined, now: number): HookResult | undefined;
  keep(subject: HookSubject, value: ValueText | undefined, result: HookResult, until: number): void;
}

export function answerCache(): AnswerCache {
  const answers = new Map<string, Answer>();
  let total = 0;

  function drop(place: string, answer: Answer): void {
    answers.delete(place);
    total -= answer.value.text.length;
  }

  return {
    find(subject, value, now) {
      if (answers.size === 0) return undefined;
      const place = placeOf(subject);
      const answer = answers.get(place);
      if (answer === undefined) return undefined;
      if (answer.until <= now) {
        drop(place, answer);
        return undefined;
      }
      if (answer.operation !== subject.operation) return undefined;
      const asked = value();
      return asked !== undefined && isSame(answer.value, asked) ? answer.result : undefined;
    },
    keep(subject, value, result, until) {
      const place = placeOf(subject);
      const old = answers.get(place);
      if (old !== undefined) drop(place, old);
      if (value === undefined || value.parts.length > 0 || value.text.length > MAX_TEXT) return;
      answers.set(place, { operation: subject.operation, value, result, until });
      total += value.text.length;
      for (const [oldest, answer] of answers) {
        if (total <= MAX_TOTAL && answers.size <= MAX_ANSWERS) break;
        drop(oldest, answer);
      }
    },
  };
}

function isSame(a: ValueText, b: ValueText): boolean {
  return a.text === b.text && a.format === b.format && b.parts.length === 0;
}

/** Injective: the length says where the scope ends. */
function placeOf({ scopeText = "", key = "" }: HookSubject): string {
  return `${scopeText.length}:${scopeText}${key}`;
}
