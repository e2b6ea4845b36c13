import type { Step } from "../migration-step.ts";

/** Whose platform a room lock is behind, if it is behind one. */
export const lockPlatforms: Step = () => ["ALTER TABLE room_lock ADD COLUMN platform TEXT"];
