/**
 * Backends for the inner loop, made global by importing this. localForage looks for them once, when it is loaded, so this is
 * the first import of each test.
 */
import "fake-indexeddb/auto";

const ROOM = 5 * 1024 * 1024;

/** Text by key, with the room that browsers give it. */
class FakeStorage {
  readonly #items = new Map<string, string>();

  get length(): number {
    return this.#items.size;
  }

  key(n: number): string | null {
    return [...this.#items.keys()][n] ?? null;
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: unknown): void {
    const text = String(value);
    let used = key.length + text.length;
    for (const [other, kept] of this.#items) if (other !== key) used += other.length + kept.length;
    if (used > ROOM) throw new DOMException("the quota has been exceeded", "QuotaExceededError");
    this.#items.set(key, text);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }
}

export const fakeLocalStorage = new FakeStorage();

Object.defineProperty(globalThis, "localStorage", { value: fakeLocalStorage, configurable: true });
