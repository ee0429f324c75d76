import { expect, it } from "vitest";
import { filesystem } from "../../adapters/filesystem/index.ts";
import { chance, commitsIn, contentAfter, contentOf } from "./fixture.ts";
import { inFolder, start } from "./process.ts";

const KILLS = Number(process.env["KEEPSTATE_KILLS"] ?? 20);

it(`after ${KILLS} kills in the middle of commits and compactions every acknowledged commit is there, and none by half`, {
  timeout: 20_000 + KILLS * 2_000,
}, async () => {
  const seed = Number(process.env["KEEPSTATE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const random = chance(seed);
  await inFolder(async (path) => {
    for (let round = 1; round <= KILLS; round++) {
      const writer = start("commit", path);
      await writer.printed(1 + Math.floor(random() * 60));
      await new Promise((resolve) => setTimeout(resolve, random() * 3));
      await writer.kill();
      const acknowledged = Number(writer.words.at(-1) ?? 0);
      const label = `round ${round}, KEEPSTATE_SEED=${seed}`;
      expect(acknowledged, label).toBeGreaterThan(0);
      const store = await filesystem({ path }).open({ readOnly: round % 3 === 0 });
      const found = await commitsIn(store);
      // A reader shows what is proven: the last commit has to wait for the next writer.
      const least = round % 3 === 0 ? acknowledged - 1 : acknowledged;
      expect(found, label).toBeGreaterThanOrEqual(least);
      expect(found, label).toBeLessThanOrEqual(acknowledged + 1);
      expect(await contentOf(store), label).toEqual(contentAfter(found));
      await store.close();
    }
  });
});
