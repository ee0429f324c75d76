import { describeCondition, type Figure, type Question, questionAbout, reckon } from "../figures.ts";
import { documentNamed } from "../naming.ts";
import { type Block, plainly, type Reply, text } from "../reply.ts";
import { tableOf } from "../table.ts";
import { count, formatNumber } from "../words.ts";
import type { World } from "../world.ts";
import { answer } from "./find.ts";

const WORDS = {
  sum: "total",
  average: "average",
  median: "median",
  lowest: "lowest",
  highest: "highest",
  count: "number of rows",
};

/** Reckons with the table that the question's words fit best; where none fits, it is a question like others. */
export function measureTables(world: World, words: string): Reply {
  const named = documentNamed(world.documents, words);
  const tables = world.documents.flatMap((document) => tableOf(document) ?? []);
  const inLast = world.last?.about[0];
  const fits = tables
    .flatMap((table) => questionAbout(table, words) ?? [])
    .map((question) => ({
      question,
      fit:
        question.fit +
        (question.table.document === named?.name ? 5 : question.table.document === inLast ? 0.5 : 0),
    }))
    .sort((a, b) => b.fit - a.fit);
  const question = fits[0]?.question;
  if (question === undefined) return answer(world, words);
  return report(question, reckon(question));
}

function report(question: Question, figures: readonly Figure[]): Reply {
  const { table, measure, column, by, where, leastFirst } = question;
  const about = [table.document];
  const what = column === undefined ? WORDS[measure] : `${WORDS[measure]} ${table.columns[column] ?? ""}`;
  const only =
    where.length === 0 ? "" : ` where ${where.map((one) => describeCondition(table, one)).join(" and ")}`;
  const [first] = figures;
  if (first === undefined) return plainly(`No row of ${table.document} fits${only}.`, about);
  const rows = figures.reduce((sum, figure) => sum + figure.rows, 0);
  const from = `from ${count(rows, "row")} of ${table.document}`;
  if (by === undefined) {
    const gist = `The ${what}${only} is ${formatNumber(first.value)}`;
    const blocks: Block[] = [text(`${gist}, ${from}.`)];
    if (first.from !== undefined) blocks.push(rowBlock(question, first.from.cells, first.from.line));
    return { blocks, gist, about };
  }
  const group = table.columns[by] ?? "";
  const most =
    measure === "lowest" || measure === "highest" ? what : `${leastFirst ? "lowest" : "highest"} ${what}`;
  const gist = `${first.group} has the ${most}${only}: ${formatNumber(first.value)}`;
  const blocks: Block[] = [
    text(`${gist}, ${from}.`),
    {
      kind: "table",
      caption: `${what} by ${group}${only}`,
      columns: [group, what, "rows"],
      rows: figures.map((figure) => [figure.group, formatNumber(figure.value), String(figure.rows)]),
    },
  ];
  return { blocks, gist, about };
}

function rowBlock({ table }: Question, cells: readonly string[], line: number | undefined): Block {
  const caption = line === undefined ? `The row in ${table.document}` : `Line ${line} of ${table.document}`;
  return { kind: "table", caption, columns: table.columns, rows: [cells] };
}
