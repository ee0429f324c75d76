import type { Document } from "./document.ts";
import { measureIn } from "./figures.ts";
import { splitSentences } from "./sentence.ts";
import type { Step } from "./step.ts";

/** Words that begin a request of its own after "and". */
const VERBS =
  "summari[sz]e|sum up|compare|total|count|list|quote|remember|forget|show|find|search|tell|what|which|who|how|where|when|average|average|open|work out|add up";
const BETWEEN = new RegExp(
  `\\s*(?:;|\\n+|,?\\s*\\b(?:and\\s+)?(?:then|after that|afterwards|finally)\\b,?|,\\s*(?:and\\s+)?(?=(?:${VERBS})\\b)|\\s+and\\s+(?=(?:${VERBS})\\b))\\s*`,
  "i",
);
const SENTENCES = 3;

/** Takes a request apart into steps. Pure: the same words with the same documents make the same plan. */
export function understand(request: string, documents: readonly Document[]): Step[] {
  const steps = clausesOf(request).flatMap((clause) => stepsOf(clause, documents));
  return steps.length === 0 ? [{ tool: "greet" }] : steps;
}

/** A fact may contain any word, so nothing inside it is taken for a second request but an explicit "then". */
export function clausesOf(request: string): string[] {
  return splitSentences(request.trim())
    .flatMap((sentence) => {
      const [before, fact] = splitAtRemember(sentence);
      const earlier = before
        .split(BETWEEN)
        .map(clean)
        .filter((clause) => clause !== "");
      return fact === undefined
        ? earlier
        : [...earlier, ...fact.split(/,?\s*\b(?:and\s+)?then\b,?\s*/i).map(clean)];
    })
    .filter((clause) => clause !== "");
}

function splitAtRemember(sentence: string): [before: string, fact: string | undefined] {
  const at = sentence.search(/\b(?:remember|note|keep in mind)\s+that\b/i);
  if (at === -1) return [sentence, undefined];
  return [sentence.slice(0, at).replace(/(?:,|\band\b|\bthen\b|\bplease\b|\s)+$/gi, ""), sentence.slice(at)];
}

function clean(clause: string): string {
  return clause
    .trim()
    .replace(/^(?:\d+[.)]|[-*•]|first|next|also|please|can you|could you|would you|and)\s*,?\s+/i, "")
    .replace(/^(?:please|can you|could you)\s+/i, "")
    .replace(/[\s.!;,]+$/, "");
}

type Reading = (match: RegExpExecArray, documents: readonly Document[], clause: string) => Step[];
const group = (match: RegExpExecArray, at = 1) => (match[at] ?? "").trim().replace(/[?.!]+$/, "");

/** Tried in this order; the first that fits decides. */
const PATTERNS: readonly (readonly [RegExp, Reading])[] = [
  [
    /^(?:remember|note|keep)\s+(?:the|this|that|its?)?\s*(?:result|answer|outcome|winner|finding|figure|it|this|that)$/i,
    () => [{ tool: "remember-result" }],
  ],
  [/^(?:remember|note|keep in mind)\s+(?:that\s+)?(.+)/i, (m) => [{ tool: "remember", fact: group(m) }]],
  [/^forget\s+(?:(?:what you know\s+)?about\s+|that\s+)?(.+)/i, (m) => [{ tool: "forget", about: group(m) }]],
  [
    /^what (?:do|did) (?:you|i) (?:know|remember|tell you|ask you to remember)(?:\s+about)?\s*(.*)/i,
    (m) => [{ tool: "recall", about: group(m) }],
  ],
  [/^(?:do you remember|recall)\s+(.+)/i, (m) => [{ tool: "recall", about: group(m) }]],
  [
    /^(?:what(?:'s|’s| is| are)|who (?:is|are)|where(?:'s| is| do)|when(?:'s| is))\s+((?:my|our)\s+.+)/i,
    (m) => [{ tool: "recall", about: group(m) }],
  ],
  [/^who am i\b/i, () => [{ tool: "recall", about: "my name" }]],
  [
    /^(?:list|show)(?:\s+me)?\s+(?:all\s+)?(?:the\s+|my\s+)?(?:documents|files)$|^(?:what|which)\s+(?:documents|files)(?:\s+(?:do you have|are there|have you read))?\??$/i,
    () => [{ tool: "list" }],
  ],
  [
    /^(?:summari[sz]e|sum up|(?:give\s+(?:me\s+)?)?(?:a\s+)?summary of)\s+(.+?)(?:\s+in\s+(\w+)\s+sentences?)?$/i,
    (m, documents) => summaries(group(m), sentencesIn(m[2]), documents),
  ],
  [
    /^(?:what is|what's|what’s)\s+(.+?)\s+about\??$/i,
    (m, documents) => summaries(group(m), SENTENCES, documents),
  ],
  [/^compare\s+(.+)/i, (m) => [{ tool: "compare", which: group(m) }]],
  [
    /^(?:what(?:'s|’s| is| are)\s+)?(?:the\s+)?differences?\s+between\s+(.+)/i,
    (m) => [{ tool: "compare", which: group(m) }],
  ],
  [
    /^(?:how (?:long|big) (?:is|are)|how many (?:words|lines|sentences) (?:are\s+)?(?:there\s+)?(?:in|has|does))\s+(.+)/i,
    (m) => [{ tool: "size", from: group(m) }],
  ],
  [
    /^(?:show|open|read)(?:\s+me)?\s+lines?\s+(\d+)(?:\s*(?:-|–|to)\s*(\d+))?\s+(?:of|in|from)\s+(.+)/i,
    (m) => [{ tool: "lines", first: Number(m[1]), last: Number(m[2] ?? m[1]), from: group(m, 3) }],
  ],
  [
    /^quote\s+(.+?)\s+(?:on|about|regarding)\s+(.+)/i,
    (m) => [{ tool: "quote", from: group(m), subject: group(m, 2) }],
  ],
  [
    /^(?:where|which documents?|who|how often)\b.*?\b(?:mentions?|mentioned|says?|appears?|occurs?)\b\s*(.*)/i,
    (m, _, clause) => [{ tool: "mentions", phrase: bare(group(m) || subjectOf(clause)) }],
  ],
  [
    /^(?:find|search(?:\s+for)?|look (?:for|up)|quote)\s+(.+)/i,
    (m) => [{ tool: "answer", question: group(m) }],
  ],
  [/^(?:hi|hello|hey|help|good (?:morning|evening)|what can you do)\b/i, () => [{ tool: "greet" }]],
];

function stepsOf(clause: string, documents: readonly Document[]): Step[] {
  for (const [pattern, reading] of PATTERNS) {
    const match = pattern.exec(clause);
    if (match !== null) return reading(match, documents, clause);
  }
  return [
    measureIn(clause) === undefined
      ? { tool: "answer", question: clause }
      : { tool: "measure", question: clause },
  ];
}

/** "each document" is one step for each that there is now. */
function summaries(from: string, sentences: number, documents: readonly Document[]): Step[] {
  const meansAll = /^(?:each|every|all|both)\b|^(?:everything|the documents|my documents)$/i.test(from);
  if (!meansAll || documents.length === 0) return [{ tool: "summarise", from, sentences }];
  return documents.map(({ name }) => ({ tool: "summarise", from: name, sentences }));
}

const NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight"];

function sentencesIn(word: string | undefined): number {
  if (word === undefined) return SENTENCES;
  const wanted = Number(word) || NUMBERS.indexOf(word.toLowerCase()) + 1;
  return Math.min(Math.max(wanted || SENTENCES, 1), 8);
}

/** A subject without its article and quotation marks. */
const bare = (phrase: string) => phrase.replace(/^(?:the|an?)\s+/i, "").replace(/^["“]|["”]$/g, "");

/** "where is X mentioned" has its subject in the middle. */
function subjectOf(clause: string): string {
  const middle =
    /(?:is|are|was|does|do|often)\s+(.+?)\s+(?:mention|say|appear|occur)/i.exec(clause)?.[1] ?? clause;
  return middle.replace(/^(?:is|are|does|do)\s+/i, "");
}
