import { entriesOf, type Fact, keyOf, type Memory, type Reply, said } from "./memory.ts";
import { likeness, plural, wordsOf } from "./words.ts";

const SENTENCE =
  /^(.{1,120}?)\s+(is|are|was|were|lives? in|works? (?:at|as|on)|likes?|loves?|prefers?|hates?|has|have)\s+(.+)$/is;
const QUESTION = /^(?:what|who|where|when|why|how|which|do|does|did|is|are|can|could)\b/i;

/** “X is Y”, from either side of the talk. Undefined for what is no such sentence. */
export function learn(memory: Memory, sentence: string): Reply | undefined {
  const [, left = "", verb = "", right = ""] = SENTENCE.exec(sentence) ?? [];
  if (left === "" || QUESTION.test(left)) return undefined;
  const relation = /^(?:is|are|was|were)$/i.test(verb) ? "" : ` ${verb.toLowerCase()}`;
  const fact: Fact = { subject: `${subjectOf(left)}${relation}`, value: right.trim() };
  const key = keyOf("facts", fact.subject);
  const known = memory.get(key) as Fact | undefined; // the mind alone writes facts
  if (known?.value === fact.value) return said(`I knew that ${clauseOf(fact)}.`);
  if (known !== undefined)
    return said(`Changed: ${clauseOf(fact)} now, no longer ${known.value}.`, { key, value: fact });
  const total = entriesOf(memory, "facts").length + 1;
  const text = `I will remember that ${clauseOf(fact)}. That makes ${plural(total, "fact")}.`;
  return said(text, { key, value: fact });
}

/** What it knows about a subject, or the nearest it knows. */
export function recall(memory: Memory, asked: string): Reply {
  const subject = subjectOf(asked);
  const facts = entriesOf<Fact>(memory, "facts").map(([, fact]) => fact);
  const exact = facts.filter((fact) => keyOf("facts", fact.subject) === keyOf("facts", subject));
  if (exact.length > 0) return said(exact.map(sentenceOf).join("\n"));
  const near = facts
    .map((fact) => ({ fact, score: likeness(subject, `${fact.subject} ${fact.value}`) }))
    .filter(({ score }) => score >= 0.5)
    .sort((a, b) => b.score - a.score);
  if (near.length > 0)
    return said(
      near
        .slice(0, 4)
        .map(({ fact }) => sentenceOf(fact))
        .join("\n"),
    );
  return said(
    facts.length === 0
      ? `I know nothing about “${subject}”. You have told me no facts yet.`
      : `I know nothing about “${subject}”. Of ${plural(facts.length, "fact")}, the last that comes to mind: ${facts.slice(-3).map(sentenceOf).join(" ")}`,
  );
}

/** By name, if it was told one. */
export function greet(memory: Memory): Reply {
  const name = memory.get(keyOf("facts", "my name")) as Fact | undefined; // the mind alone writes facts
  const [facts, notes, talks] = (["facts", "notes", "messages"] as const).map(
    (kind) => entriesOf(memory, kind).length,
  );
  const who = name === undefined ? "Hello. I do not know your name yet" : `Hello, ${name.value}`;
  return said(
    `${who}. This is message ${(talks ?? 0) + 1}; I remember ${plural(facts ?? 0, "fact")} and ${plural(notes ?? 0, "note")}.`,
  );
}

export function forget(memory: Memory, asked: string): Reply {
  const key = keyOf("facts", subjectOf(asked));
  const known = memory.get(key) as Fact | undefined; // the mind alone writes facts
  if (known === undefined)
    return said(`There is nothing to forget: I know nothing about “${subjectOf(asked)}”.`);
  return said(`Forgotten: ${sentenceOf(known)} The timeline still shows that I knew it.`, { key });
}

export function tellAll(memory: Memory): Reply {
  const facts = entriesOf<Fact>(memory, "facts");
  if (facts.length === 0) return said("Nothing yet. Tell me something, such as “my deadline is Friday”.");
  return said(
    [`I know ${plural(facts.length, "fact")}:`, ...facts.map(([, fact]) => `• ${sentenceOf(fact)}`)].join(
      "\n",
    ),
  );
}

/** “My deadline” and “your deadline” are the same thing, seen from two sides. */
function subjectOf(text: string): string {
  const plain = text.replace(/[“”"]/g, "").replace(/\s+/g, " ").trim();
  const subject = plain.replace(/^(?:the|an?)\s+/i, "").replace(/^(?:my|your)\s+/i, "my ");
  return wordsOf(subject).length === 0 ? plain : subject;
}

function spoken(subject: string): string {
  return subject.replace(/^my /, "your ").replace(/^i\b/i, "you");
}

function is(subject: string): string {
  if (HAS_VERB.test(subject)) return "";
  return /^(?:i|we|you)$/i.test(subject) || /[^s]s$/.test(subject) ? " are" : " is";
}

const HAS_VERB = / (?:lives?|works?|likes?|loves?|prefers?|hates?|has|have)\b/;

function clauseOf({ subject, value }: Fact): string {
  return `${spoken(subject)}${is(subject)} ${value}`;
}

function sentenceOf(fact: Fact): string {
  const text = clauseOf(fact);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
