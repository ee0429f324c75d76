import ts from "typescript";
import { lineOf, parse, type SourceFile, visit } from "./sources.ts";

const longest = 300;

type Rule = (files: readonly SourceFile[]) => string[];

export const lines = (file: SourceFile): number => file.text.trimEnd().split("\n").length;

export const tooLong: Rule = (files) =>
  files.filter((file) => lines(file) > longest).map((file) => `${file.path} has ${lines(file)} lines`);

/** Inside src/ one imports from the file; only a door at its top re-exports. */
export const innerBarrels: Rule = (files) =>
  files
    .filter((file) => /^src\/.+\//.test(file.path))
    .filter((file) => {
      const { statements } = parse(file);
      return statements.length > 0 && statements.every(ts.isExportDeclaration);
    })
    .map((file) => `${file.path} only re-exports`);

export const anyTypes = rule((node) => node.kind === ts.SyntaxKind.AnyKeyword, "any");

export const doubleCasts = rule(
  (node) => isCast(node) && isCast(unwrap(node.expression)),
  "a cast of a cast hides what is not true",
);

export const silencedCompiler: Rule = (files) =>
  files
    .filter((file) => /@ts-(?:ignore|nocheck)\b/.test(file.text))
    .map((file) => `${file.path} silences the compiler`);

/** `ground/error.ts` has the one error class; misuse is a `TypeError`. */
export const bareErrors: Rule = (files) =>
  rule(
    (node) => ts.isThrowStatement(node) && makesBareError(node.expression),
    "throws a bare Error: use StateError with a code, or TypeError for misuse",
  )(files.filter((file) => !file.path.startsWith("src/ground/")));

export const emptyCatches = rule(
  (node) =>
    (ts.isCatchClause(node) && node.block.statements.length === 0) ||
    (ts.isCallExpression(node) && swallowsRejection(node)),
  "swallows an error",
);

function rule(broken: (node: ts.Node) => boolean, complaint: string): Rule {
  return (files) =>
    files.flatMap((file) => {
      const found: string[] = [];
      visit(parse(file), (node) => {
        if (broken(node)) found.push(`${lineOf(file, node)} ${complaint}`);
      });
      return found;
    });
}

const isCast = (node: ts.Node): node is ts.AssertionExpression =>
  ts.isAsExpression(node) || ts.isTypeAssertionExpression(node);

const unwrap = (node: ts.Expression): ts.Expression =>
  ts.isParenthesizedExpression(node) ? unwrap(node.expression) : node;

function makesBareError(made: ts.Expression): boolean {
  const called = ts.isNewExpression(made) || ts.isCallExpression(made) ? made.expression : undefined;
  return called !== undefined && ts.isIdentifier(called) && called.text === "Error";
}

/** `.catch(() => {})`, unless a comment between the braces gives the reason. */
function swallowsRejection(call: ts.CallExpression): boolean {
  const [handler] = call.arguments;
  if (!ts.isPropertyAccessExpression(call.expression) || call.expression.name.text !== "catch") return false;
  if (handler === undefined || !ts.isArrowFunction(handler) || !ts.isBlock(handler.body)) return false;
  return handler.body.statements.length === 0 && !/\/[/*]/.test(handler.body.getText());
}
