import { nodeSha256 } from "@portico/card-protocol/node";
import type { Queries } from "../store/cloud-database.ts";
import type { CaseStepTable } from "../store/case-tables.ts";

/** One step as it goes into the history. */
export interface WrittenStep extends Omit<CaseStepTable, "text_hash" | "changes"> {
  /** Empty: nothing was said. */
  readonly text: string;
  /** Whose case it is: what was said goes with them. */
  readonly person: string | null;
  readonly changes: Readonly<Record<string, string>>;
}

/** Adds a step to a history. What was said stands beside it, and its hash in it: it can go with the person, and not be another. */
export async function writeStep(queries: Queries, { text, person, changes, ...step }: WrittenStep): Promise<void> {
  const text_hash = text === "" ? null : Buffer.from(nodeSha256(Buffer.from(text)));
  await queries
    .insertInto("case_step")
    .values({ ...step, text_hash, changes: JSON.stringify(changes) })
    .execute();
  if (text === "") return;
  await queries.insertInto("case_text").values({ campus_case: step.campus_case, seq: step.seq, person, text }).execute();
}
