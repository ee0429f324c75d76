import { plainly, type Reply } from "../reply.ts";
import type { World } from "../world.ts";

/** What to say where a name leads nowhere. */
export function notFound({ documents }: World, phrase: string): Reply {
  if (documents.length === 0)
    return plainly("I have no documents yet. Drop some onto the page, paste a text, or load the samples.");
  const names = documents.map(({ name }) => name).join(", ");
  return plainly(`I have no document that “${phrase}” could mean. I have ${names}.`);
}
