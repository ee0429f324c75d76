/** Whom and what a write belongs to; goes into hooks, journal, events and results. */
export interface Bound {
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly actor?: string;
  readonly triggeredBy?: string;
}
