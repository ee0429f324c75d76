"use client";

/** Hooks that draw the state, for React from 18.2 on: hold a scope, and follow its values. */
export type { EntriesOf, Source, ValuesIn } from "./react/source.ts";
export { useEntries } from "./react/use-entries.ts";
export { type ScopeResult, useScope } from "./react/use-scope.ts";
export { useStateValue } from "./react/use-state-value.ts";
export { type Status, useStatus } from "./react/use-status.ts";
