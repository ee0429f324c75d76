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
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("a page", () => {
  test("tells when it is hidden or left, and not when it is shown, until it is stopped", () => {
    let flushes = 0;
    const stop = life().onSuspend(() => {
      flushes++;
      return undefined;
    });
    show("hidden");
    expect(flushes).toBe(1);
    show("visible");
    expect(flushes).toBe(1);
    window.dispatchEvent(new Event("pagehide"));
    expect(flushes).toBe(2);
    stop();
    show("hidden");
    window.dispatchEvent(new Event("pagehide"));
    expect(flushes).toBe(2);
  });

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
    const { pending } = life();
    vi.stubGlobal("window", Object.defineProperty({}, "localStorage", { get: denied }));
    expect(pending.read()).toEqual([]);
    expect(() => pending.write("w.0", "1")).toThrow("denied");
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
