/** `npm run demo:worker`: the Worker on this machine's workerd, without an account. `-- --port 8800` takes another port. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run } from "./local/run.ts";

const HELP = `Agents in Durable Objects, on this machine.

  npm run demo:worker -- OPTIONS

  --port N      the port on 127.0.0.1 (default: 8787, or a free one if that is taken)
  --state DIR   where the agents keep their state (default: demo/worker/.state)
  --help        this text`;

const { values } = parseArgs({
  options: { port: { type: "string" }, state: { type: "string" }, help: { type: "boolean" } },
});
const port = values.port === undefined ? undefined : Number(values.port);
if (values.help) {
  console.log(HELP);
} else if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
  console.error(`"${values.port}" is no port; take a number from 0 (any free one) to 65535`);
  process.exitCode = 2;
} else {
  const state = values.state ?? fileURLToPath(new URL(".state", import.meta.url));
  process.exitCode = await run({ port, state });
}
