import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Channel, openChannel } from "./channel.ts";
import { startDisplay } from "./display.ts";
import type { Browser, Engine, Tab } from "./engine.ts";
import { startGroup } from "./process.ts";
import { pathOf } from "./programs.ts";

/**
 * WebKitGTK's own small browser. Under WebDriver it keeps everything in memory, IndexedDB too, so nothing could be
 * restarted and SQLite, where pages' data lies, would never be tried. So it runs as a user's browser does, with its data
 * on disk, and pages are driven through a channel.
 */
export const webkit: Engine = {
  name: "webkit",
  async launch(profile) {
    const program = pathOf("webkit");
    const folders = { XDG_DATA_HOME: "data", XDG_CACHE_HOME: "cache", XDG_CONFIG_HOME: "config" };
    const env: Record<string, string> = { HOME: profile, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" };
    for (const [name, folder] of Object.entries(folders)) {
      env[name] = join(profile, folder);
      await mkdir(join(profile, folder), { recursive: true });
    }
    const [control, display] = await Promise.all([openChannel(), startDisplay()]);
    const channels = new Set([control]);
    const group = startGroup(program, ["--javascript-can-open-windows-automatically=true", control.blank], {
      ...env,
      DISPLAY: display.name,
      NO_AT_BRIDGE: "1",
      GSETTINGS_BACKEND: "memory",
    });
    let ending: Promise<void> | undefined;
    const end = async () => {
      await group.kill();
      await display.end();
      for (const channel of channels) channel.close();
    };
    const kill = () => {
      ending ??= end();
      return ending;
    };
    try {
      await group.while(control.meets());
      const browser: Browser = {
        version: String(await control.evaluate("navigator.userAgent.match(/Version\\/(\\S+)/)[1]")),
        async open(url) {
          const channel = await openChannel();
          channels.add(channel);
          const address = JSON.stringify(channel.addressOf(url));
          // Without an opener the tab gets a process of its own.
          await channel.meets(() => control.evaluate(`void window.open(${address}, "_blank", "noopener")`));
          return tabOf(channel, () => channels.delete(channel));
        },
        kill,
        close: kill,
      };
      return browser;
    } catch (error) {
      await kill();
      throw error;
    }
  },
};

function tabOf(channel: Channel, onClose: () => void): Tab {
  let isOpen = true;
  const go = (url: string) => `void (location.href = ${JSON.stringify(channel.addressOf(url))})`;
  return {
    navigate: (url) => channel.meets(async () => channel.tell(go(url))),
    reload: () => channel.meets(async () => channel.tell("location.reload()")),
    evaluate: channel.evaluate,
    async close() {
      if (!isOpen) return;
      isOpen = false;
      const gone = channel.gone();
      channel.tell("window.close()");
      await gone;
      onClose();
      channel.close();
    },
  };
}
