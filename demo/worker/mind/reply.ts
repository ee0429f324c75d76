import { count, howMany } from "./counting.ts";
import { forget, greet, learn, recall, tellAll } from "./facts.ts";
import { type Memory, type Reply, said } from "./memory.ts";
import { note, search } from "./notes.ts";
import { add, makePlan, mark, showPlan } from "./plan.ts";

type Answer = (memory: Memory, ...parts: string[]) => Reply | undefined;

/** The first rule that fits and has an answer decides. The order matters: what is special stands above what is general. */
const RULES: readonly (readonly [pattern: RegExp, answer: Answer])[] = [
  [/^(?:help|\?|what can you do)$/i, () => help],
  [/^(?:hello|hi|hey|good (?:morning|day|evening)|thanks|thank you)\b/i, greet],
  [/^note(?: that|:)?\s+(.+)$/is, note],
  [/^(?:search|find|look up)(?: for|:)?\s+(.+)$/is, search],
  [/^(?:make a )?plan(?: for| to|:)?\s+([^:]+):\s*(.+)$/is, makePlan],
  [
    /^(?:show (?:me )?)?(?:the |my |your )?(?:plan|steps|to-?do(?:s| list)?|what(?:'s| is)? next|next)$/i,
    showPlan,
  ],
  [/^add(?: step| a step|:)?\s+(.+)$/is, add],
  [
    /^(?:done|finished|completed|tick)(?: with|:)?\s+(?:step |number |#)?(.+)$/is,
    (m, what) => mark(m, what, true),
  ],
  [/^(?:reopen|undo|untick)\s+(?:step |number |#)?(.+)$/is, (m, what) => mark(m, what, false)],
  [/^count\s+(?:(-?\d{1,9})\s+)?(.+?)(?:\s+(-?\d{1,9}))?$/is, count],
  [/^how (?:many|much)\s+(.+?)(?:\s+(?:are|is|do|did|have|were|was)\b.*)?$/is, howMany],
  [/^forget(?: about| that)?\s+(.+)$/is, forget],
  [/^(?:what do you (?:know|remember)(?: about me)?|tell me everything|facts|who am i)$/i, tellAll],
  [/^what do you know about\s+(.+)$/is, recall],
  [/^(?:what|who|where|when|how|which)(?: is|'s| are| was| were)\s+(.+)$/is, recall],
  [/^(?:do you (?:know|remember))\s+(.+)$/is, recall],
  [/^(?:please )?(?:remember|know)(?: that|:)?\s+(.+)$/is, (m, sentence) => learn(m, sentence)],
];

const help = said(
  [
    "Tell me facts, and ask for them: “my deadline is Friday”, “when is my deadline?”",
    "Give me a plan: “plan launch: write the post, test the build, tell the team”, then “done 1”, “add a step”, “next”.",
    "I keep notes and search them: “note: the build takes nine minutes”, “search build”.",
    "I count: “count 3 coffees”, “how many coffees?”",
  ].join("\n"),
);

/** Answers by rules; what it says is computed from the memory, and it changes nothing itself. */
export function reply(message: string, memory: Memory): Reply {
  const text = message.trim().replace(/[.!?\s]+$/u, "") || message.trim();
  for (const [pattern, answer] of RULES) {
    const match = pattern.exec(text);
    const found = match === null ? undefined : answer(memory, ...match.slice(1));
    if (found !== undefined) return found;
  }
  return (
    learn(memory, text) ?? (/\?\s*$/.test(message) ? recall(memory, text) : undefined) ?? guess(memory, text)
  );
}

/** Nothing fits: whatever the notes and facts have to do with it is better than nothing. */
function guess(memory: Memory, text: string): Reply {
  const found = search(memory, text);
  if (found.text.startsWith("Nothing")) return said(`I do not understand “${shorten(text)}”. ${help.text}`);
  return said(`I am not sure what to do with that. ${found.text}`);
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
