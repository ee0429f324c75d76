import { startGroup } from "./process.ts";
import { pathOf } from "./programs.ts";

/** A screen in memory, for a browser that cannot do without one. */
export interface Display {
  /** What `DISPLAY` must say, such as ":99". */
  readonly name: string;
  end(): Promise<void>;
}

/** Started by itself and not by xvfb-run, which waits three seconds and leaves files behind when it is killed. */
export async function startDisplay(): Promise<Display> {
  const group = startGroup(pathOf("xvfb"), [
    "-displayfd",
    "1",
    "-screen",
    "0",
    "1280x1024x24",
    "-nolisten",
    "tcp",
  ]);
  try {
    const [, number] = await group.says(/^(\d+)\n/m);
    return {
      name: `:${number}`,
      async end() {
        group.ask("SIGTERM"); // so that it removes its lock and socket
        await group.ended();
        await group.kill();
      },
    };
  } catch (error) {
    await group.kill();
    throw error;
  }
}
