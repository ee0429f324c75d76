import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { STEP_MS, within } from "./within.ts";

/**
 * A line to one tab for a browser that offers none: the page asks this server for expressions and sends back what they
 * give. Each has a server of its own, because a browser opens only a few connections to one.
 */
export interface Channel {
  /** The page's address with the channel in it; the page must import what `?channel=` names. */
  addressOf(url: string): string;
  /** An otherwise empty page on this channel. */
  readonly blank: string;
  /** Does what leads to a new page on this channel, and waits until its scripts have run. */
  meets(act?: () => unknown): Promise<void>;
  evaluate(expression: string, timeoutMs?: number): Promise<unknown>;
  /** Sends an expression after which there may be nobody to answer. */
  tell(expression: string): void;
  /** Waits until the page has said that it is being left. */
  gone(): Promise<void>;
  close(): void;
}

interface Asked {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const SCRIPT = readFileSync(new URL("./channel-page.js", import.meta.url));

export async function openChannel(): Promise<Channel> {
  const asked = new Map<number, Asked>();
  let commands: { id: number; expression: string }[] = [];
  let listening: ServerResponse | undefined;
  let met: (() => void) | undefined;
  let left: (() => void) | undefined;
  let pages = 0;
  let ids = 0;

  const server = createServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://channel");
    if (pathname === "/channel.js") reply(response, "text/javascript", SCRIPT);
    else if (pathname === "/hello") hello(response);
    else if (pathname === "/next") listen(response, Number(searchParams.get("page")));
    else if (pathname === "/answer") void answered(request, response);
    else if (pathname === "/left") leave(response);
    else reply(response, "text/html", `<!doctype html><script type="module" src="/channel.js"></script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function hello(response: ServerResponse): void {
    pages += 1;
    commands = [];
    for (const { reject } of asked.values()) reject(new Error("the page was left before it answered"));
    asked.clear();
    reply(response, "application/json", String(pages));
    met?.();
  }

  function leave(response: ServerResponse): void {
    response.end();
    left?.();
  }

  function listen(response: ServerResponse, page: number): void {
    if (page !== pages) return void response.destroy(); // of a page that was left
    listening = response;
    deliver();
  }

  function deliver(): void {
    if (listening === undefined || listening.destroyed || commands.length === 0) return;
    reply(listening, "application/json", JSON.stringify(commands));
    [listening, commands] = [undefined, []];
  }

  async function answered(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    response.end();
    const { id, value, error } = JSON.parse(text) as { id: number; value?: unknown; error?: string };
    const { resolve, reject } = asked.get(id) ?? {};
    asked.delete(id);
    if (error === undefined) resolve?.(value);
    else reject?.(new Error(error));
  }

  function tell(expression: string): number {
    commands.push({ id: ++ids, expression });
    deliver();
    return ids;
  }

  return {
    addressOf(url) {
      const address = new URL(url);
      address.searchParams.set("channel", `${base}/channel.js`);
      return address.href;
    },
    blank: `${base}/`,
    async meets(act) {
      const meeting = new Promise<void>((resolve) => {
        met = resolve;
      });
      await act?.();
      await within(STEP_MS, meeting, "a page's first word");
    },
    evaluate(expression, timeoutMs = STEP_MS) {
      const answer = new Promise((resolve, reject) => asked.set(tell(expression), { resolve, reject }));
      return within(timeoutMs, answer, `"${expression.slice(0, 60)}" in the page`);
    },
    tell: (expression) => void tell(expression),
    gone: () => within(STEP_MS, new Promise<void>((resolve) => (left = resolve)), "the end of a page"),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function reply(response: ServerResponse, type: string, body: string | Buffer): void {
  response.setHeader("content-type", type);
  response.end(body);
}
