/** What is used of the platform, so that any version of its types fits. */

export interface ObjectStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
}

export interface ObjectSocket {
  send(message: string): void;
  close(code?: number, reason?: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

export interface ObjectContext {
  readonly id: { toString(): string };
  readonly storage: ObjectStorage;
  acceptWebSocket(socket: ObjectSocket, tags: string[]): void;
  getWebSockets(tag: string): ObjectSocket[];
  getTags(socket: ObjectSocket): string[];
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
  waitUntil(work: Promise<unknown>): void;
}

/** A KV namespace, as the mirror uses it. */
export interface MirrorNamespace {
  get(key: string, options: { readonly type: "text"; readonly cacheTtl?: number }): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}
