import type { Problem } from "../control/control-api.ts";
import { Refusal } from "../control/refusal.ts";

/** What an attempt is refused with. */
export function refused(attempt: () => unknown): Problem {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Refusal) return error.problem;
    throw error;
  }
  throw new Error("nothing was refused");
}
