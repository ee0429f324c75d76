import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

export type Backend = "SQL" | "KV";

/** Runs `body` inside an object of its own, or inside the one of that name. */
export function inObject<R>(
  backend: Backend,
  body: (storage: DurableObjectStorage, state: DurableObjectState) => Promise<R>,
  name: string = crypto.randomUUID(),
): Promise<R> {
  return runInDurableObject(objectNamed(backend, name), (_, state) => body(state.storage, state));
}

export function objectNamed(backend: Backend, name: string): DurableObjectStub {
  const objects = env[backend];
  return objects.get(objects.idFromName(name));
}
