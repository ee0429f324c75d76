/** The worker under test: an object of each kind, whose storage the tests use from within. */
import { DurableObject } from "cloudflare:workers";

export class SqlObject extends DurableObject {}
export class KeyValueObject extends DurableObject {}

export { Agents } from "./agents.ts";

export default {
  fetch: () => new Response("keepstate"),
};
