import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { AgentReport } from "./fleet-report.ts";

/** workerd with the fleet's Worker, its objects' data below `path`. */
export interface Fleet {
  /** Whether it was this call that set it. False: it was there. */
  set(agent: string, n: number): Promise<boolean>;
  report(agent: string): Promise<AgentReport>;
  stop(): Promise<void>;
}

export async function startFleet(script: string, path: string): Promise<Fleet> {
  const runtime = new Miniflare({
    ...convertV4MiniflareOptions({
      name: "fleet",
      modules: true,
      script,
      compatibilityDate: "2026-03-01",
      durableObjects: { FLEET: { className: "Fleet", useSQLite: true } },
    }),
    resourcePersistencePath: path,
  });
  await runtime.ready;

  async function ask(path: string, method: string): Promise<unknown> {
    const response = await runtime.dispatchFetch(`http://fleet/agents/${path}`, { method });
    if (!response.ok) throw new TypeError(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  return {
    async set(agent, n) {
      const status = await ask(`${agent}/${n}`, "PUT");
      if (status !== "committed" && status !== "conflict")
        throw new TypeError(`${n} came to ${String(status)}`);
      return status === "committed";
    },
    report: async (agent) => (await ask(agent, "GET")) as AgentReport, // as the program answers
    stop: () => runtime.dispose(),
  };
}
