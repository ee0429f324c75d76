/** The name of a DOMException, which in old browsers is no Error; empty where there is none. */
export function nameOf(error: unknown): string {
  return typeof error === "object" && error !== null && "name" in error ? String(error.name) : "";
}
