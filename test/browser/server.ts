import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bundlePages } from "./bundle.ts";
import { STEP_MS, within } from "./engines/within.ts";

/** Serves bundled pages on loopback and listens to what they say. Its origin, and so what pages store, is its own. */
export interface PageServer {
  /** The address of a page that runs a bundle of that name. */
  page(bundle: string): string;
  /** What pages told, in the order of arrival. A page that tells waits until it is here. */
  readonly told: readonly unknown[];
  /** Waits until something is told that fits, now or before. */
  hears(fits: (told: unknown) => boolean, what: string): Promise<void>;
  /** Errors that pages did not catch. */
  readonly failures: readonly string[];
  /** Waits until a page has stopped at `hold`. */
  holds(): Promise<void>;
  /** Lets all pages that were stopped go on. */
  release(): void;
  close(): void;
}

const FAILED = "failed";

/** Failures are told first of all; the channel is for browsers that cannot be driven otherwise. */
const html = (
  bundle: string,
) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>${bundle}</title>
<script>
const tell = (text) => navigator.sendBeacon("/${FAILED}", text);
addEventListener("error", (event) => tell(event.message));
addEventListener("unhandledrejection", ({ reason }) => tell("rejected: " + reason + " " + (reason?.code ?? "")));
const channel = new URL(location.href).searchParams.get("channel");
if (channel !== null) import(channel);
</script>
<script type="module" src="/bundle/${bundle}.js"></script>`;

export async function servePages(bundles: readonly string[]): Promise<PageServer> {
  const files = await bundlePages(bundles);
  const told: unknown[] = [];
  const failures: string[] = [];
  const held = new Set<ServerResponse>();
  const waiting = new Set<() => void>();

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, kind, name = ""] = new URL(request.url ?? "/", origin).pathname.split("/");
    response.setHeader("cache-control", "no-store");
    if (kind === "page") send(response, "text/html", html(name));
    else if (kind === "bundle") send(response, "text/javascript", files.get(name));
    else if (kind === "hold") held.add(response);
    else if (kind === "told") told.push(JSON.parse(await bodyOf(request)));
    else if (kind === FAILED) failures.push(await bodyOf(request));
    else send(response, "text/plain", undefined);
    if (kind === "told" || kind === FAILED) response.end();
    for (const look of [...waiting]) look();
  }

  function until(isTrue: () => boolean, what: string): Promise<void> {
    const happened = new Promise<void>((resolve) => {
      const look = () => {
        if (!isTrue()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
    return within(2 * STEP_MS, happened, what);
  }

  return {
    page: (bundle) => `${origin}/page/${bundle}`,
    told,
    hears: (fits, what) => until(() => told.some(fits), what),
    failures,
    holds: () => until(() => held.size > 0, "a page that holds"),
    release() {
      for (const response of held) response.end();
      held.clear();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

function send(response: ServerResponse, type: string, body: string | Uint8Array | undefined): void {
  response.statusCode = body === undefined ? 404 : 200;
  response.setHeader("content-type", `${type}; charset=utf-8`);
  response.end(body);
}
