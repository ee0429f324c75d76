import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished } from "vitest";
import { engines } from "./engines/all.ts";
import type { Browser, Engine, LaunchOptions, Tab } from "./engines/engine.ts";
import type { RawApi } from "./pages/raw.ts";
import type { Failure, PageApi, Reply } from "./pages/state.ts";
import { type PageServer, servePages } from "./server.ts";

/** What a page rejected with. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly code: string | undefined;
  readonly retryable: boolean | undefined;
  constructor({ name, message, code, retryable }: Failure) {
    super(`${name}: ${message}`);
    this.code = code;
    this.retryable = retryable;
  }
}

type Asked<Api, K extends keyof Api> = Api[K] extends (...args: infer A) => infer R
  ? { args: A; result: Awaited<R> }
  : never;

/** A tab with the page of `pages/state.ts`. */
interface StateTab extends Tab {
  ask<K extends keyof PageApi>(
    name: K,
    ...args: Asked<PageApi, K>["args"]
  ): Promise<Asked<PageApi, K>["result"]>;
}

/** A tab with the page of `pages/raw.ts`. */
interface RawTab extends Tab {
  ask<K extends keyof RawApi>(
    name: K,
    ...args: Asked<RawApi, K>["args"]
  ): Promise<Asked<RawApi, K>["result"]>;
}

/** One origin, for one test. All of it is gone when the test ends. */
export interface World {
  readonly server: PageServer;
  tab(): Promise<StateTab>;
  raw(): Promise<RawTab>;
}

/** One browser, with a profile that is its own. */
export interface Session {
  world(): Promise<World>;
  /** Kills the browser with all its processes and starts it again on the same profile. */
  killAndRestart(): Promise<void>;
  end(): Promise<void>;
}

/** `KEEPSTATE_THOROUGH=1`: everything in full numbers, however long it takes. */
export const THOROUGH = process.env["KEEPSTATE_THOROUGH"] === "1";

/** How long a page may take for what it is asked, in milliseconds: far more than it needs. */
export const ASKED_MS = THOROUGH ? 1_200_000 : 60_000;

/** Runs the tests that `body` makes in each of the browsers, side by side with nobody: one browser for all of them. */
export function inEachBrowser(
  body: (world: () => Promise<World>, engine: Engine) => void,
  some: readonly Engine[] = engines,
): void {
  describe.each(some)("$name", (engine) => {
    let session: Session | undefined;
    beforeAll(async () => {
      session = await startSession(engine);
    });
    afterAll(() => session?.end());
    body(() => {
      if (session === undefined) throw new TypeError("the browser did not start");
      return session.world();
    }, engine);
  });
}

/** A browser for one test alone. */
export async function ownSession(engine: Engine, options?: LaunchOptions): Promise<Session> {
  const session = await startSession(engine, options);
  onTestFinished(() => session.end());
  return session;
}

async function startSession(engine: Engine, options?: LaunchOptions): Promise<Session> {
  const profile = await mkdtemp(join(tmpdir(), `keepstate-${engine.name}-`));
  let browser: Browser = await engine.launch(profile, options);
  return {
    world: () => startWorld(() => browser),
    async killAndRestart() {
      await browser.kill();
      browser = await engine.launch(profile, options);
    },
    async end() {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function startWorld(browser: () => Browser): Promise<World> {
  const server = await servePages(["state", "raw"]);
  const tabs: { readonly tab: Tab; readonly of: Browser }[] = [];
  onTestFinished(async () => {
    server.release();
    for (const { tab, of } of tabs) if (of === browser()) await tab.close();
    server.close();
    expect(server.failures, "errors that no page caught").toEqual([]);
  });

  async function open(page: string): Promise<Tab> {
    const of = browser();
    const tab = await of.open(server.page(page));
    tabs.push({ tab, of });
    return tab;
  }

  return {
    server,
    async tab() {
      const tab = await open("state");
      return {
        ...tab,
        async ask(name, ...args) {
          const question = `page.call(${JSON.stringify(name)}, ${JSON.stringify(args)})`;
          const reply = (await tab.evaluate(question, ASKED_MS)) as Reply; // what `call` returns
          if ("error" in reply) throw new PageError(reply.error);
          return reply.value as never; // what the method of that name returns, by way of JSON
        },
      };
    },
    async raw() {
      const tab = await open("raw");
      return {
        ...tab,
        ask: async (name, ...args) =>
          (await tab.evaluate(`raw.${name}(...${JSON.stringify(args)})`, ASKED_MS)) as never, // as above
      };
    },
  };
}
