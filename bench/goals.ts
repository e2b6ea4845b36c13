import type { Goal } from "./goal.ts";
import { DECISION, DECISION_FLAT, DECISION_GARBAGE } from "./goals/decision.ts";
import { AGAINST_JOSE_CASBIN } from "./goals/jose-casbin.ts";
import { COLD_START, MEMORY, SCANNER_TO_RELAY } from "./goals/running.ts";
import { GARBAGE, VERIFY_PASS } from "./goals/verify-pass.ts";

/**
 * Every goal, in the order of the table and of measuring. Latencies come first: what the later goals leave behind in this program's memory would show in them as
 * pauses of the one who measures.
 */
export const goals: readonly Goal[] = [
  SCANNER_TO_RELAY,
  COLD_START,
  MEMORY,
  VERIFY_PASS,
  GARBAGE,
  DECISION,
  DECISION_GARBAGE,
  DECISION_FLAT,
  AGAINST_JOSE_CASBIN,
];
