declare namespace Cloudflare {
  interface Env {
    readonly SQL: DurableObjectNamespace;
    readonly KV: DurableObjectNamespace;
    readonly AGENTS: DurableObjectNamespace<import("./agents.ts").Agents>;
    readonly COPIES: KVNamespace;
    readonly NAMESPACE: KVNamespace;
  }
}

/** The platform takes it; only its types do not say so, and the sources are compiled with them here. */
declare function clearTimeout(handle: number | undefined): void;

/** A timer is a number here and an object in Node, which the sources ask for before they use it. */
interface Number {
  unref?(): unknown;
}
