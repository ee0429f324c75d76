import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const PROGRAM = `
  import { StateManager } from "keepstate";
  import { openRouted } from "keepstate/routing";
  const state = await StateManager.open();
  if (!state.has("theme")) await state.set("theme", "light");
  export const status = (await state.set("theme", "dark")).status;
  export const theme = (await openRouted()).get("theme");
  // @ts-expect-error there is no such method
  state.misspelt();
`;

/** The libraries that a page's project names as a rule: none of them declares `Symbol.dispose`. */
test.each([["lib.es2022.d.ts"], ["lib.es2023.d.ts"]])(
  "the built declarations stand with %s and a page's",
  async (lib) => {
    await mkdir(join(root, ".tmp"), { recursive: true });
    const folder = await mkdtemp(join(root, ".tmp", "declarations-"));
    try {
      const home = join(folder, "node_modules", "keepstate");
      await cp(join(root, "dist"), join(home, "dist"), { recursive: true });
      await cp(join(root, "package.json"), join(home, "package.json"));
      await writeFile(join(folder, "program.ts"), PROGRAM);
      const program = ts.createProgram([join(folder, "program.ts")], {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        lib: [lib, "lib.dom.d.ts"],
        types: [],
        strict: true,
        noEmit: true,
      });
      const found = ts.getPreEmitDiagnostics(program);
      expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
