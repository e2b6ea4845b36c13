import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { portions } from "../core/portions.ts";
import { movementsOf } from "../ledger/statement-lines.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { NotificationKind } from "../notifications/notification.ts";
import type { Queries } from "../store/cloud-database.ts";
import { catchUp } from "../events/credential-events.ts";
import { countEvents } from "./movement-reading.ts";
import { personalTables, plainRow, type PlainRow, rowsOf } from "./personal-tables.ts";

/** Everything that is kept of a person, by table, and what was done to them. */
export interface PersonRecord {
  readonly tables: Readonly<Record<string, readonly PlainRow[]>>;
  /** Whom the person vouches for. */
  readonly vouchesFor: readonly PlainRow[];
  /** Changes of the person, their credentials, and requests about them. */
  readonly changes: readonly PlainRow[];
  /** Events that name the credentials: what they say is told by a movement request alone. */
  readonly events: number;
}

/** Ids in one statement. */
const IDS_MAX = 300;

/** Gives everything that is kept of a person. That it was given stands in the audit. */
export async function exportPerson(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<PersonRecord>, "PersonUnknown" | "ReasonRequired">> {
  await catchUp(cloud.database);
  return mutate(cloud, { ...note, target: `person ${id}` }, async ({ queries }) => {
    if (note.reason === "") return refuse("ReasonRequired", note.action);
    const person = await rowsOf(queries, "person", "id", id);
    if (person.length === 0) return refuse("PersonUnknown", id);
    const tables: Record<string, readonly PlainRow[]> = { person };
    for (const table of await personalTables(queries)) {
      const rows = (await rowsOf(queries, table, "person", id)).filter((row) => !tellsWhere(table, row));
      if (rows.length > 0) tables[table] = rows;
    }
    for (const { wallet } of await queries.selectFrom("wallet").select("wallet").where("person", "=", id).execute())
      tables["ledger_movement"] = (await movementsOf(queries, wallet)).map(plainRow);
    const removed = await rowsOf(queries, "removed_credential", "person", id);
    if (removed.length > 0) tables["removed_credential"] = removed;
    const grants = (await rowsOf(queries, "access_grant", "subject", id)).filter((row) => row["subject_kind"] === "person");
    if (grants.length > 0) tables["access_grant"] = grants;
    return ok({
      tables,
      vouchesFor: (await rowsOf(queries, "person_audience", "sponsor", id)).map(({ person: who, audience, valid_from, valid_until }) => ({ person: who!, audience: audience!, valid_from: valid_from!, valid_until: valid_until! })), // prettier-ignore
      changes: await changesOf(queries, id, tables),
      events: await countEvents(queries, id),
    });
  });
}

/** Where the person stood is told by a movement request alone. */
const tellsWhere = (table: string, row: PlainRow): boolean => table === "notification" && row["kind"] === ("access.denied" satisfies NotificationKind);

async function changesOf(queries: Queries, id: string, tables: PersonRecord["tables"]): Promise<PlainRow[]> {
  const ids = (table: string): string[] => (tables[table] ?? []).map((row) => String(row["id"]));
  const targets = [
    `person ${id}`,
    ...[...ids("credential"), ...ids("removed_credential")].map((each) => `credential ${each}`),
    ...ids("movement_request").map((each) => `movement request ${each}`),
    ...ids("access_grant").map((each) => `grant ${each}`),
  ];
  const found: PlainRow[] = [];
  for (const portion of portions(targets, IDS_MAX))
    found.push(
      ...(await queries
        .selectFrom("change_record")
        .select(["id", "at", "actor", "action", "target", "reason"])
        .where("target", "in", portion)
        .orderBy("id")
        .execute()),
    );
  return found;
}
