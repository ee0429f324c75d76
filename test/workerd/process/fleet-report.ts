/** What an agent of the fleet holds. */
export interface AgentReport {
  /** Of each entry: the agent that wrote it and the number. */
  readonly entries: readonly (readonly [agent: string, n: number])[];
  /** Of each change in the journal, in order. */
  readonly told: readonly (readonly [agent: string, n: number])[];
}
