/** Where and when a result was measured. */

import { availableParallelism, cpus, platform, release, totalmem } from "node:os";

export interface Environment {
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly os: string;
  readonly quick: boolean;
}

export function environment(quick: boolean): Environment {
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    os: `${platform()} ${release()}`,
    quick,
  };
}
