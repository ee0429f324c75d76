import { makeDocument } from "../agent/document.ts";
import { ask } from "../mind/ask.ts";
import { documentsOf, type Mind, newRun } from "../mind/mind.ts";
import { runner } from "../mind/runner.ts";
import { addDocuments, forgetEverything, removeDocument } from "../mind/shelf.ts";
import { drawComposer } from "./composer.ts";
import { documentsTab } from "./documents-tab.ts";
import { h } from "./dom.ts";
import { acceptDrops, readFiles } from "./drop.ts";
import { eraseAndReload, reloadWhenErased } from "./erase.ts";
import { eventsTab } from "./events-tab.ts";
import { drawForgetDialog } from "./forget.ts";
import { drawHeader } from "./header.ts";
import { drawIntro, drawSuggestions } from "./intro.ts";
import { drawLog } from "./log.ts";
import { drawPanel } from "./panel.ts";
import { drawProgress } from "./progress.ts";
import { stateTab } from "./state-tab.ts";
import { drawTabs } from "./tabs.ts";
import { timelineTab } from "./timeline-tab.ts";

/** Long enough to see a step, and to crash in the middle of it. */
const STEP_MS = 900;
const LOCK = "keepstate-librarian/plans";

/** Puts the page together and lets the agent work. All that is shown comes from the state. */
export async function startApp(root: HTMLElement, mind: Mind, database: string): Promise<void> {
  const notice = h("p", { class: "notice", role: "alert" });
  const onError = (error: unknown) => {
    notice.textContent = error instanceof Error ? error.message : String(error);
  };
  const trying = (work: Promise<unknown>) => void work.catch(onError);

  const addFiles = (files: readonly File[]) => {
    notice.textContent = "";
    trying(readFiles(files, (reason) => onError(reason)).then((documents) => addDocuments(mind, documents)));
  };
  const addPasted = (text: string) => {
    const names = new Set(documentsOf(mind).map(({ name }) => name));
    let number = 1;
    while (names.has(`pasted-${number}.txt`)) number += 1;
    trying(addDocuments(mind, [makeDocument(`pasted-${number}.txt`, text)]));
  };
  const loadSamples = () =>
    trying(import("../samples/samples.ts").then(({ SAMPLES }) => addDocuments(mind, SAMPLES)));

  const plans = runner(mind, {
    exclusively: (work) => ("locks" in navigator ? navigator.locks.request(LOCK, work) : work()),
    pause: () => new Promise((resolve) => setTimeout(resolve, STEP_MS)),
    onError,
  });
  async function send(text: string): Promise<boolean> {
    notice.textContent = "";
    try {
      return (await ask(mind, text, newRun())).status === "committed";
    } catch (error) {
      onError(error);
      return false;
    }
  }

  const composer = drawComposer({ send, addFiles, addPasted });
  const dialog = drawForgetDialog(
    () => trying(forgetEverything(mind)),
    () => trying(eraseAndReload(mind.state, database, stop)),
  );
  const timeline = timelineTab(mind, onError);
  const showRun = (run: string) => {
    timeline.choose(run);
    tabs.show("timeline");
    panel.open();
  };
  const tabs = drawTabs("What is inside", [
    documentsTab(mind, {
      pick: composer.pick,
      samples: loadSamples,
      remove: (name) => trying(removeDocument(mind, name)),
      forget: () => dialog.showModal(),
    }),
    stateTab(mind),
    eventsTab(mind, showRun, () => update()),
    timeline,
  ]);
  const log = drawLog(mind, drawIntro(loadSamples, composer.pick), { showRun });
  const suggestions = drawSuggestions(mind, composer.suggest);
  const progress = drawProgress(mind, () => location.reload());
  const main = h(
    "main",
    { class: "talk" },
    log.element,
    notice,
    h("div", { class: "shelf-row" }, suggestions.element, progress.element),
    composer.element,
  );
  const header = drawHeader(mind);
  const panel = drawPanel(tabs, [main, header.element]);
  header.element.append(panel.button);
  panel.apply();
  const veil = acceptDrops(addFiles, addPasted);

  // What comes in one turn, such as the changes of a commit, is drawn once.
  let isDue = false;
  let isOver = false;
  function stop(): void {
    isOver = true;
  }
  function update(): void {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      if (isOver) return;
      log.update();
      suggestions.update();
      progress.update();
      header.update();
      tabs.update();
    });
  }
  mind.state.events.on("state.changed", ({ data }) => {
    update();
    if (data.scope === "workflow:plans") plans.wake();
  });
  reloadWhenErased(mind.state, stop);
  root.replaceChildren(header.element, main, panel.shade, panel.element, veil, dialog);
  update();
  plans.wake();
}
