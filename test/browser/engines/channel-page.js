// Runs in the page: takes expressions from the channel that served this file, and sends back what they give.
const at = (path) => new URL(path, import.meta.url);
const send = (path, body) => fetch(at(path), { method: "POST", body: JSON.stringify(body) });

async function answer({ id, expression }) {
  let outcome;
  try {
    // Made anew, so that it runs in the global scope.
    outcome = { id, value: await new Function(`return (${expression});`)() };
  } catch (error) {
    outcome = { id, error: `${error?.name}: ${error?.message ?? error}` };
  }
  await send("answer", outcome);
}

/** A request that is cut off: the page is being left, or nobody listens any more. */
function cutOff(error) {
  console.info(error);
}

addEventListener("pagehide", () => navigator.sendBeacon(at("left")));
if (document.readyState !== "complete") {
  await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
}
const page = await (await send("hello", {})).json();
let isOpen = true;
while (isOpen) {
  try {
    const next = await fetch(at(`next?page=${page}`));
    for (const command of await next.json()) answer(command).catch(cutOff);
  } catch (error) {
    isOpen = false;
    cutOff(error);
  }
}
