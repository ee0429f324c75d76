/** The page: one agent at a time, its talk, its entries and its timeline, all drawn from what the object tells. */
import { openAgent } from "./agent.js";
import { byId } from "./dom.js";
import { drawState } from "./state-view.js";
import { drawLog } from "./talk.js";
import { drawTimeline } from "./timeline-view.js";

const SAMPLES = [
  "My name is Ada",
  "plan launch: write the post, test the build, tell the team",
  "done 1",
  "note: the build takes nine minutes",
  "search build",
  "count 3 coffees",
  "my password is hunter2",
  "What do you know?",
];

const picker = byId("agent", HTMLInputElement);
const say = byId("say", HTMLTextAreaElement);
const composer = byId("composer", HTMLFormElement);
const problem = byId("problem");
const main = document.querySelector("main");

/** @type {import("./agent.js").Agent | undefined} */
let agent;
let isDrawing = false;

/** @param {string} id */
function open(id) {
  agent?.close();
  picker.value = id;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  showProblem(undefined);
  agent = openAgent(id, draw);
  draw();
}

/** However much comes at once, it is drawn once. */
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    if (agent === undefined) return;
    const link = byId("link");
    link.textContent = agent.status;
    link.toggleAttribute("data-live", agent.isLive);
    drawLog(agent);
    drawState(agent);
    drawTimeline(agent);
  });
}

/** @param {string | undefined} text */
function showProblem(text) {
  problem.hidden = text === undefined;
  problem.textContent = text ?? "";
}

/** @param {string} text */
async function send(text) {
  const to = agent;
  if (to === undefined || text.trim() === "") return;
  say.value = "";
  show("talk");
  showProblem(undefined);
  try {
    await to.say(text);
  } catch (error) {
    if (say.value === "") say.value = text;
    showProblem(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} view */
function show(view) {
  if (main === null) return;
  main.dataset["view"] = view;
  for (const button of document.querySelectorAll("nav button"))
    button.setAttribute("aria-current", String(button.getAttribute("data-view") === view));
  toEnd();
}

function toEnd() {
  const log = byId("log");
  log.scrollTop = log.scrollHeight;
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  void send(say.value);
});
say.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
byId("pick", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  open(picker.value.trim() || "ada");
});
for (const button of document.querySelectorAll("nav button"))
  button.addEventListener("click", () => show(button.getAttribute("data-view") ?? "talk"));
for (const text of SAMPLES) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text.length > 34 ? `${text.slice(0, 32)}…` : text;
  button.addEventListener("click", () => void send(text));
  const item = document.createElement("li");
  item.append(button);
  byId("samples").append(item);
}

addEventListener("resize", toEnd);
show("talk");
let first = "ada";
try {
  first = decodeURIComponent(location.hash.slice(1)) || first;
} catch {
  // An address that somebody mistyped; the first agent will do.
}
open(first);
