import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { portions } from "../core/portions.ts";
import { endWallet } from "../ledger/wallets.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { forgetCredentials } from "../people.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { PersonTable } from "../store/schema.ts";
import { forgetNotices } from "../top-ups/provider-notices.ts";
import { obligationsOf } from "./obligations.ts";
import { forgetRows, personalTables } from "./personal-tables.ts";

/** Stands in the audit where somebody had written who it was. */
export const ERASED_REASON = "(erased with the person)";
/** Credentials go by a way of their own. Notifications name ids alone, are numbered without gaps, and go with their time. */
const STAYS = new Set(["credential", "notification"]);
/** Ids in one statement. */
const IDS_MAX = 300;

/**
 * Takes away everything that says who somebody is. Ids stay in the audit, in events and among the revocations: they lead to nobody any more, and the chain of
 * events verifies as before. Erasing again changes nothing.
 *
 * Refused while something stands against it. The id is never given again: a list that is pushed later does not bring the person back.
 */
export function erasePerson(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "PersonUnknown" | "ObligationsStand">> {
  return mutate(cloud, { ...note, target: `person ${id}` }, async (mutation) => {
    const { queries, now, mark } = mutation;
    const person = await queries.selectFrom("person").selectAll().where("id", "=", id).executeTakeFirst();
    if (person === undefined) return (await isErased(queries, id)) ? ok(null) : refuse("PersonUnknown", id);
    await endWallet(queries, id);
    const obligations = await obligationsOf(queries, id, now);
    if (obligations.length > 0) return refuse("ObligationsStand", obligations.join("; "));
    const credentials = (await queries.selectFrom("credential").select("id").where("person", "=", id).execute()).map((row) => row.id);
    const removed = (await queries.selectFrom("removed_credential").select("id").where("person", "=", id).execute()).map((row) => row.id);
    const requests = (await queries.selectFrom("movement_request").select("id").where("person", "=", id).execute()).map((row) => row.id);
    const ofCredentials = [...credentials, ...removed].map((each) => `credential ${each}`);
    await clearAudit(queries, person, [`person ${id}`, ...ofCredentials, ...requests.map((each) => `movement request ${each}`)]);
    await clearAnswers(queries, id);
    await dropPlans(queries, person);
    await forgetNotices(queries, id);
    for (const table of await personalTables(queries)) if (!STAYS.has(table)) await forgetRows(queries, table, id);
    await forgetCredentials(mutation, id, credentials);
    for (const some of portions([...credentials, ...removed], IDS_MAX)) await queries.deleteFrom("last_use").where("credential", "in", some).execute();
    await queries.deleteFrom("access_grant").where("subject_kind", "=", "person").where("subject", "=", id).execute();
    // Whom the person vouched for once is family no more.
    await queries.deleteFrom("person_audience").where("sponsor", "=", id).execute();
    await queries.deleteFrom("person").where("id", "=", id).execute();
    await queries.insertInto("erased_person").values({ id, at: now }).execute();
    mark("person", id);
    return ok(null);
  });
}

export const isErased = async (queries: Queries, id: string): Promise<boolean> =>
  (await queries.selectFrom("erased_person").select("id").where("id", "=", id).executeTakeFirst()) !== undefined;

/** Reasons in which somebody wrote who it was. That something was done, when and by whom stays. */
async function clearAudit(queries: Queries, { name, account, phone, mail }: PersonTable, targets: readonly string[]): Promise<void> {
  const words = [name, account, phone, mail].flatMap((word) => (word === null ? [] : [word.toLowerCase()]));
  for (const portion of portions(targets, IDS_MAX)) {
    const rows = await queries.selectFrom("change_record").select(["id", "reason"]).where("target", "in", portion).where("reason", "<>", "").execute();
    const telling = rows.filter(({ reason }) => words.some((word) => reason.toLowerCase().includes(word))).map((row) => row.id);
    for (const ids of portions(telling, IDS_MAX)) await queries.updateTable("change_record").set({ reason: ERASED_REASON }).where("id", "in", ids).execute();
  }
}

/** Plans that name the person and wait to be applied: they are made anew. */
async function dropPlans(queries: Queries, { id, account, phone }: PersonTable): Promise<void> {
  for (const word of [id, account, phone]) if (word !== null) await queries.deleteFrom("kept_plan").where("content", "like", `%${word}%`).execute();
}

/** Answers that are kept for who asks again: what they told of the person is gone, and that they were given stays. */
async function clearAnswers(queries: Queries, id: string): Promise<void> {
  await queries.updateTable("kept_answer").set({ status: null, media_type: null, body: null }).where("body", "like", `%${id}%`).execute();
}
