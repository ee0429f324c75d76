import { StateError } from "../ground/error.ts";
import { type Clock, defaultPorts, type Logger } from "../ground/ports.ts";
import {
  type EventFor,
  type EventInput,
  LOUD_EVENTS,
  makeEvent,
  type ResyncData,
  type SubscriberFailedData,
  type UniversalEvent,
} from "./event.ts";
import { matcher } from "./pattern.ts";
import { type EventQueue, eventQueue, type QueueInlet, type QueueOptions } from "./queue.ts";
import { type EventStream, eventStream } from "./stream.ts";

/** May return a promise: nobody waits for it but `settled`, and its failure is reported like a throw. */
export type EventHandler<E = UniversalEvent> = (event: E) => unknown;

/** What users see of the events of a store. */
export interface Events {
  /**
   * Calls `handler` with each event that fits, in the order of publishing, until the returned function is called. Patterns:
   * `state.changed`, `state.*` (one word), `agent_state.**` (any), `*` (all). A handler that fails harms no other and no
   * writer; its failure is a `subscriber.failed` event, or goes to the logger when nobody listens.
   *
   * @example
   * const off = state.events.on("state.changed", (event) => console.log(event.data.scope, event.data.key));
   */
  on<P extends string>(pattern: P, handler: EventHandler<EventFor<P>>): () => void;
  /**
   * The events that fit, from this call on. Breaking the loop, `return()`, the signal and closing the store end it. A
   * reader that is too slow gets a `resync` event in place of what it missed.
   */
  subscribe(pattern: string, options?: QueueOptions): EventStream;
}

export interface EventBus extends Events {
  /** Tells everybody, before it returns, except when called by a handler: then after the event that is being told. */
  publish(input: EventInput): void;
  /** Whether publishing this type would do anything. Where not, the event need not be made. */
  hasListeners(type: string): boolean;
  /** Gathers events from this call on, for one reader that has something else to read first. */
  attach(pattern: string, options?: QueueOptions): EventQueue;
  /** Resolves when no asynchronous handler is under way, also none that was started meanwhile. */
  settled(): Promise<void>;
  /** Handlers are not called again; queues end after what waits in them. */
  close(): void;
}

export interface BusEnv {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A name that no other event has. */
  id(): string;
}

interface Subscriber {
  readonly matches: (type: string) => boolean;
  readonly deliver: (event: UniversalEvent) => void;
  isLive: boolean;
}

/** Types whose subscribers are remembered. Custom types may be without number. */
const MAX_ROUTES = 1000;

export function eventBus(env: BusEnv): EventBus {
  let subscribers: readonly Subscriber[] = [];
  /** Who hears of a type. Forgotten whenever somebody comes or goes; the lists themselves never change. */
  const routes = new Map<string, readonly Subscriber[]>();
  const inlets = new Set<QueueInlet>();
  /** Published by handlers while another event was being told. */
  let pending: [UniversalEvent, readonly Subscriber[]][] = [];
  let isTelling = false;
  let isClosed = false;
  let sequence = 0;
  let inFlight = 0;
  let waitingForCalm: (() => void)[] = [];
  const naming = { id: env.id, now: () => env.clock.now() };

  function listenersOf(type: string): readonly Subscriber[] {
    let route = routes.get(type);
    if (route === undefined) {
      route = subscribers.filter((subscriber) => subscriber.matches(type));
      if (routes.size >= MAX_ROUTES) routes.clear();
      routes.set(type, route);
    }
    return route;
  }

  function matcherOf(pattern: string): (type: string) => boolean {
    if (isClosed) throw new StateError("closed", "the store was closed, so it has no more events");
    return matcher(pattern);
  }

  function subscribe(
    matches: (type: string) => boolean,
    deliver: (event: UniversalEvent) => void,
  ): () => void {
    const subscriber: Subscriber = { matches, deliver, isLive: true };
    subscribers = [...subscribers, subscriber];
    routes.clear();
    return () => {
      if (!subscriber.isLive) return;
      subscriber.isLive = false;
      subscribers = subscribers.filter((other) => other !== subscriber);
      routes.clear();
    };
  }

  function publish(input: EventInput): void {
    sequence += 1;
    const listeners = listenersOf(input.type);
    if (listeners.length === 0) {
      if (LOUD_EVENTS.has(input.type)) logUnheard(input);
      return;
    }
    const event = makeEvent(input, sequence, naming);
    if (isTelling) {
      pending.push([event, listeners]);
      return;
    }
    isTelling = true;
    tell(event, listeners);
    while (pending.length > 0) {
      const due = pending;
      pending = [];
      for (const [next, hearers] of due) tell(next, hearers);
    }
    isTelling = false;
  }

  /** Never throws: every `deliver` guards itself. */
  function tell(event: UniversalEvent, listeners: readonly Subscriber[]): void {
    for (const listener of listeners) if (listener.isLive) listener.deliver(event);
  }

  /** A logger that fails must not fail the writer. */
  function log(message: string, facts: Readonly<Record<string, unknown>>): void {
    try {
      env.logger.error(message, facts);
    } catch (error) {
      defaultPorts.logger.error(message, { ...facts, loggerFailed: error });
    }
  }

  function logUnheard({ type, data, correlation }: EventInput): void {
    log(`${type}, and nobody listens`, { data, correlationId: correlation.correlationId });
  }

  /** A failure to handle the news of a failure goes to the logger, or it would never end. */
  function handlerFailed(pattern: string, event: UniversalEvent, error: unknown): void {
    if (event.type === "subscriber.failed") {
      log(`the handler of "${pattern}" failed on ${event.type}`, { pattern, error });
      return;
    }
    const data: SubscriberFailedData = { pattern, eventId: event.id, eventType: event.type, error };
    publish({ type: "subscriber.failed", data, correlation: event.correlation });
  }

  function follow(answer: PromiseLike<unknown>, pattern: string, event: UniversalEvent): void {
    inFlight += 1;
    const end = () => {
      inFlight -= 1;
      if (inFlight > 0) return;
      const calm = waitingForCalm;
      waitingForCalm = [];
      for (const resolve of calm) resolve();
    };
    Promise.resolve(answer).then(end, (error: unknown) => {
      handlerFailed(pattern, event, error);
      end();
    });
  }

  function open(pattern: string, options: QueueOptions): EventQueue {
    const matches = matcherOf(pattern);
    const resync = (input: EventInput<ResyncData>, at: number) => makeEvent(input, at, naming);
    const inlet = eventQueue(options, resync, () => {
      inlets.delete(inlet);
      unsubscribe();
    });
    const unsubscribe = subscribe(matches, inlet.push);
    inlets.add(inlet);
    if (options.signal?.aborted === true) inlet.queue.close();
    return inlet.queue;
  }

  return {
    publish,
    hasListeners: (type) => listenersOf(type).length > 0 || LOUD_EVENTS.has(type),
    on(pattern: string, handler: EventHandler<never>) {
      if (typeof handler !== "function") throw new TypeError("an event handler is a function");
      const call: { handle(event: UniversalEvent): unknown } = { handle: handler };
      return subscribe(matcherOf(pattern), (event) => {
        try {
          const answer = call.handle(event);
          if (isThenable(answer)) follow(answer, pattern, event);
        } catch (error) {
          handlerFailed(pattern, event, error);
        }
      });
    },
    attach: (pattern, options = {}) => open(pattern, options),
    subscribe: (pattern, options = {}) => eventStream(open(pattern, options)),
    async settled() {
      while (inFlight > 0) await new Promise<void>((resolve) => waitingForCalm.push(resolve));
    },
    close() {
      isClosed = true;
      for (const inlet of [...inlets]) inlet.finish();
      for (const subscriber of subscribers) subscriber.isLive = false;
      subscribers = [];
      routes.clear();
    },
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
