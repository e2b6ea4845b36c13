import { checkedRows, type Prepare } from "./row-check.ts";

/** A run: the boot of the machine that it began in, and whether it was stopped in an orderly way. */
export interface Run {
  readonly bootId: string;
  readonly endedClean: boolean;
}

/** The run that was recorded last; undefined before the first. @throws AlteredTable */
export function lastRun(prepare: Prepare): Run | undefined {
  const [row] = checkedRows<[only: number, bootId: string, endedClean: number]>(prepare, "run");
  return row && { bootId: row[1], endedClean: row[2] === 1 };
}
