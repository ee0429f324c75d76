/** The demo as a visitor has it: its own command, its own page, workerd under it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../../demo/worker/main.ts", import.meta.url));

let folder = "";
let running: { readonly child: ChildProcess; readonly address: string };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepstate-demo-worker-"));
  running = await start();
});
afterAll(async () => {
  await stop(running.child, "SIGINT");
  await rm(folder, { recursive: true, force: true });
});

/** In a process group of its own, so that a kill takes workerd along. */
function start(): Promise<{ child: ChildProcess; address: string }> {
  const child = spawn(process.execPath, ["--no-warnings", MAIN, "--port", "0", "--state", folder], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  return new Promise((resolve, reject) => {
    const read = (part: string) => {
      output += part;
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (address !== undefined) resolve({ child, address });
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    child.on("error", reject);
    child.on("close", (code) => reject(new TypeError(`the demo ended with ${code}: ${output}`)));
  });
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
    return Promise.resolve();
  process.kill(-child.pid, signal);
  return ended;
}

async function ask(path: string, init?: RequestInit): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${running.address}${path}`, init);
  return { status: response.status, body: (await response.json()) as Answer };
}

interface Answer {
  readonly reply: string;
  readonly correlationId: string;
  readonly veto?: { readonly by: string; readonly reason: string };
  readonly entries: readonly { readonly key: string; readonly value: unknown }[];
  readonly events: readonly { readonly kind: string; readonly key?: string; readonly by?: string }[];
  readonly error: { readonly code: string };
}

const post = (body: string) => ({ method: "POST", body });

async function say(agent: string, text: string): Promise<Answer> {
  const { status, body } = await ask(`/agents/${agent}/messages`, post(JSON.stringify({ text })));
  expect(status).toBe(200);
  return body;
}

const entriesOf = async (agent: string) => (await ask(`/agents/${agent}`)).body.entries;

test("it learns, answers, plans, counts and searches, and another agent knows nothing of it", async () => {
  for (const [text, reply] of [
    ["What is my deadline?", "I know nothing about “my deadline”"],
    ["My deadline is Friday", "I will remember that your deadline is Friday. That makes 1 fact."],
    ["My deadline is Monday", "Changed: your deadline is Monday now, no longer Friday."],
    ["When is my deadline?", "Your deadline is Monday."],
    ["plan launch: write the post, test the build then tell the team", "0 of 3 done"],
    ["done test the build", "1 of 3 done"],
    ["what's next?", "Next: write the post."],
    ["how many steps are left?", "3 steps, 2 of them open."],
    ["note: the build takes nine minutes", "Noted as number 1"],
    ["search build time", "note 1: the build takes nine minutes"],
    ["count 3 coffees", "0 + 3 = 3 coffees."],
    ["count coffee", "3 + 1 = 4 coffees."],
    ["forget my deadline", "Forgotten"],
  ] as const)
    expect((await say("ada", text)).reply, text).toContain(reply);
  expect((await say("bob", "how many coffees?")).reply).toContain("counted nothing");
  const keys = (await entriesOf("bob")).map(({ key }) => key);
  expect(keys).toEqual(["messages/000001"]);
});

test("messages sent at once are answered one after the other, none lost", async () => {
  await Promise.all(Array.from({ length: 20 }, () => say("crowd", "count sheep")));
  const entries = await entriesOf("crowd");
  expect(entries.find(({ key }) => key === "counts/sheep")?.value).toBe(20);
  expect(entries.filter(({ key }) => key.startsWith("messages/"))).toHaveLength(20);
});

test("a secret is vetoed, nothing of it is kept, and the timeline says by whom", async () => {
  const { veto, correlationId } = await say("eve", "my card is 4111 1111 1111 1111");
  expect(veto).toEqual({ by: "no-secrets", reason: "it contains a card number" });
  await say("eve", "4111 1111 1111 1111 is my card");
  const { body } = await ask(`/agents/eve/timeline?correlationId=${correlationId}`);
  expect(body.events).toMatchObject([{ kind: "veto", by: "no-secrets" }, { kind: "change" }]);
  const all = await (await fetch(`${running.address}/agents/eve/timeline`)).text();
  expect(all + JSON.stringify(await entriesOf("eve"))).not.toContain("4111");
});

test.each([
  ["/agents/ada/messages", post("{"), 400, "invalid"],
  ["/agents/ada/messages", post('{"text":5}'), 400, "invalid"],
  ["/agents/ada/messages", post('{"text":"  "}'), 400, "invalid"],
  ["/agents/ada/messages", post('{"text":"\\ud800"}'), 400, "invalid"],
  ["/agents/ada/messages", post(JSON.stringify({ text: "x".repeat(2_001) })), 400, "invalid"],
  ["/agents/ada/messages", post(" ".repeat(20_000)), 413, "invalid"],
  ["/agents/ada", { headers: { origin: "https://elsewhere.example" } }, 403, "forbidden"],
  ["/agents/ada/messages", { method: "DELETE" }, 405, "method_not_allowed"],
  ["/agents/a%2Fb", {}, 400, "invalid"],
  ["/agents/%E0%A4%A", {}, 400, "invalid"],
  ["/agents/ada/timeline?limit=0", {}, 400, "invalid"],
  ["/agents/ada/timeline?correlationId=", {}, 400, "invalid"],
  ["/agents/ada/watch", {}, 400, "invalid"],
  ["/agents/ada/constructor", {}, 404, "not_found"],
] as const)("%s %j is refused with a code", async (path, init, status, code) => {
  const refused = await ask(path, init);
  expect([refused.status, refused.body.error.code]).toEqual([status, code]);
});

test("the page and its parts are served, and ask for nothing from elsewhere", async () => {
  const page = await (await fetch(running.address)).text();
  const parts = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? "");
  expect(parts).toEqual(expect.arrayContaining(["/style.css", "/app.js"]));
  const texts = await Promise.all(
    parts.map(async (path) => (await fetch(`${running.address}${path}`)).text()),
  );
  expect([page, ...texts].filter((text) => /https?:\/\/(?!www\.w3\.org)/.test(text))).toEqual([]);
});

test("after a SIGKILL it remembers, and a watcher hears what it says next", async () => {
  await say("kim", "My name is Kim");
  await stop(running.child, "SIGKILL");
  running = await start();
  expect((await say("kim", "what is my name?")).reply).toBe("Your name is Kim.");

  const socket = new WebSocket(`${running.address.replace("http", "ws")}/agents/kim/watch`);
  const told = new Promise<string[]>((resolve, reject) => {
    const keys: string[] = [];
    socket.addEventListener("error", () => reject(new TypeError("the watch was refused")));
    socket.addEventListener("message", ({ data }) => {
      const { type, key } = JSON.parse(String(data)).value as { type: string; key: string };
      if (type === "watching") say("kim", "note: hello").catch(reject);
      else keys.push(key);
      if (keys.length === 2) resolve(keys.sort());
    });
  });
  expect(await told).toEqual(["messages/000003", "notes/000001"]);
  socket.close();
});
