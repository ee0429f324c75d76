import type { Step } from "./step.ts";
import { answer, mentions, quoteFrom } from "./tools/find.ts";
import { measureTables } from "./tools/measure.ts";
import { forget, rememberFact, tellFacts } from "./tools/memory.ts";
import { compareDocuments, greet, linesOf, listDocuments, sizeOf, summariseOne } from "./tools/read.ts";
import type { Outcome, World } from "./world.ts";

/** Does one step. Pure: what it came to depends on the step and the world alone. */
export function perform(step: Step, world: World): Outcome {
  const { reply, ...changes } = outcomeOf(step, world);
  const { gist, about, blocks } = reply;
  // The short part first: it is what one sees of a reply in a list of values.
  return { reply: { gist, about, blocks }, ...changes };
}

function outcomeOf(step: Step, world: World): Outcome {
  switch (step.tool) {
    case "greet":
      return { reply: greet(world) };
    case "list":
      return { reply: listDocuments(world) };
    case "answer":
      return { reply: answer(world, step.question) };
    case "mentions":
      return { reply: mentions(world, step.phrase) };
    case "quote":
      return { reply: quoteFrom(world, step.from, step.subject) };
    case "lines":
      return { reply: linesOf(world, step.from, step.first, step.last) };
    case "summarise":
      return { reply: summariseOne(world, step.from, step.sentences) };
    case "compare":
      return { reply: compareDocuments(world, step.which) };
    case "measure":
      return { reply: measureTables(world, step.question) };
    case "size":
      return { reply: sizeOf(world, step.from) };
    case "remember":
      return rememberFact(world, step.fact);
    case "remember-result":
      return rememberFact(world, world.last?.gist);
    case "recall":
      return { reply: tellFacts(world, step.about) };
    case "forget":
      return forget(world, step.about);
  }
}
