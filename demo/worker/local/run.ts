import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./port.ts";

export interface Options {
  /** Undefined: the usual one, if it is free. */
  readonly port: number | undefined;
  readonly state: string;
}

const FOLDER = fileURLToPath(new URL("..", import.meta.url));
const WRANGLER = fileURLToPath(new URL("../../../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const USUAL_PORT = 8787;
/** Of wrangler's output, what a reader needs; the rest is its own affair. */
const WORTH_TELLING = /error|warn|✘|▲|│|╵/i;
/** A build that fails is waited for, as long as it takes somebody to mend it. */
const TROUBLE = /✘|\[ERROR\]/;

/** Runs `wrangler dev` until it ends, or this program is asked to. Resolves with the exit code. */
export async function run({ port: wanted, state }: Options): Promise<number> {
  const port = await freePort(wanted ?? USUAL_PORT);
  if (wanted !== undefined && wanted !== 0 && port !== wanted) {
    console.error(`Port ${wanted} is taken. Choose another: npm run demo:worker -- --port ${port}`);
    return 1;
  }
  const child = spawn(
    process.execPath,
    [
      ...["--no-warnings", WRANGLER, "dev", "--local", "--ip", "127.0.0.1", "--port", String(port)],
      ...["--inspector-port", "0", "--persist-to", resolve(state), "--show-interactive-dev-session=false"],
    ],
    {
      cwd: FOLDER,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1", NO_COLOR: "1", FORCE_COLOR: "0" },
    },
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child.kill(signal));

  let log = "";
  let isReady = false;
  const read = (part: string) => {
    log += part;
    if (isReady || TROUBLE.test(part)) {
      const lines = part.split("\n").filter((line) => WORTH_TELLING.test(line));
      if (lines.length > 0) console.error(lines.join("\n"));
    }
    if (!isReady && log.includes("Ready on")) {
      isReady = true;
      console.log(
        `The agents are at http://127.0.0.1:${port}/ (open it twice; Ctrl-C stops the Worker, the state stays)`,
      );
    }
  };
  child.stdout.setEncoding("utf8").on("data", read);
  child.stderr.setEncoding("utf8").on("data", read);
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => {
      if (!isReady && !TROUBLE.test(log)) console.error(log);
      done(isReady && signal !== null ? 0 : (code ?? 1));
    });
  });
}
