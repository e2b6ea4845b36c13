import type { Goal } from "./goal.ts";
import { DECISION, DECISION_FLAT, DECISION_GARBAGE } from "./goals/decision.ts";
import { AGAINST_JOSE_CASBIN } from "./goals/jose-casbin.ts";
import { COLD_START, MEMORY, SCANNER_TO_RELAY } from "./goals/running.ts";
import { GARBAGE, VERIFY_PASS } from "./goals/verify-pass.ts";

/** Every goal, in the order of the table. */
export const goals: readonly Goal[] = [
  VERIFY_PASS,
  GARBAGE,
  DECISION,
  DECISION_GARBAGE,
  DECISION_FLAT,
  AGAINST_JOSE_CASBIN,
  SCANNER_TO_RELAY,
  COLD_START,
  MEMORY,
];
