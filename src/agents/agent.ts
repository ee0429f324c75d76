/** What an agent says of itself. Plain data. */
export interface AgentMetadata {
  readonly name: string;
  readonly description?: string | undefined;
  /** Of the agent's code. */
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly tags: readonly string[];
  /** Settings of whatever model or service is behind it. Keep secrets out: it is stored as it is. */
  readonly providerConfig?: Readonly<Record<string, unknown>> | undefined;
}

/** What persistence needs of an agent. Fields may be accessors; those that it reads are read once per save. */
export interface Agent<TState = unknown> {
  /** 1 to 256 bytes of UTF-8. Two agents with one id share one record. */
  readonly id: string;
  readonly agentType: string;
  /** Anything the store keeps: plain data, Date, Map, Set, bytes, registered classes. */
  state: TState;
  metadata: AgentMetadata;
  /** Of this object; the record keeps that of the first save. */
  readonly creationTime: Date;
  /** Ids of the hooks that the agent has registered. */
  readonly hookRegistrations?: readonly string[] | undefined;
  readonly lastHookExecution?: Date | undefined;
  /** The correlation id of the run that the agent is in; its saves carry it. */
  correlationContext?: string | undefined;
  /** Registers the hooks with these ids again. Asked before anything else is restored; if it fails, nothing is. */
  restoreHookRegistrations?(ids: readonly string[]): void | Promise<void>;
}

/** An agent as it is stored. */
export interface PersistentAgentState<TState = unknown> {
  readonly agentId: string;
  readonly agentType: string;
  readonly state: TState;
  readonly metadata: AgentMetadata;
  /** When the agent that was saved first was made. */
  readonly creationTime: Date;
  /** When it was saved last, by the store's clock. */
  readonly lastModified: Date;
  /** Of `state`. */
  readonly schemaVersion: number;
  readonly hookRegistrations: readonly string[];
  readonly lastHookExecution?: Date | undefined;
  readonly correlationContext?: string | undefined;
}

/** An agent in a list: all but its state. */
export type AgentSummary = Omit<PersistentAgentState, "state">;
