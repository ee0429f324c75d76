/** The door of `keepstate/testing`: the conformance suite for adapters, stores that fail on request, fixtures for tests. */
export { CheckFailed } from "./testing/conformance/check.ts";
export type { TestRunner } from "./testing/conformance/describe-store.ts";
export { describeStore, storeCases } from "./testing/conformance/describe-store.ts";
export type { StoreCase, StoreFixture, StoreNamespace, StoreTraits } from "./testing/conformance/fixture.ts";
export { Crash, InjectedFailure, isCrash } from "./testing/crash.ts";
export type { DegradedBackend, DegradedOptions } from "./testing/degraded.ts";
export { degraded } from "./testing/degraded.ts";
export type { Fault, FaultKind, Freeze } from "./testing/faults.ts";
export type { TestStateManager, TestStateManagerOptions } from "./testing/fixtures.ts";
export {
  createTestAgent,
  createTestAgentState,
  createTestStateManager,
  TEST_TIME,
} from "./testing/fixtures.ts";
export type { ModelChange, ModelOptions, Readable, StateModel } from "./testing/model.ts";
export { stateModel } from "./testing/model.ts";
export type { Profile } from "./testing/profiles.ts";
export { profile, profiles } from "./testing/profiles.ts";
export type { SeededRandom } from "./testing/random.ts";
export { seededRandom } from "./testing/random.ts";
export type { Survivors } from "./testing/versions.ts";
