import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { makeDocument, passagesOf } from "../../demo/browser/agent/document.ts";
import { type Fact, turned } from "../../demo/browser/agent/fact.ts";
import { perform } from "../../demo/browser/agent/perform.ts";
import type { Block, Reply } from "../../demo/browser/agent/reply.ts";
import { search } from "../../demo/browser/agent/search.ts";
import { splitSentences } from "../../demo/browser/agent/sentence.ts";
import { describeStep } from "../../demo/browser/agent/step.ts";
import { keywords, summarise } from "../../demo/browser/agent/summary.ts";
import { numberOf, tableOf } from "../../demo/browser/agent/table.ts";
import { clausesOf, understand } from "../../demo/browser/agent/understand.ts";
import { stem } from "../../demo/browser/agent/words.ts";

const sample = (name: string) =>
  makeDocument(name, readFileSync(new URL(`../../demo/browser/samples/${name}`, import.meta.url), "utf8"));
const HARBOUR = sample("proposal-harbour.md");
const SPENDING = sample("spending.csv");
const DOCUMENTS = [
  HARBOUR,
  sample("proposal-orchard.md"),
  SPENDING,
  sample("meeting-notes.md"),
  sample("members.json"),
];

/** Says it all and gives the replies, with facts kept from one to the next. */
function talk(...requests: string[]): Reply[] {
  let facts: Fact[] = [];
  const replies: Reply[] = [];
  for (const step of requests.flatMap((request) => understand(request, DOCUMENTS))) {
    const stepId = String(replies.length);
    const {
      reply,
      keep,
      drop = [],
    } = perform(step, { documents: DOCUMENTS, facts, last: replies.at(-1), stepId });
    facts = [...facts, ...(keep === undefined ? [] : [keep])].filter(({ id }) => !drop.includes(id));
    replies.push(reply);
  }
  return replies;
}
const say = (request: string) => talk(request)[0] ?? expect.fail("no reply");
const partOf = <K extends Block["kind"]>({ blocks }: Reply, kind: K) =>
  blocks.filter((block): block is Extract<Block, { kind: K }> => block.kind === kind);
const quotesOf = (reply: Reply) => partOf(reply, "quotes").flatMap(({ quotes }) => quotes);
const rowsOf = (reply: Reply) => partOf(reply, "table").flatMap(({ rows }) => rows);

describe("search", () => {
  test("puts the passage first that holds the rarer words, and says where it begins", () => {
    const [first, ...others] = search(DOCUMENTS, "insurance against a flood");
    expect(first?.passage).toMatchObject({ document: "proposal-harbour.md", line: 22 });
    expect(first?.found).toEqual(["insuranc", "flood"]);
    for (const { score } of others) expect(score).toBeLessThan(first?.score ?? 0);
  });
  test("a rare word outweighs a frequent one, and a short passage a long one", () => {
    const filler = Array.from({ length: 30 }, (_, at) => `The common word again, ${at}.`).join("\n\n");
    const text = `${filler}\n\nA heron.\n\nA heron and then many, many further things that make this passage rather long and dull.`;
    const hits = search([makeDocument("a.txt", text)], "common heron", 40).map(({ passage }) => passage.text);
    expect(hits[0]).toBe("A heron.");
    expect(hits[1]).toMatch(/^A heron and/);
  });
  test("quoted words must stand there as they are", () => {
    expect(search(DOCUMENTS, '"green to read"').map(({ passage }) => passage.document)).toEqual([
      "proposal-orchard.md",
    ]);
    expect(search(DOCUMENTS, '"read to green"')).toEqual([]);
  });
  test("a quote is what the document says at its line, with the found words marked", () => {
    for (const { document, line, text, marks } of quotesOf(say("Where is the ferry?"))) {
      const source = DOCUMENTS.find(({ name }) => name === document)?.text.split("\n")[line - 1] ?? "";
      expect(text).toContain(source.slice(0, 30).trim());
      expect(marks.map(([from, to]) => text.slice(from, to))).toContain("ferry");
    }
  });
  test.each([
    ["Who is the treasurer?", "members.json", 6],
    ["Lift inspection", "spending.csv", 17],
    ["when will the committee choose", "meeting-notes.md", 7],
  ])("%s", (question, document, line) => {
    expect(quotesOf(say(question))[0]).toMatchObject({ document, line });
  });
  test("what nobody speaks of is not invented", () => {
    expect(say("Who won the football match?").gist).toMatch(/^Nothing in 5 documents/);
    expect(say("When does the nightly import run?").blocks[0]).toMatchObject({
      text: expect.stringContaining("“import”"),
    });
  });
});

describe("summaries", () => {
  test("are sentences of the document, in its order, and none about the same twice", () => {
    const text =
      "Boats leak. Boats leak often when boats are old and boats are wet. Boats leak often when boats are old and wet.\n\nThe crew of nine sails to the northern islands in June.";
    const chosen = summarise(makeDocument("a.txt", text), 2);
    expect(chosen.map((sentence) => sentence.text)).toEqual([
      "Boats leak often when boats are old and boats are wet.",
      "The crew of nine sails to the northern islands in June.",
    ]);
  });
  test("as many sentences as were asked for", () => {
    expect(quotesOf(say("Summarise the harbour in two sentences"))).toHaveLength(2);
    expect(quotesOf(say("Summarise the harbour in 5 sentences"))).toHaveLength(5);
  });
  test("of a table, its columns reckoned", () => {
    expect(rowsOf(say("Summarise spending.csv"))).toContainEqual([
      "cost",
      "960 to 18,650",
      "total 81,230, average 5,076.88",
    ]);
  });
  test("keywords are what a text repeats, not what all texts do", () => {
    expect(keywords(HARBOUR, 3)).toContain("shed");
    expect(keywords(HARBOUR, 10)).not.toContain("the");
  });
});

describe("figures", () => {
  test.each([
    ["What is the total cost?", "The total cost is 81,230"],
    ["total cost in Bergen", "The total cost where city is Bergen is 52,880"],
    ["How much did Events spend in Oslo?", "The total cost where team is Events and city is Oslo is 4,475"],
    ["average hours by team", "Events has the highest average hours: 56"],
    ["which team has the lowest total cost", "Events has the lowest total cost: 13,105"],
    ["what is the cheapest item in Oslo", "The lowest cost where city is Oslo is 1,240"],
    ["most expensive item", "The highest cost is 18,650"],
    ["how many rows in spending where cost is over 5,000", "The number of rows where cost above 5,000 is 6"],
    ["average years by branch", "Oslo has the highest average years: 8"],
    ["median of the hours in spending", "The median hours is 34.5"],
  ])("%s", (question, gist) => {
    expect(say(question).gist).toBe(gist);
  });
  test("a group's figures are those of its rows", () => {
    expect(rowsOf(say("total the cost by team"))).toEqual([
      ["Lending", "27,990", "4"],
      ["Building", "21,370", "4"],
      ["Digital", "18,765", "4"],
      ["Events", "13,105", "4"],
    ]);
  });
  test("tables are read from CSV with quotes, from JSON and from Markdown", () => {
    const csv = tableOf(makeDocument("a.csv", 'name;note\n"Ada; L";"said ""no"""\nBo;"two\nlines"\n'));
    expect(csv?.rows.map(({ cells, line }) => [...cells, line])).toEqual([
      ["Ada; L", 'said "no"', 2],
      ["Bo", "two\nlines", 3],
    ]);
    expect(tableOf(makeDocument("a.json", '{"all":[{"a":1},{"a":2,"b":"x"}]}'))?.columns).toEqual(["a", "b"]);
    const markdown = tableOf(makeDocument("a.md", "# T\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nend"));
    expect(markdown).toMatchObject({ columns: ["a", "b"], rows: [{ cells: ["1", "2"], line: 5 }] });
  });
  test.each([
    ["1,200", 1200],
    ["€ 3.50", 3.5],
    ["12 %", 12],
    ["-4", -4],
    ["2024-01-02", undefined],
    ["", undefined],
    ["1,2", undefined],
  ])("%s is %s", (cell, value) => expect(numberOf(cell)).toBe(value));
});

describe("comparing", () => {
  test("sets what both state side by side, with the difference", () => {
    expect(rowsOf(say("Compare the two proposals"))).toEqual(
      expect.arrayContaining([
        ["Price", "€184,000", "€121,500", "−62,500"],
        ["Duration", "14 weeks", "9 weeks", "−5"],
        ["Opening", "March", "May", "differs"],
      ]),
    );
  });
  test("names the words that only one of them has", () => {
    const items = partOf(say("What is the difference between harbour and orchard?"), "list").flatMap(
      (list) => list.items,
    );
    expect(items.find((item) => item.startsWith("Only proposal-harbour.md"))).toContain("shed");
    expect(items.find((item) => item.startsWith("Only proposal-orchard.md"))).toContain("pavilion");
  });
  test("says what is missing", () => {
    expect(say("Compare the harbour").gist).toMatch(/only proposal-harbour\.md/);
    expect(say("Compare apples and pears").gist).toMatch(/no document/);
  });
});

describe("memory", () => {
  test("keeps, tells back, and forgets", () => {
    const replies = talk(
      "Remember that my name is Ada",
      "remember that I like the orchard",
      "What is my name?",
      "forget my name",
      "What do you know about me?",
    );
    expect(replies[2]?.gist).toBe("your name is Ada");
    expect(replies[4]?.gist).toBe("you like the orchard");
  });
  test("takes what the user said into an answer", () => {
    const [, reply] = talk("remember that the harbour has my favourite café", "Where is the café?");
    expect(reply?.gist).toBe("the harbour has your favourite café");
  });
  test("remembers the result of the step before", () => {
    const [total, kept, known] = talk(
      "what is the total cost then remember the result then what do you know",
    );
    expect(kept?.gist).toContain(total?.gist);
    expect(known?.gist).toBe(total?.gist);
  });
  test("turns words around", () =>
    expect(turned("I told you that my keys are mine")).toBe("you told I that your keys are yours"));
});

describe("plans", () => {
  test("a compound request is taken apart, one step for each document", () => {
    const steps = understand(
      "Summarise each document, then total the cost by team, then compare the two proposals and remember the result",
      DOCUMENTS,
    );
    expect(steps.map(({ tool }) => tool)).toEqual([
      ...DOCUMENTS.map(() => "summarise"),
      "measure",
      "compare",
      "remember-result",
    ]);
  });
  test.each([
    ["compare harbour and orchard", ["compare harbour and orchard"]],
    ["remember that I like tea and count sheep", ["remember that I like tea and count sheep"]],
    ["1. list documents\n2. find the roof", ["list documents", "find the roof"]],
    ["Please summarise it; after that, show lines 1-2 of it.", ["summarise it", "show lines 1-2 of it"]],
  ])("%s", (request, clauses) => expect(clausesOf(request)).toEqual(clauses));
  test("“it” is the document that was spoken of last", () => {
    const [, reply] = talk("summarise the meeting notes then how long is it");
    expect(reply?.gist).toMatch(/^meeting-notes\.md has/);
  });
  test("each step can be said in words", () => {
    const steps = understand(
      "hello. list documents. quote the harbour on rain. show lines 1-2 of it. how long is it",
      DOCUMENTS,
    );
    expect(new Set(steps.map(describeStep)).size).toBe(steps.length);
  });
});

describe("texts", () => {
  test("sentences do not end at abbreviations", () => {
    expect(splitSentences("Ask Dr. Holt, e.g. on Monday. Then go! Why?")).toEqual([
      "Ask Dr. Holt, e.g. on Monday.",
      "Then go!",
      "Why?",
    ]);
  });
  test("endings do not keep words apart", () => {
    expect(["costs", "costing", "cost"].map(stem)).toEqual(["cost", "cost", "cost"]);
    expect([stem("compared"), stem("libraries")]).toEqual([stem("compare"), stem("library")]);
  });
  test("passages know their heading and line; JSON on one line is laid out", () => {
    expect(passagesOf(HARBOUR).find(({ text }) => text.startsWith("The roof"))).toMatchObject({
      line: 22,
      heading: "Risks",
    });
    const json = makeDocument("a.json", '{"plan":{"step":2,"who":"Ada"}}');
    expect(passagesOf(json)).toEqual([
      { document: "a.json", line: 3, text: "step: 2 · who: Ada", heading: undefined },
    ]);
  });
  test("a kind is told by the name, else by the look", () => {
    const kinds = ["a.csv", "a.md", "a.log"].map((name) => makeDocument(name, "x,y\n1,2\n3,4").kind);
    expect(kinds).toEqual(["csv", "markdown", "text"]);
    const looks = ["x,y\n1,2\n3,4", "# T\n\nSo, then.", "[1]", "One, two.\nThree.\nFour, five."];
    expect(looks.map((text) => makeDocument("pasted-1.txt", text).kind)).toEqual([
      "csv",
      "markdown",
      "json",
      "text",
    ]);
  });
  test("odd texts do no harm", () => {
    for (const text of ["", "\n\n", "…", "|---|", '{"a":', '"', "a".repeat(5000), "\u{1F600}".repeat(50)]) {
      for (const name of ["a.md", "a.csv", "a.json", "a.txt"]) {
        const documents = [makeDocument(name, text)];
        for (const request of [
          text || "x",
          "summarise a",
          "list documents",
          "how long is a",
          "total a by b",
          "find a",
        ]) {
          for (const step of understand(request, documents)) {
            const { reply } = perform(step, { documents, facts: [], last: undefined, stepId: "1" });
            expect(reply.blocks.length).toBeGreaterThan(0);
          }
        }
      }
    }
  });
});
