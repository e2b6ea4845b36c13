import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { type Person, readPerson } from "../people.ts";

/** What somebody may have kept wrong of themselves. Absent: it stays. */
export interface Correction {
  readonly account?: string | null | undefined;
  readonly name?: string | undefined;
  readonly phone?: string | null | undefined;
  readonly mail?: string | null | undefined;
}

/** Puts right what is kept of a person, with a reason. The audit says which fields, never what stood or stands there. */
export function correctPerson(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  correction: Correction,
): Promise<Result<Changed<Person>, "PersonUnknown" | "AccountTaken" | "ReasonRequired">> {
  const { account, name, phone, mail } = correction;
  const row = {
    ...(account === undefined ? {} : { account: account?.toLowerCase() ?? null }),
    ...(name === undefined ? {} : { name }),
    ...(phone === undefined ? {} : { phone }),
    ...(mail === undefined ? {} : { mail: mail?.toLowerCase() ?? null }),
  };
  return mutate(cloud, { ...note, target: `person ${id}`, reason: `${Object.keys(row).join(", ")}: ${note.reason}` }, async ({ queries, mark }) => {
    if (note.reason === "") return refuse("ReasonRequired", note.action);
    if ((await readPerson(queries, id)) === undefined) return refuse("PersonUnknown", id);
    const other =
      row.account === undefined || row.account === null
        ? undefined
        : await queries.selectFrom("person").select("id").where("account", "=", row.account).executeTakeFirst();
    if (other !== undefined && other.id !== id) return refuse("AccountTaken", `person ${other.id}`);
    if (Object.keys(row).length > 0) await queries.updateTable("person").set(row).where("id", "=", id).execute();
    mark("person", id);
    return ok((await readPerson(queries, id))!);
  });
}
