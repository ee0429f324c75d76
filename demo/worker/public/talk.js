import { byId, el, sync } from "./dom.js";

/** @typedef {{ you: string, agent: string, vetoed?: boolean }} Exchange */

/** @param {import("./agent.js").Agent} agent */
export function drawLog(agent) {
  const log = byId("log");
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const exchanges = [...agent.entries]
    .filter(([key]) => key.startsWith("messages/"))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { value }]) => ({ key, .../** @type {Exchange} */ (value) }));
  /** @type {{ key: string, you: string, agent: string, vetoed?: boolean }[]} */
  const shown =
    agent.waiting === undefined
      ? exchanges
      : [...exchanges, { key: "waiting", you: agent.waiting, agent: "" }];
  if (shown.length === 0) log.replaceChildren(intro(agent.id));
  else sync(log, shown, ({ key }) => `${agent.id} ${key}`, exchange);
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

/** @param {Exchange} exchange */
function exchange({ you, agent, vetoed }) {
  const element = el(vetoed ? "div.exchange.vetoed" : "div.exchange", el("p.you", you));
  if (agent !== "") element.append(el("p.agent", agent));
  return element;
}

/** @param {string} id */
function intro(id) {
  return el(
    "div.intro",
    el("h2", `“${id}” is an agent in a Durable Object of its own.`),
    el(
      "p",
      "Tell it facts, give it a plan, let it count and take notes. Each answer and what it changed is one commit: remembered whole or not at all.",
    ),
    el(
      "p",
      "Open this page twice, stop the Worker, start it again: it goes on where it was. Try to tell it a password, too.",
    ),
  );
}
