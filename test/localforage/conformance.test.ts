import "./fakes.ts";

import { describe, expect, it } from "vitest";
import { describeStore } from "../../src/testing.ts";
import { fixtureOn } from "./world.ts";

it("runs with Web Locks", () => {
  expect(navigator.locks).toBeDefined();
});

describeStore("localForage on IndexedDB", fixtureOn("indexeddb", "shared"), { describe, it });
describeStore("localForage on localStorage", fixtureOn("localstorage", "local"), { describe, it });
