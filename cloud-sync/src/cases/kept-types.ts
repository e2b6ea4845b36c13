import { SetupError } from "@portico/card-protocol";
import type { CaseType } from "../core/cases/case-type.ts";
import { stateOf } from "../core/cases/step-case.ts";
import type { CloudDatabase } from "../store/cloud-database.ts";

/**
 * Sees that every case that is kept can be read by the types that there are now.
 *
 * @param folder  where the types come from
 * @throws SetupError for a type, or a state of one, in which cases are and which is no longer defined
 */
export async function seeKeptTypes({ queries }: Pick<CloudDatabase, "queries">, types: readonly CaseType[], folder: string): Promise<void> {
  const kept = await queries
    .selectFrom("campus_case")
    .select(({ fn }) => ["type", "state", fn.countAll<number>().as("cases")])
    .groupBy(["type", "state"])
    .orderBy("type")
    .orderBy("state")
    .execute();
  const lost = kept.flatMap(({ type, state, cases }) => {
    const found = types.find(({ id }) => id === type);
    if (found !== undefined && stateOf(found, state) !== undefined) return [];
    return [`${found === undefined ? `type ${type}` : `state ${state} of type ${type}`}: ${cases === 1 ? "1 case" : `${cases} cases`}`];
  });
  if (lost.length === 0) return;
  throw new SetupError(`cases are kept that nothing defines any more\n${lost.join("\n")}`, folder, "Put back the file, or the state, as it was: a type of which there are cases stays."); // prettier-ignore
}
