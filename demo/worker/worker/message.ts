const MOST_BYTES = 16 * 1024;
const MOST_LETTERS = 2_000;
/** Half a letter, which is no text. */
const LONE = /\p{Surrogate}/u;

export type Read = { readonly text: string } | { readonly status: number; readonly problem: string };

/** The body of a message, `{ "text": "…" }`, or what is wrong with it. */
export async function readMessage(request: Request): Promise<Read> {
  if (Number(request.headers.get("content-length") ?? 0) > MOST_BYTES) return tooLarge;
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MOST_BYTES) return tooLarge;
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return { status: 400, problem: "the body is not JSON" };
  }
  const text = typeof body === "object" && body !== null && "text" in body ? body.text : undefined;
  if (typeof text !== "string" || text.trim() === "" || text.length > MOST_LETTERS || LONE.test(text))
    return { status: 400, problem: `the body is { "text": "…" } with 1 to ${MOST_LETTERS} letters` };
  return { text: text.trim() };
}

const tooLarge: Read = { status: 413, problem: `a message has at most ${MOST_BYTES} bytes` };
