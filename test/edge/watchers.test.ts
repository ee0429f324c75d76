import { expect, test, vi } from "vitest";
import type { ObjectContext, ObjectSocket } from "../../src/edge/platform.ts";
import { readMessage, type WatchMessage } from "../../src/edge/watch.ts";
import { watchersOf } from "../../src/edge/watchers.ts";
import { StateManager } from "../../src/index.ts";

class FakeSocket implements ObjectSocket {
  readonly told: WatchMessage[] = [];
  #attachment: unknown;
  send(message: string): void {
    this.told.push(readMessage(message));
  }
  close(): void {
    this.told.push({ type: "resync", id: "closed" });
  }
  serializeAttachment(value: unknown): void {
    this.#attachment = value;
  }
  deserializeAttachment(): unknown {
    return this.#attachment;
  }
}

test("a pause tells watchers nothing; they go on from where they were, with nothing missed or told twice", async () => {
  const accepted: ObjectSocket[] = [];
  const context = {
    acceptWebSocket: (socket: ObjectSocket) => accepted.push(socket),
    getWebSockets: () => accepted,
    getTags: () => ["keepstate-watch"],
  } as unknown as ObjectContext; // watchers use no more of it
  const watchers = watchersOf(context);
  const state = await StateManager.open();
  const socket = new FakeSocket();
  const heard = () => socket.told.map(({ type, value }) => (type === "state.changed" ? value : type));
  await state.set("k", 0);
  watchers.accept(state, socket, { since: state.headRevision });
  await state.set("k", 1);
  await vi.waitFor(() => expect(heard()).toEqual(["watching", 1]));
  watchers.pause();
  await state.set("k", 2);
  await new Promise<void>((resolve) => setTimeout(resolve));
  expect(heard()).toEqual(["watching", 1]);
  watchers.resume(state);
  await state.set("k", 3);
  await vi.waitFor(() => expect(heard()).toEqual(["watching", 1, 2, 3]));
  await state.close();
  expect(heard()).toEqual(["watching", 1, 2, 3]);
});
