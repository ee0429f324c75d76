/** The demo's way in: `npm run demo`. `--help` tells what it takes. */
import { isStateError } from "keepstate";
import { openToLook } from "./agent.ts";
import { HELP, readArguments, UsageError } from "./arguments.ts";
import { existingFolder } from "./folder.ts";
import { runAgent } from "./run.ts";
import { tellStory } from "./story.ts";
import { red } from "./terminal.ts";
import { printTimeline } from "./timeline.ts";

async function obey(given: readonly string[]): Promise<number> {
  const command = readArguments(given);
  switch (command.kind) {
    case "help":
      console.log(HELP);
      return 0;
    case "story":
      return tellStory(command.state);
    case "run":
      return runAgent(command);
    case "timeline":
      return showTimeline(command.state, command.run);
  }
}

async function showTimeline(path: string, run: string | undefined): Promise<number> {
  const { store } = await existingFolder(path);
  const reader = await openToLook(store);
  try {
    await printTimeline(reader, run);
    return 0;
  } finally {
    await reader.state.close();
  }
}

/** Told in one line what the caller can do something about; the rest is a bug and shows its stack. */
function explain(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(
      `${red("Not understood:")} ${error.message}\n"npm run demo -- --help" tells what there is.`,
    );
    return 2;
  }
  if (!isStateError(error)) throw error;
  const advice = error.code === "locked" ? " Is the demo running in another window?" : "";
  console.error(`${red(`Failed (${error.code}):`)} ${error.message}${advice}`);
  return 1;
}

// A reader that has seen enough, such as `head`, closes the pipe.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});
process.exitCode = await obey(process.argv.slice(2)).catch(explain);
