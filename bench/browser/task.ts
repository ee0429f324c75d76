/** What the driver asks of the page. */
export interface PageTask {
  readonly subject: string;
  /** fill: many entries, not timed. load: open and read all of what a fill has left. get: hot reads. */
  readonly kind: "sequential" | "together" | "batched" | "fill" | "load" | "get";
  readonly database: string;
  readonly count: number;
  /** The databases stay when it is done. */
  readonly keep?: boolean;
}
