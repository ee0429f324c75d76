// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from "vitest";
import { pageLifecycle } from "../../adapters/shared/page-lifecycle.ts";

afterEach(() => {
  localStorage.clear();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(document, "visibilityState");
});

/** The lifecycle of a page, which this is. */
function life(name = "app") {
  const lifecycle = pageLifecycle({ name });
  if (lifecycle?.pending === undefined) throw new TypeError("this is a page");
  return { ...lifecycle, pending: lifecycle.pending };
}

function show(state: "hidden" | "visible"): void {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}

describe("a page", () => {
  test("tells when it is hidden or left, and not when it is shown, until it is stopped", () => {
    const flush = vi.fn<() => undefined>();
    const stop = life().onSuspend(flush);
    const asked = (happens: () => unknown) => {
      flush.mockClear();
      happens();
      return flush.mock.calls.length > 0;
    };
    expect(asked(() => show("hidden"))).toBe(true);
    expect(asked(() => show("visible"))).toBe(false);
    expect(asked(() => window.dispatchEvent(new Event("pagehide")))).toBe(true);
    stop();
    expect(asked(() => show("hidden"))).toBe(false);
    expect(asked(() => window.dispatchEvent(new Event("pagehide")))).toBe(false);
  });

  test.each(["pagehide", "visibilitychange"])(
    "tells after all other listeners of %s, which may write, and before one that stops it",
    (type) => {
      const happened: string[] = [];
      const stops = [
        life().onSuspend(() => void happened.push("flush")),
        ...[window, document].map((target, i) => {
          const write = () => void happened.push(`write ${i}`);
          target.addEventListener(type, write);
          return () => target.removeEventListener(type, write);
        }),
      ];
      const hide = () => (type === "pagehide" ? window.dispatchEvent(new Event("pagehide")) : show("hidden"));
      // The second time our own listeners were there before the others.
      for (const _ of [1, 2]) {
        happened.length = 0;
        hide();
        expect(happened.length).toBeGreaterThan(2);
        expect([happened[0], happened.at(-1)]).toEqual(["flush", "flush"]);
      }
      const barrier = (event: Event) => event.stopImmediatePropagation();
      window.addEventListener(type, barrier, { capture: true });
      happened.length = 0;
      hide();
      window.removeEventListener(type, barrier, { capture: true });
      expect(happened).toEqual(["flush"]);
      for (const stop of stops) stop();
    },
  );

  test("keeps the entries of each store apart, whatever their names", () => {
    const [app, app2, other] = [life("app"), life("app2"), life("app:w")];
    app.pending.write("w.0", "1");
    app.pending.write("w.1", "2");
    app2.pending.write("w.0", "3");
    other.pending.write("w.0", "4");
    localStorage.setItem("theirs", "x");
    expect([...app.pending.read()].sort()).toEqual([
      ["w.0", "1"],
      ["w.1", "2"],
    ]);
    expect(app2.pending.read()).toEqual([["w.0", "3"]]);
    expect(other.pending.read()).toEqual([["w.0", "4"]]);
    app.pending.remove("w.0");
    expect(app.pending.read()).toEqual([["w.1", "2"]]);
    expect(localStorage.length).toBe(4);
  });

  test("without localStorage nothing is read, and writing says why", () => {
    const denied = () => {
      throw new DOMException("denied", "SecurityError");
    };
    vi.stubGlobal("window", Object.defineProperty({}, "localStorage", { get: denied }));
    const { pending } = life();
    expect(pending.read()).toEqual([]);
    expect(() => pending.write("w.0", "1")).toThrow("may not use localStorage");
    pending.remove("w.0");
  });

  test("a page that had none from the beginning reads nothing", () => {
    vi.stubGlobal("window", { localStorage: null });
    expect(life().pending.read()).toEqual([]);
  });

  test("a page that is about to end still has the localStorage that it had", () => {
    const { pending } = life();
    vi.stubGlobal("window", { localStorage: null });
    pending.write("w.0", "1");
    expect(pending.read()).toEqual([["w.0", "1"]]);
    vi.unstubAllGlobals();
    expect(localStorage.length).toBe(1);
  });

  test("without locks nobody can tell who lives", () => {
    vi.stubGlobal("navigator", {});
    expect(life().pending).not.toHaveProperty("hold");
  });
});

describe("outside of pages there is none", () => {
  test.each(["document", "window"])("where there is no %s, as in workers", (name) => {
    vi.stubGlobal(name, undefined);
    expect(pageLifecycle({ name: "app" })).toBeUndefined();
  });
});
