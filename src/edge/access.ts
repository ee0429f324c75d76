import { isStateError, StateError } from "../index.ts";
import type { StateRequest } from "./request.ts";

/** Who asks for what, before it is done. */
export interface Access {
  readonly kind: StateRequest["kind"] | "watch";
  /** Text form, as it was given. Undefined where it is about the whole store, or several scopes: a batch names them in `request`. */
  readonly scope?: string | undefined;
  readonly key?: string | undefined;
  /** As the asker says. Over HTTP compare it with who that is: it goes into the journal. */
  readonly actor?: string | undefined;
  /** What is asked, whole, before it is checked; undefined for a watch. */
  readonly request?: StateRequest;
  /** As it came in over HTTP, and any watch; undefined over RPC, which only the program's own Workers can use. */
  readonly http?: Request;
}

/** What a request is about. What is about several scopes has none here, even if it names one that nobody reads. */
export function placeOf(request: StateRequest): Pick<Access, "scope" | "key"> {
  switch (request.kind) {
    case "batch":
    case "scopes":
    case "timeline":
      return {};
    case "list":
      return { scope: request.scope };
    default:
      return { scope: request.scope, key: request.key };
  }
}

/** Throws `forbidden` where `authorize` says no; `unavailable` where it throws anything but a `StateError`. */
export async function admit(
  authorize: (access: Access) => boolean | Promise<boolean>,
  access: Access,
): Promise<void> {
  const { kind, scope, key } = access;
  let isAllowed: boolean;
  try {
    isAllowed = await authorize(access);
  } catch (cause) {
    if (isStateError(cause)) throw cause;
    console.error("keepstate: authorize failed", cause);
    throw new StateError("unavailable", "whether this is allowed could not be found out", { cause });
  }
  if (isAllowed !== true) throw new StateError("forbidden", `${kind} is not allowed here`, { scope, key });
}
