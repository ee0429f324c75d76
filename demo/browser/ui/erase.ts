import type { StateManager } from "keepstate";

const CHANNEL = "keepstate-librarian/erase";
/** How long the other tabs have to let go of the database. */
const LETTING_GO_MS = 300;

/** Deletes the database, journal and all, and begins anew in all tabs. `stop` keeps this page from reading on. */
export async function eraseAndReload(state: StateManager, database: string, stop: () => void): Promise<void> {
  stop();
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("close");
  await state.close();
  await new Promise((resolve) => setTimeout(resolve, LETTING_GO_MS));
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(database);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new TypeError("the database was not deleted"));
  });
  channel.postMessage("reload");
  location.reload();
}

/** The other tabs' side: closes its state when another tab is about to erase it, and begins anew afterwards. */
export function reloadWhenErased(state: StateManager, stop: () => void): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", ({ data }) => {
    if (data !== "close") return location.reload();
    stop();
    state.close().catch((error: unknown) => console.warn("could not close before erasing", error));
  });
}
