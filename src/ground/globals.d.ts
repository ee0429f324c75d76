/**
 * Every web global the core may touch, as the subset it uses. Node 20, Bun, Deno, browsers and Workers have
 * them all. A name that is missing here is missing from the core: adding one is a decision about portability.
 */

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
declare const AbortSignal: { any(signals: AbortSignal[]): AbortSignal; timeout(ms: number): AbortSignal };
interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare const AbortController: { new (): AbortController };

/** A number in browsers, an object in Node: pass it back to `clearTimeout` and look no further. */
interface TimeoutHandle {
  /** Node, Bun and Deno: the timer alone does not keep the process alive. */
  unref?(): unknown;
}
declare function setTimeout(run: () => void, ms?: number): TimeoutHandle;
declare function clearTimeout(handle: TimeoutHandle | undefined): void;
declare function queueMicrotask(run: () => void): void;
declare function structuredClone<T>(value: T): T;
/** Base64 of a text whose units are bytes, and back; throws on what is not base64. */
declare function btoa(bytes: string): string;
declare function atob(base64: string): string;
declare const performance: { now(): number };
declare const console: Record<"debug" | "info" | "warn" | "error", (...parts: unknown[]) => void>;

interface TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}
declare const TextEncoder: { new (): TextEncoder };
interface TextDecoder {
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}
declare const TextDecoder: {
  new (label?: "utf-8", options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};
interface URL {
  readonly href: string;
  toString(): string;
}
declare const URL: { new (url: string, base?: string): URL };

interface ReadableStreamReader<T> {
  read(): Promise<{ done: false; value: T } | { done: true; value?: T | undefined }>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}
interface ReadableStreamSink<T> {
  readonly desiredSize: number | null;
  enqueue(chunk: T): void;
  close(): void;
  error(reason?: unknown): void;
}
/** Its functions are properties, so that a sink of one kind of bytes is not taken for a sink of every kind. */
interface WritableStreamWriter<T> {
  readonly write: (chunk: T) => Promise<void>;
  readonly close: () => Promise<void>;
  readonly abort: (reason?: unknown) => Promise<void>;
}
interface ReadableStream<T = unknown> {
  getReader(): ReadableStreamReader<T>;
  cancel(reason?: unknown): Promise<void>;
  pipeThrough<R>(through: { readable: ReadableStream<R>; writable: WritableStream<T> }): ReadableStream<R>;
}
declare const ReadableStream: {
  new <T>(source?: {
    start?(sink: ReadableStreamSink<T>): void | Promise<void>;
    pull?(sink: ReadableStreamSink<T>): void | Promise<void>;
    cancel?(reason?: unknown): void | Promise<void>;
  }): ReadableStream<T>;
};
interface WritableStream<T = unknown> {
  getWriter(): WritableStreamWriter<T>;
}
interface CompressionStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
}
declare const CompressionStream: { new (format: "gzip" | "deflate" | "deflate-raw"): CompressionStream };
declare const DecompressionStream: { new (format: "gzip" | "deflate" | "deflate-raw"): CompressionStream };

interface CryptoKey {
  readonly type: "secret" | "private" | "public";
}
type AesGcm = { name: "AES-GCM"; iv: Uint8Array<ArrayBuffer>; additionalData?: Uint8Array<ArrayBuffer> };
declare const crypto: {
  getRandomValues<T extends Uint8Array>(array: T): T;
  readonly subtle: {
    digest(name: "SHA-256", data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
    encrypt(how: AesGcm, key: CryptoKey, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
    decrypt(how: AesGcm, key: CryptoKey, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
    importKey(
      format: "raw",
      bytes: Uint8Array<ArrayBuffer>,
      how: "AES-GCM" | { name: "HMAC"; hash: "SHA-256" },
      extractable: boolean,
      usages: ("encrypt" | "decrypt" | "sign" | "verify")[],
    ): Promise<CryptoKey>;
    sign(how: "HMAC", key: CryptoKey, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
    verify(
      how: "HMAC",
      key: CryptoKey,
      signature: Uint8Array<ArrayBuffer>,
      data: Uint8Array<ArrayBuffer>,
    ): Promise<boolean>;
  };
};

/** Declared, not assumed: where an engine lacks the symbols, a method named by them is simply never called. */
interface SymbolConstructor {
  readonly dispose: unique symbol;
  readonly asyncDispose: unique symbol;
}
interface Disposable {
  [Symbol.dispose](): void;
}
interface AsyncDisposable {
  [Symbol.asyncDispose](): PromiseLike<void>;
}
