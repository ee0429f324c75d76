import { nanoid } from "nanoid";
import type { Correlation } from "../ground/ports.ts";
import { isRevision, type Revision } from "../ground/revision.ts";

/**
 * Correlation ids made by the engine: `~<head revision known when made>.<nonce>.<number>`. The head in the name tells
 * a query where to begin to read, so that an id used by one commit needs no index.
 */
const GENERATED = /^(~[0-9a-v]{26}\.[\w-]{10})\.([0-9a-z]+)$/;

export function generatedId(stem: string, number: number): string {
  return `${stem}.${number.toString(36)}`;
}

/** Makes ids that no other opening of the store makes. */
export function correlationIds(): (head: Revision) => string {
  const nonce = nanoid(10);
  let stem = "";
  let stemOf: Revision | undefined;
  let made = 0;
  return (head) => {
    if (head !== stemOf) {
      stemOf = head;
      stem = `~${head}.${nonce}`;
    }
    return generatedId(stem, made++);
  };
}

/** The head known when a generated id was made; undefined for a caller's own id. */
export function headOfGeneratedId(id: string): Revision | undefined {
  const head = GENERATED.test(id) ? id.slice(1, 27) : undefined;
  return isRevision(head) ? head : undefined;
}

/** The parts of a generated id that stands alone; undefined where there is more to a correlation. */
export function splitGeneratedId(correlation: Correlation): { stem: string; number: number } | undefined {
  const id = correlation.correlationId;
  if (id.charCodeAt(0) !== 126 || correlation.causationId !== undefined) return undefined;
  if (correlation.actor !== undefined || correlation.triggeredBy !== undefined || correlation.reused)
    return undefined;
  if (correlation.recovered) return undefined;
  const [, stem, number] = GENERATED.exec(id) ?? [];
  if (stem === undefined || number === undefined) return undefined;
  const parsed = Number.parseInt(number, 36);
  return generatedId(stem, parsed) === id && Number.isSafeInteger(parsed)
    ? { stem, number: parsed }
    : undefined;
}
