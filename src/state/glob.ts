/** Patterns in which `*` stands for any characters and everything else for itself. */
export function isGlob(pattern: unknown): pattern is string {
  return typeof pattern === "string" && pattern !== "";
}

/** Compiled once; whether any of the patterns fits. */
export function globMatcher(patterns: readonly string[]): (text: string) => boolean {
  if (patterns.length === 0) return () => false;
  const escaped = patterns.map((p) =>
    p
      .split("*")
      .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"))
      .join("[^]*"),
  );
  const expression = new RegExp(`^(?:${escaped.join("|")})$`);
  return (text) => expression.test(text);
}
