/** One agent as the page knows it: read once, then told each change over the WebSocket. */

/**
 * @typedef {{ readonly value: unknown, readonly revision: string }} Entry
 * @typedef {{ kind: string, revision: string, time: number, correlationId: string, key?: string, operation?: string,
 *   newValue?: unknown, reason?: string, by?: string, runs?: readonly Run[] }} Told
 * @typedef {{ readonly hookId: string, readonly result?: { readonly kind: string, readonly reason?: string } }} Run
 * @typedef {{ readonly id: string, readonly entries: ReadonlyMap<string, Entry>, readonly runs: ReadonlyMap<string, readonly Told[]>,
 *   readonly status: string, readonly isLive: boolean, readonly waiting: string | undefined,
 *   say(text: string): Promise<void>, close(): void }} Agent
 */

const WAITS_MS = [300, 1_000, 3_000, 10_000];

/**
 * @param {string} id
 * @param {() => void} changed called after each change of what the page shows
 * @returns {Agent}
 */
export function openAgent(id, changed) {
  const base = `/agents/${encodeURIComponent(id)}`;
  /** @type {Map<string, Entry>} */
  const entries = new Map();
  /** @type {Map<string, readonly Told[]>} by correlation id, oldest first */
  const runs = new Map();
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {string | undefined} */
  let since;
  /** @type {string | undefined} */
  let waiting;
  let status = "connecting";
  let isClosed = false;
  let failures = 0;

  function connect() {
    const url = new URL(`${base}/watch`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    if (since !== undefined) url.searchParams.set("since", since);
    socket = new WebSocket(url);
    socket.addEventListener("message", ({ data }) => hear(JSON.parse(data).value));
    socket.addEventListener("close", again);
  }

  function again() {
    if (isClosed) return;
    status = "connecting again";
    changed();
    setTimeout(() => isClosed || connect(), WAITS_MS[Math.min(failures++, WAITS_MS.length - 1)]);
  }

  /** @param {{ type: string, id: string, revision: string, key: string, operation: string, value?: unknown, correlationId: string }} message */
  function hear({ type, id: event, revision, key, operation, value, correlationId }) {
    if (type === "state.changed") {
      put(key, operation === "set" ? { value, revision } : undefined, revision);
      // The exchange is in the last commit of a message, so all that it led to is in the journal.
      if (key.startsWith("messages/")) void readRun(correlationId);
    } else if (type === "resync" || since === undefined) {
      void readAll();
    }
    since = event;
    status = "live";
    failures = 0;
    changed();
  }

  /**
   * What was read and what is told may cross; the newer one stays.
   * @param {string} key
   * @param {Entry | undefined} entry
   * @param {string} revision
   */
  function put(key, entry, revision) {
    if ((entries.get(key)?.revision ?? "") > revision) return;
    if (entry === undefined) entries.delete(key);
    else entries.set(key, entry);
  }

  async function readAll() {
    try {
      for (let after = "", isMore = true; isMore && !isClosed; ) {
        const page = await ask(`${base}?after=${encodeURIComponent(after)}`);
        for (const { key, value, revision } of page.entries) put(key, { value, revision }, revision);
        isMore = page.next !== undefined;
        after = page.next ?? "";
      }
      const { events } = await ask(`${base}/timeline`);
      for (const event of events) runs.set(event.correlationId, []);
      for (const event of events)
        runs.set(event.correlationId, [...(runs.get(event.correlationId) ?? []), event]);
    } catch (error) {
      status = `the agent cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
    changed();
  }

  /** @param {string} correlationId */
  async function readRun(correlationId) {
    try {
      const { events } = await ask(`${base}/timeline?correlationId=${encodeURIComponent(correlationId)}`);
      runs.set(correlationId, events);
    } catch (error) {
      status = `the timeline cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
    changed();
  }

  connect();
  return {
    id,
    entries,
    runs,
    get status() {
      return status;
    },
    get isLive() {
      return status === "live";
    },
    get waiting() {
      return waiting;
    },
    async say(text) {
      waiting = text;
      changed();
      try {
        await ask(`${base}/messages`, { method: "POST", body: JSON.stringify({ text }) });
      } finally {
        waiting = undefined;
        changed();
      }
    },
    close() {
      isClosed = true;
      socket?.close();
    },
  };
}

/**
 * @param {string} url
 * @param {RequestInit} [init]
 */
async function ask(url, init) {
  const response = await fetch(url, init);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new TypeError(body.error?.message ?? `the Worker answered ${response.status}`);
  return body;
}
