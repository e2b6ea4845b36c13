import type { Step } from "../migration-step.ts";

/** Since when callers know that a controller is silent; null: they do not, for it is heard. */
export const silence: Step = ({ int }) => [`ALTER TABLE controller_contact ADD COLUMN silent_since ${int}`];
