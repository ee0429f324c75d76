/** The door of the Cloudflare KV adapter. */
export { type CloudflareKvOptions, cloudflareKv } from "./adapter.ts";
export type { KvListLike, KvNamespaceLike } from "./namespace.ts";
