type EngineName = "chromium" | "firefox" | "webkit";

/** A real browser that tests can start, watch and kill. Every call is bounded in time and rejects when it is over. */
export interface Engine {
  readonly name: EngineName;
  /** Starts the browser on a profile folder: an empty one is a fresh profile, a used one has what was left in it. */
  launch(profile: string, options?: LaunchOptions): Promise<Browser>;
}

export interface LaunchOptions {
  /** The most bytes that an origin may store. Firefox rounds up to kibibytes. WebKit has no such switch. */
  readonly quotaBytes?: number;
}

/** One running browser with one profile; its tabs share what the profile stores. */
export interface Browser {
  /** As the browser tells it, such as "150.0.7871.100". */
  readonly version: string;
  /** Opens a tab. Resolves when the page's scripts have run. */
  open(url: string): Promise<Tab>;
  /** SIGKILL to all processes of this browser, at once. Resolves when all are gone. */
  kill(): Promise<void>;
  /** Ends the browser, gently where it can be asked to. Safe to call twice and after `kill`. */
  close(): Promise<void>;
}

export interface Tab {
  /** Leaves the page for another one. Resolves when its scripts have run. */
  navigate(url: string): Promise<void>;
  reload(): Promise<void>;
  /** The value of an expression, awaited if it is a promise, as JSON carries it. Rejects with what the page threw. */
  evaluate(expression: string, timeoutMs?: number): Promise<unknown>;
  /** Closes the tab as a user does: the page is told by `pagehide`. Safe to call twice. */
  close(): Promise<void>;
}
