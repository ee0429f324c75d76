import { type Import, importsOf, type SourceFile } from "./sources.ts";

/** Who may import whom. A file imports from its own layer and from the layers below, straight from the file. */
const layers: readonly (readonly string[])[] = [
  ["ground"],
  ["store"],
  ["journal"],
  ["state", "hooks", "events", "state-manager.ts", "open.ts", "options.ts", "internal.ts"],
  [
    "history",
    "replay",
    "migrations",
    "backup",
    "agents",
    "sessions",
    "security",
    "monitor",
    "config",
    // Several open stores behind one face: what it needs of them is the public face and internal.ts.
    "routing",
    "testing",
  ],
  ["react", "edge", "cli", "inspector"],
];

/** Files directly in src/ that only say what a subpath exports. */
const doors = ["index", "adapter", ...layers.slice(4).flat()].map((name) => `src/${name}.ts`);

/** A layer-4 part uses no other one, except where a line here gives the reason. */
const partsUsingParts: Readonly<Record<string, readonly string[]>> = {
  // A fixture of an agent is the record that agents make, and its store is the public face.
  testing: ["agents"],
};

/** What a layer-5 part uses besides doors: the edge is one adapter's server, with alarms for what has expired. */
const beyondDoors: Readonly<Record<string, readonly string[]>> = {
  edge: ["adapters/durable-object/index.ts", "src/internal.ts"],
};

/** The run-time surface of layer 3 for layer 4. */
const publicFace = [
  "src/index.ts",
  "src/state-manager.ts",
  "src/open.ts",
  "src/options.ts",
  "src/internal.ts",
];

/** The storage side: what ships in keepstate/testing works below the state. */
const testingMayUse = ["ground", "store", "journal"];

const packagesOfCore = ["superjson", "nanoid"];

const packagesOfPart: Readonly<Record<string, readonly string[]>> = {
  // Adapters by the package's own doors, so that bundlers choose by export conditions, and load one at a time.
  config: ["zod", "keepstate/adapters"],
  react: ["react"],
  edge: ["cloudflare:"],
  cli: ["node:"],
  inspector: ["node:"],
};

const packagesOfAdapter: Readonly<Record<string, readonly string[]>> = {
  filesystem: ["node:"],
  indexeddb: ["idb"],
  localforage: ["localforage"],
  level: ["abstract-level", "classic-level"],
};

export function layerViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const complaint = whyMisplaced(file.path);
    if (complaint !== undefined) return [`${file.path} ${complaint}`];
    return importsOf(file).flatMap((one) => {
      const why = whyForbidden(file.path, one);
      return why === undefined ? [] : [`${file.path} imports "${one.specifier}": ${why}`];
    });
  });
}

function whyMisplaced(path: string): string | undefined {
  if (!path.startsWith("src/") || doors.includes(path)) return undefined;
  return layerOf(path) === undefined ? "belongs to no layer" : undefined;
}

/** `src/state/lane.ts` → `state`, `src/open.ts` → `open.ts`, `adapters/memory/index.ts` → `memory`. */
function partOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function layerOf(path: string): number | undefined {
  const at = layers.findIndex((layer) => layer.includes(partOf(path)));
  return at === -1 ? undefined : at;
}

function whyForbidden(from: string, one: Import): string | undefined {
  if (one.target === undefined) return whyPackageForbidden(from, one.specifier);
  if (from.startsWith("adapters/")) return whyForbiddenToAdapter(from, one.target);
  if (from.startsWith("src/")) return whyForbiddenToSource(from, one.target, one.typeOnly);
  return undefined;
}

function whyForbiddenToAdapter(from: string, to: string): string | undefined {
  const own = to.startsWith(`adapters/${partOf(from)}/`);
  if (own || to.startsWith("adapters/shared/") || to === "src/adapter.ts") return undefined;
  return "an adapter uses src/adapter.ts, adapters/shared and its own folder";
}

function whyForbiddenToSource(from: string, to: string, typeOnly: boolean): string | undefined {
  if (beyondDoors[partOf(from)]?.includes(to)) return undefined;
  if (!to.startsWith("src/")) {
    const defaultStorage = from === "src/index.ts" && to === "adapters/memory/index.ts";
    return defaultStorage ? undefined : "src/ knows no adapter (src/index.ts names the default, memory)";
  }
  if (doors.includes(from)) return undefined;
  const layer = layerOf(from);
  if (layer === 5) {
    const fine = doors.includes(to) || partOf(to) === partOf(from);
    return fine || beyondDoors[partOf(from)]?.includes(to) ? undefined : "layer 5 imports doors only";
  }
  if (layer === 4) return whyForbiddenToPart(partOf(from), to, typeOnly);
  if (doors.includes(to)) return "a door is for the outside: import the file itself";
  if ((layerOf(to) ?? 9) > (layer ?? -1)) return "imports go downward";
  return undefined;
}

function whyForbiddenToPart(part: string, to: string, typeOnly: boolean): string | undefined {
  const other = partOf(to);
  if (other === part || publicFace.includes(to) || other === "ground") return undefined;
  if (part === "testing" && testingMayUse.includes(other)) return undefined;
  if (other === "store" && typeOnly) return undefined;
  if (partsUsingParts[part]?.includes(other)) return undefined;
  return "a layer-4 part uses the public face, internal.ts, ground, and types of store";
}

function whyPackageForbidden(from: string, specifier: string): string | undefined {
  const allowed = from.startsWith("adapters/")
    ? (packagesOfAdapter[partOf(from)] ?? [])
    : from.startsWith("src/")
      ? [...packagesOfCore, ...(packagesOfPart[partOf(from)] ?? [])]
      : undefined;
  if (allowed === undefined) return undefined;
  const fits = (name: string) =>
    name.endsWith(":") ? specifier.startsWith(name) : specifier === name || specifier.startsWith(`${name}/`);
  return allowed.some(fits) ? undefined : "this package is not allowed here";
}

/** Each cycle once, run-time and type imports alike, written as `a → b → a`. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map((file) => [file.path, importsOf(file).flatMap((one) => one.target ?? [])] as const),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const trail: string[] = [];
  const follow = (path: string) => {
    const at = trail.indexOf(path);
    if (at !== -1) cycles.push([...trail.slice(at), path].join(" → "));
    if (at !== -1 || done.has(path)) return;
    trail.push(path);
    for (const next of edges.get(path) ?? []) follow(next);
    trail.pop();
    done.add(path);
  };
  for (const file of files) follow(file.path);
  return cycles;
}
