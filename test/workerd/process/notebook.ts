import { convertV4MiniflareOptions, Miniflare } from "miniflare";

export type Backend = "SQL" | "KV";

export interface Report {
  readonly entries: readonly { readonly n: number; readonly isWhole: boolean }[];
  readonly mirrored: number;
  readonly told: readonly number[];
}

/** workerd with the program, its objects' data below `path`. */
export interface Notebook {
  note(backend: Backend, n: number): Promise<void>;
  report(backend: Backend): Promise<Report>;
  /** Ends the running object as the platform does when it needs the memory. */
  evict(backend: Backend): Promise<void>;
  stop(): Promise<void>;
}

const OBJECTS = {
  SQL: { className: "SqlNotebook", useSQLite: true },
  KV: { className: "KeyValueNotebook", useSQLite: false },
} as const;

export async function startNotebook(script: string, path: string): Promise<Notebook> {
  const runtime = new Miniflare({
    ...convertV4MiniflareOptions({
      name: "notebook",
      modules: true,
      script,
      compatibilityDate: "2026-03-01",
      durableObjects: OBJECTS,
    }),
    resourcePersistencePath: path,
  });
  await runtime.ready;

  async function ask(url: string): Promise<unknown> {
    const response = await runtime.dispatchFetch(`http://notebook${url}`);
    if (!response.ok) throw new TypeError(`${url}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  return {
    async note(backend, n) {
      const status = await ask(`/note?backend=${backend}&n=${n}`);
      if (status !== "committed") throw new TypeError(`note ${n} came to ${String(status)}`);
    },
    report: async (backend) => (await ask(`/report?backend=${backend}`)) as Report, // as the program answers
    evict: (backend) =>
      runtime.unsafeEvictDurableObject("notebook", OBJECTS[backend].className, { name: "notebook" }),
    stop: () => runtime.dispose(),
  };
}
