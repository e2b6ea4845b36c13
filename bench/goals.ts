import type { Goal } from "./goal.ts";
import { GARBAGE, VERIFY_PASS } from "./goals/verify-pass.ts";

/** Every goal, in the order of the table. */
export const goals: readonly Goal[] = [VERIFY_PASS, GARBAGE];
