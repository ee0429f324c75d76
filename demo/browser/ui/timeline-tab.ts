import type { Timeline } from "keepstate";
import { count } from "../agent/words.ts";
import { type ChangeView, type CommitView, commitsOf } from "../mind/history.ts";
import { type Mind, saidIn } from "../mind/mind.ts";
import { clock, h, icon, keyed } from "./dom.ts";
import type { Tab } from "./tabs.ts";

/** What happened under one correlation id, with the hooks that decided, read from the journal. */
export function timelineTab(
  mind: Mind,
  onError: (error: unknown) => void,
): Tab & { choose(run: string): void } {
  let shown: Timeline | undefined;
  let chosen: string | undefined;
  const select: HTMLSelectElement = h("select", { id: "run", change: () => choose(select.value) });
  const summary = h("p", { class: "head", role: "status" });
  const list = h("ol", { class: "commits" });
  const save = h(
    "button",
    { type: "button", click: () => shown && download(shown) },
    icon("save"),
    "Export JSON",
  );
  const body = h(
    "div",
    {},
    h("div", { class: "actions" }, h("label", { for: "run" }, "Run"), select, save),
    summary,
    list,
  );

  function choose(run: string): void {
    chosen = run;
    update();
  }
  function update(): void {
    const runs = runsOf(mind);
    const current = runs.find(([run]) => run === chosen)?.[0] ?? runs.at(-1)?.[0];
    select.replaceChildren(
      ...runs
        .map(([run, title]) => h("option", { value: run, selected: run === current }, `${run} · ${title}`))
        .reverse(),
    );
    save.disabled = current === undefined;
    select.disabled = current === undefined;
    if (current === undefined) {
      summary.textContent = "No run yet. Each request is one, and so is each time documents are added.";
      list.replaceChildren();
      return;
    }
    mind.state.timeline(current).then((timeline) => {
      shown = timeline;
      const commits = commitsOf(timeline.events);
      const changes = commits.flatMap((commit) => commit.changes);
      const vetoes = changes.filter(({ what }) => what === "veto").length;
      summary.textContent = `${count(commits.length, "commit")}, ${count(changes.length - vetoes, "change")}, ${count(vetoes, "veto", "vetoes")}, the oldest first`;
      keyed(
        list,
        commits.map((commit) => ({
          key: commit.revision,
          version: commit.changes.length,
          draw: () => drawCommit(commit),
        })),
      );
    }, onError);
  }
  return { id: "timeline", title: "Timeline", body, update, choose };
}

function runsOf(mind: Mind): [run: string, title: string][] {
  const runs = new Map<string, string>();
  for (const [, said] of saidIn(mind)) {
    if (runs.has(said.run)) continue;
    runs.set(
      said.run,
      said.who === "user" ? said.text.slice(0, 60) : said.who === "shelf" ? "documents" : "a veto",
    );
  }
  return [...runs];
}

function drawCommit({ revision, time, actor, changes }: CommitView): HTMLElement {
  return h(
    "li",
    {},
    h(
      "p",
      { class: "head" },
      h("span", { class: "time" }, clock(time)),
      actor,
      h("span", { class: "revision", title: revision }, revision.slice(0, 18)),
    ),
    ...changes.map(drawChange),
  );
}

const PREVIEW = 1200;

function drawChange({ scope, key, what, reason, value, decisions }: ChangeView): HTMLElement {
  const agreed = decisions.filter(({ result }) => result === "proceed").map(({ hook }) => hook);
  const others = decisions.filter(({ result }) => result !== "proceed");
  const title = [h("strong", {}, what), ` ${scope} `, h("code", {}, key)];
  const whole = JSON.stringify(value, null, 2) ?? "";
  const head =
    whole === ""
      ? h("p", {}, ...title, reason === undefined ? "" : `: ${reason}`)
      : h(
          "details",
          {},
          h("summary", {}, ...title),
          h("pre", { tabindex: 0, "aria-label": `New value of ${key}` }, whole.slice(0, PREVIEW)),
        );
  return h(
    "div",
    { class: `change ${what}` },
    head,
    h(
      "p",
      { class: "decisions" },
      ...others.map(({ hook, result }) => h("span", { class: `chip ${result}` }, `${hook}: ${result}`)),
      agreed.length === 0 ? undefined : h("span", { class: "agreed" }, `agreed: ${agreed.join(", ")}`),
    ),
  );
}

function download(timeline: Timeline): void {
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(timeline, null, 2)], { type: "application/json" }),
  );
  h("a", { href: url, download: `${timeline.correlationId}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
