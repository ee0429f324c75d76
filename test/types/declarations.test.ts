import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const home = "/app/node_modules/keepstate/";
const files: Readonly<Record<string, string>> = {
  "/app/package.json": JSON.stringify({ type: "module" }),
  [`${home}package.json`]: JSON.stringify({
    name: "keepstate",
    type: "module",
    exports: { ".": "./src/index.ts", "./routing": "./src/routing.ts", "./testing": "./src/testing.ts" },
  }),
  "/app/program.ts": `
    import { agent, globalScope, type HookOptions, StateManager } from "keepstate";
    import { moveScopes, openRouted } from "keepstate/routing";
    import { createTestStateManager } from "keepstate/testing";
    export const state = await StateManager.open();
    export const bound = state.with({ actor: "me" });
    export const schema = { version: 1, scopes: {} } as const;
    export const typed = (await StateManager.open({ schema })).with({});
    export const forTests = (await createTestStateManager()).with({});
    export const routed = await openRouted();
    export const one = routed.storeOf(globalScope()).with({});
    export const moved = await moveScopes({ from: state, to: one, match: "agent" });
    export const researcher = agent("researcher");
    export const handle = await state.scope(researcher);
    export const result = await handle.set("k", 1);
    export const failures = result.status === "committed" ? result.afterErrors : [];
    export const entry = (await state.timeline("run")).events[0];
    export const outcome = await state.hooks.ask("before_send", {});
    export const run = (await state.executions("run"))[0]!;
    export const { context, result: answer, error } = run;
    export const [change] = answer?.changes ?? [];
    export const redact = { redact: (...[run]: Parameters<NonNullable<HookOptions["redact"]>>) => run };
    export const stream = state.events.subscribe("*");
    export const since = state.events.since();
  `,
};

/** Where a file of the program that is not in `files` lies. */
const real = (path: string) => (path.startsWith(home) ? root + path.slice(home.length) : path);

test("what a program infers from the doors has names that its declarations can say", {
  timeout: 60_000,
}, () => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
    types: [],
    strict: true,
    declaration: true,
    emitDeclarationOnly: true,
    allowImportingTsExtensions: true,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => path in files || fileExists(real(path));
  host.readFile = (path) => files[path] ?? readFile(real(path));
  host.directoryExists = () => true;
  host.realpath = (path) => path;
  const program = ts.createProgram(["/app/program.ts"], options, host);
  const source = program.getSourceFile("/app/program.ts");
  const found = [...program.getSemanticDiagnostics(source), ...program.getDeclarationDiagnostics(source)];
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "))).toEqual([]);
});
