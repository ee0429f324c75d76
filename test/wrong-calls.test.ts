import { expect, test } from "vitest";
import { filesystem } from "../adapters/filesystem/index.ts";
import { agentState } from "../src/edge/client.ts";
import { StateManager } from "../src/index.ts";
import { inFolder } from "./filesystem/process.ts";

test("a second opening in one process is told that the process is its own", async () => {
  await inFolder(async (path) => {
    const first = await StateManager.open({ storage: filesystem({ path }) });
    const second = StateManager.open({ storage: filesystem({ path }) });
    await expect(second).rejects.toMatchObject({
      code: "locked",
      message: expect.stringMatching(/this process/),
    });
    await first.close();
  });
});

test.each([undefined, {}])(
  "a namespace that is not bound (%j) is told to look into the configuration",
  (namespace) => {
    expect(() => agentState(namespace as never, "researcher")).toThrow(/configuration/);
  },
);
