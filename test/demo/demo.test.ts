import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { agent, custom, StateManager } from "keepstate";
import { filesystem } from "keepstate/adapters/filesystem";
import { describe, expect, test } from "vitest";
import { readArguments, UsageError } from "../../demo/node/arguments.ts";
import { ADDRESS, demo, SECRET, workshop } from "./run.ts";

/** More starts than documents: each run finishes at least one before it is killed. */
const MOST_STARTS = 14;
const RUNS_SLOWLY = 120_000;

/** What the state and the journal hold in the end. */
async function holds(path: string) {
  await using state = await StateManager.open({ storage: filesystem({ path: join(path, "store") }) });
  const reader = await state.scope(agent("reader"));
  const index = await state.scope(custom("index"));
  const runs = reader.get("runs") as string[];
  const timelines = await Promise.all(runs.map((run) => state.timeline(run)));
  const events = timelines.flatMap((timeline) => timeline.events);
  const changes = events.filter((event) => event.kind === "change");
  return {
    runs,
    notes: reader.entries().filter(([key]) => key.startsWith("note:")),
    index: index.entries().sort(([a], [b]) => (a < b ? -1 : 1)),
    handled: changes.filter(({ key }) => key.startsWith("note:")).map(({ key }) => key.slice(5)),
    cursors: changes.filter(({ key }) => key === "cursor").map(({ newValue }) => newValue),
    vetoes: events.filter((event) => event.kind === "veto"),
    modified: changes.flatMap(({ key, runs: of }) =>
      of.filter(({ context, result }) => context.key === key && result?.kind === "modify"),
    ),
    journal: JSON.stringify(events),
    bytes: await readFile(join(path, "store", "log"), "latin1"),
  };
}

async function undisturbed(docs: string, path: string) {
  const ended = await demo(["--state", path, "--docs", docs, "--pace", "0"]);
  expect(ended).toMatchObject({ code: 0, err: "" });
  return holds(path);
}

describe("the demo's agent", { timeout: RUNS_SLOWLY }, () => {
  test("keeps no secret and no address, and its journal says why", async () => {
    await using at = await workshop();
    const { handled, vetoes, modified, journal, bytes, notes } = await undisturbed(at.docs, at.state("s"));
    expect(handled).toEqual(at.names);
    expect(vetoes).toMatchObject([
      { key: "note:d.md", by: "no-secrets", reason: "contains an AWS access key" },
    ]);
    expect(modified).toMatchObject([{ hookId: "no-emails", context: { key: "note:f.md" } }]);
    expect(Object.fromEntries(notes)).toMatchObject({
      "note:d.md": { outcome: "withheld", by: "no-secrets" },
      "note:f.md": { outcome: "read", addressesRemoved: 1 },
    });
    for (const text of [SECRET, ADDRESS]) {
      expect(journal).not.toContain(text);
      expect(bytes).not.toContain(text);
    }
  });

  test("killed after every second document, goes on and ends as if nothing had been", async () => {
    await using at = await workshop();
    const expected = await undisturbed(at.docs, at.state("calm"));
    const args = ["--state", at.state("killed"), "--docs", at.docs, "--pace", "0", "--crash-after", "2"];
    for (let done = 0; done < at.names.length; done += 2) {
      const ended = await demo(args);
      expect(ended.out).toContain(`document ${done + 1} of ${at.names.length}`);
      expect(ended.signal).toBe(done + 2 < at.names.length ? "SIGKILL" : null);
    }
    const { runs, handled, index, notes, vetoes } = await holds(at.state("killed"));
    expect(runs).toHaveLength(5);
    expect(handled).toEqual(at.names);
    expect({ index, notes }).toEqual({ index: expected.index, notes: expected.notes });
    expect(vetoes).toHaveLength(1);
  });

  test("killed from outside at any moment, repeats nothing and loses nothing", async () => {
    await using at = await workshop();
    const expected = await undisturbed(at.docs, at.state("calm"));
    const state = at.state("killed");
    const delays = Array.from({ length: MOST_STARTS }, () => Math.random() * 25);
    console.log(
      `kills so many milliseconds after a document: ${delays.map((ms) => ms.toFixed(1)).join(" ")}`,
    );
    let starts = 0;
    let kills = 0;
    let acknowledged = 0;
    for (let isDone = false; !isDone && starts < MOST_STARTS; starts++) {
      const delay = delays[starts] ?? 0;
      const ended = await demo(["--state", state, "--docs", at.docs, "--pace", "20"], (line, kill) => {
        const done = Number(/^ +(\d+)\/10 /.exec(line)?.[1] ?? 0);
        if (done === acknowledged + 1) setTimeout(kill, delay, "SIGKILL");
        acknowledged = Math.max(acknowledged, done);
      });
      isDone = ended.code === 0;
      if (!isDone) expect(ended).toMatchObject({ signal: "SIGKILL", err: "" });
      kills += isDone ? 0 : 1;
    }
    const { handled, index, notes, cursors } = await holds(state);
    console.log(`killed ${kills} times`);
    expect(kills).toBeGreaterThan(0);
    expect(handled).toEqual(at.names);
    expect(cursors).toEqual(at.names.map((_, done) => done + 1));
    expect({ index, notes }).toEqual({ index: expected.index, notes: expected.notes });
  });

  test("stopped by Ctrl-C, finishes its step and can go on", async () => {
    await using at = await workshop();
    const args = ["--state", at.state("s"), "--docs", at.docs, "--pace", "200"];
    const ended = await demo(args, (line, kill) => {
      if (/^ +3\/10 /.test(line)) kill("SIGINT");
    });
    expect(ended).toMatchObject({ code: 130, err: "" });
    expect(ended.out).toContain("Stopped after document 3");
    const resumed = await demo([...args.slice(0, -1), "0"]);
    expect(resumed.out).toContain("run-2 goes on with document 4 of 10");
    expect((await holds(at.state("s"))).handled).toEqual(at.names);
  });

  test("prints a run's timeline as a table", async () => {
    await using at = await workshop();
    await undisturbed(at.docs, at.state("s"));
    const { out, code } = await demo(["--state", at.state("s"), "--timeline"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^time +scope +key +change +decided by$/m);
    expect(out).toMatch(/agent:reader +note:d\.md +not stored +no-secrets: VETO$/m);
    expect(out).toMatch(/agent:reader +note:f\.md +\d+ words +no-emails: modify$/m);
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("tells of a document that is gone, and goes on", async () => {
    await using at = await workshop();
    const args = ["--state", at.state("s"), "--docs", at.docs, "--pace", "0"];
    expect((await demo([...args, "--crash-after", "2"])).signal).toBe("SIGKILL");
    await rm(join(at.docs, "e.md"));
    const { out, code } = await demo(args);
    expect(code).toBe(0);
    expect(out).toMatch(/5\/10 +missing e\.md: ENOENT/);
    expect((await holds(at.state("s"))).handled).toEqual(at.names);
  });
});

describe("the demo refuses", { timeout: RUNS_SLOWLY }, () => {
  test.each([
    [["--crash-after", "0"], '--crash-after needs a whole number from 1 on, not "0"'],
    [["--crash-after"], "--crash-after <value>"],
    [["--pace", "fast"], '--pace needs a whole number from 0 to 60000, not "fast"'],
    [["--speed", "9"], "Unknown option '--speed'"],
    [["run"], "Unexpected argument 'run'"],
    [["--state", ""], "--state needs a folder"],
    [["--timeline", "--fresh"], "--fresh does not go with it"],
  ])("%j", (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
    expect(() => readArguments(args)).toThrow(UsageError);
  });

  test("folders that are not there, leaves nothing behind and exits with 2", async () => {
    await using at = await workshop();
    const missing = at.state("missing");
    for (const args of [
      ["--docs", at.state("nowhere"), "--state", missing],
      ["--timeline", "--state", missing],
    ]) {
      const { code, err, out } = await demo(args);
      expect(err).toMatch(/^Not understood: .*(cannot be read|there is no state)/);
      expect(err).toContain("--help");
      expect({ code, out }).toEqual({ code: 2, out: "" });
    }
    expect(existsSync(missing)).toBe(false);
  });

  test("a folder that is not its own, and leaves it alone", async () => {
    await using at = await workshop();
    const foreign = at.state("foreign");
    await mkdir(join(foreign, "store"), { recursive: true });
    const { code, err } = await demo(["--state", foreign, "--fresh"]);
    expect(code).toBe(2);
    expect(err).toContain("was not made by this demo");
    expect(existsSync(join(foreign, "store"))).toBe(true);
  });
});
