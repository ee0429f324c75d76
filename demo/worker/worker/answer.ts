/** Answers in JSON that nobody keeps a copy of. */
export function answer(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store", ...headers } });
}

export function failure(
  status: number,
  code: string,
  message: string,
  headers?: Record<string, string>,
): Response {
  return answer({ error: { code, message } }, status, headers);
}
