import type { Step } from "../migration-step.ts";

/** Grants that withhold instead of giving, and reviews that say which a row does. All that stood before gives. */
export const withholding: Step = () => [
  "ALTER TABLE access_grant ADD COLUMN effect TEXT NOT NULL DEFAULT 'give' CHECK (effect IN ('give', 'withhold'))",
  "ALTER TABLE access_review_row ADD COLUMN effect TEXT NOT NULL DEFAULT 'give' CHECK (effect IN ('give', 'withhold'))",
];
