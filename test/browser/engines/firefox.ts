import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, type Page } from "puppeteer-core";
import type { Browser, Engine, LaunchOptions, Tab } from "./engine.ts";
import { startGroup } from "./process.ts";
import { pathOf } from "./programs.ts";
import { STEP_MS, within } from "./within.ts";

/** Firefox, started by us so that it can be killed, and driven by Puppeteer over WebDriver BiDi. */
export const firefox: Engine = {
  name: "firefox",
  async launch(profile, options = {}) {
    await writeFile(join(profile, "user.js"), preferences(options));
    const group = startGroup(
      pathOf("firefox"),
      ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "about:blank"],
      { MOZ_CRASHREPORTER_DISABLE: "1", MOZ_DISABLE_CONTENT_SANDBOX: "1", HOME: profile },
    );
    try {
      const [, endpoint = ""] = await group.says(/WebDriver BiDi listening on (ws:\/\/\S+)/);
      const connected = await within(
        STEP_MS,
        connect({
          browserWSEndpoint: `${endpoint}/session`,
          protocol: "webDriverBiDi",
          protocolTimeout: 10 * STEP_MS,
          defaultViewport: null,
        }),
        "a session with Firefox",
      );
      const version = await connected.version();
      const browser: Browser = {
        version: version.replace(/^.*\//, ""),
        async open(url) {
          const page = await within(STEP_MS, connected.newPage(), "a new tab in Firefox");
          await page.goto(url, { timeout: STEP_MS });
          return tabOf(page);
        },
        kill: () => group.kill(),
        async close() {
          if (connected.connected) {
            await within(STEP_MS, connected.close(), "the end of Firefox");
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

function tabOf(page: Page): Tab {
  return {
    async navigate(url) {
      await page.goto(url, { timeout: STEP_MS });
    },
    async reload() {
      await page.reload({ timeout: STEP_MS });
    },
    evaluate: (expression, timeoutMs = STEP_MS) =>
      within(timeoutMs, page.evaluate(expression), `"${expression.slice(0, 60)}" in Firefox`),
    close: async () =>
      page.isClosed() ? undefined : within(STEP_MS, page.close(), "the end of a tab in Firefox"),
  };
}

function preferences({ quotaBytes }: LaunchOptions): string {
  const values: Record<string, boolean | number | string> = {
    "app.update.enabled": false,
    "app.normandy.enabled": false,
    "browser.shell.checkDefaultBrowser": false,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.tabs.warnOnClose": false,
    "browser.safebrowsing.downloads.enabled": false,
    "browser.safebrowsing.malware.enabled": false,
    "browser.safebrowsing.phishing.enabled": false,
    "browser.sessionstore.resume_from_crash": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "dom.disable_beforeunload": true,
    // Tabs that are not in front run like the one that is.
    "dom.min_background_timeout_value": 4,
    "dom.timeout.enable_budget_timer_throttling": false,
    "extensions.getAddons.cache.enabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "network.dns.disablePrefetch": true,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.startup.max_resumed_crashes": -1,
    "toolkit.telemetry.server": "",
    ...(quotaBytes !== undefined && {
      "dom.quotaManager.temporaryStorage.fixedLimit": Math.ceil(quotaBytes / 1024),
    }),
  };
  return Object.entries(values)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join("");
}
