import type { CDPSession, Page } from "playwright-core";
import { chromium as playwright } from "playwright-core";
import type { Browser, Engine, LaunchOptions, Tab } from "./engine.ts";
import { startGroup } from "./process.ts";
import { pathOf } from "./programs.ts";
import { STEP_MS, within } from "./within.ts";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-breakpad",
  "--password-store=basic",
  // Tabs that are not in front run like the one that is.
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--remote-debugging-port=0",
];

/** Chromium, started by us so that it can be killed, and driven by Playwright. */
export const chromium: Engine = {
  name: "chromium",
  async launch(profile, options = {}) {
    const group = startGroup(pathOf("chromium"), [...FLAGS, `--user-data-dir=${profile}`, "about:blank"]);
    try {
      const [, endpoint = ""] = await group.says(/DevTools listening on (ws:\/\/\S+)/);
      const connected = await playwright.connectOverCDP(endpoint, { timeout: STEP_MS });
      const context = connected.contexts()[0];
      if (context === undefined) throw new Error("Chromium has no context of its profile");
      context.setDefaultTimeout(STEP_MS);
      const browser: Browser = {
        version: connected.version(),
        async open(url) {
          const page = await within(STEP_MS, context.newPage(), "a new tab in Chromium");
          await limit(await context.newCDPSession(page), url, options);
          await page.goto(url);
          return tabOf(page);
        },
        kill: () => group.kill(),
        async close() {
          if (connected.isConnected()) {
            const session = await connected.newBrowserCDPSession();
            await session.send("Browser.close");
            await group.ended();
          }
          await group.kill();
        },
      };
      return browser;
    } catch (error) {
      await group.kill();
      throw error;
    }
  },
};

async function limit(session: CDPSession, url: string, { quotaBytes }: LaunchOptions): Promise<void> {
  if (quotaBytes === undefined) return;
  await session.send("Storage.overrideQuotaForOrigin", {
    origin: new URL(url).origin,
    quotaSize: quotaBytes,
  });
}

function tabOf(page: Page): Tab {
  return {
    async navigate(url) {
      await page.goto(url);
    },
    async reload() {
      await page.reload();
    },
    evaluate: (expression, timeoutMs = STEP_MS) =>
      within(timeoutMs, page.evaluate(expression), `"${expression.slice(0, 60)}" in Chromium`),
    close: async () =>
      page.isClosed() ? undefined : within(STEP_MS, page.close(), "the end of a tab in Chromium"),
  };
}
