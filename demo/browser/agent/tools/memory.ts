import { recall, turned } from "../fact.ts";
import { type Block, plainly, type Reply, text } from "../reply.ts";
import { search } from "../search.ts";
import { count } from "../words.ts";
import type { Outcome, World } from "../world.ts";

/** Keeps a fact in the user's words. */
export function rememberFact({ facts, stepId, last }: World, fact: string | undefined): Outcome {
  if (fact === undefined || fact === "")
    return { reply: plainly("There is no result yet that I could remember.") };
  const same = facts.find((known) => known.text.toLowerCase() === fact.toLowerCase());
  if (same !== undefined) return { reply: plainly(`I know already that ${turned(fact)}.`) };
  const about = last?.about ?? [];
  return { reply: plainly(`I will remember: ${turned(fact)}.`, about), keep: { id: stepId, text: fact } };
}

/** What the user said about a subject; where that is nothing, whether the documents do. */
export function tellFacts({ facts, documents }: World, about: string): Reply {
  const known = recall(facts, about);
  if (known.length > 0) {
    const items = known.map((fact) => turned(fact.text));
    const opening = /^(?:me|us)?$/i.test(about)
      ? `You told me ${count(items.length, "thing")}:`
      : `About ${turned(about)} you told me:`;
    const blocks: Block[] = [text(opening), { kind: "list", items }];
    return { blocks, gist: items.join("; "), about: [] };
  }
  if (about === "") return plainly("You told me nothing yet. Say “remember that …”, and I will.");
  const hits = search(documents, about, 1);
  const name = hits[0]?.passage.document;
  const hint = name === undefined ? "" : ` ${name} speaks of it; ask me to find it.`;
  return plainly(`You told me nothing about ${turned(about)}.${hint}`, name === undefined ? [] : [name]);
}

export function forget({ facts }: World, about: string): Outcome {
  const meansAll = /^(?:everything|all(?: of it)?|what i (?:told|said).*)$/i.test(about);
  const gone = meansAll ? [...facts] : recall(facts, about);
  if (gone.length === 0)
    return { reply: plainly(`I know nothing about ${turned(about)} that I could forget.`) };
  const blocks: Block[] = [
    text(`I have forgotten ${count(gone.length, "thing")}:`),
    { kind: "list", items: gone.map((fact) => turned(fact.text)) },
  ];
  return { reply: { blocks, gist: `Forgotten: ${about}`, about: [] }, drop: gone.map(({ id }) => id) };
}
