import { ok, type Result, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { newCredentialId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { forgetCredentials } from "../people.ts";
import type { LentCardTable } from "../store/phone-tables.ts";

/** `out`: within its time. `overdue`: its time is over, no door takes it, and the desk has not got it back. */
export const LOAN_STATES = ["out", "overdue", "returned"] as const;
export type LoanState = (typeof LOAN_STATES)[number];

/** A card that a desk lends to somebody whose own is not there. */
export interface LentCard {
  /** The loan's id, and the credential's while it lasts. */
  readonly credential: string;
  readonly person: string;
  readonly desk: string;
  readonly lentAt: number;
  readonly dueAt: number;
  readonly returnedAt: number | null;
  /** At the instant of reading: nobody has to end a loan for it to be over. */
  readonly state: LoanState;
}

export const LOAN_MAX_S = 86_400;

/** Lends a card: a credential of its own that ends by itself. The person's own card stays as it was. */
export function lendCard(
  cloud: Cloud,
  note: ChangeNote,
  person: string,
  { number, desk, dueAt }: { readonly number: Uint8Array; readonly desk: string; readonly dueAt: number },
): Promise<Result<Changed<LentCard>, "PersonUnknown" | "RequestMalformed" | "CredentialFrozen" | "AlreadyLent" | "NumberTaken">> {
  const id = newCredentialId(cloud.randomBytes);
  return mutate(cloud, { ...note, target: `credential ${id}` }, async ({ queries, mark, now }) => {
    if (dueAt <= now || dueAt > now + LOAN_MAX_S) return refuse("RequestMalformed", "dueAt: within the next 24 hours");
    if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
    const frozen = await queries.selectFrom("credential").select("id").where("person", "=", person).where("kind", "=", "card").where("state", "=", "frozen").executeTakeFirst(); // prettier-ignore
    if (frozen !== undefined) return refuse("CredentialFrozen", `credential ${frozen.id}`);
    const open = await queries.selectFrom("lent_card").select("credential").where("person", "=", person).where("returned_at", "is", null).executeTakeFirst();
    if (open !== undefined) return refuse("AlreadyLent", `lent card ${open.credential}`);
    const other = await queries.selectFrom("credential").select("id").where("kind", "=", "card").where("number", "=", Buffer.from(number)).executeTakeFirst();
    if (other !== undefined) return refuse("NumberTaken", `credential ${other.id}`);
    const plain = { public_key: null, takes_issued_until: null, number: Buffer.from(number) };
    await queries
      .insertInto("credential")
      .values({ id, person, kind: "card", state: "active", state_since: now, valid_from: now, valid_until: dueAt, ...plain })
      .execute();
    const row: LentCardTable = { credential: id, person, desk, lent_at: now, due_at: dueAt, returned_at: null };
    await queries.insertInto("lent_card").values(row).execute();
    mark("person", person);
    return ok(lentCardOf(row, now));
  });
}

/** A lent card is back at the desk: its credential ends at once, and the card can be lent to the next. Again changes nothing. */
export function takeBackCard(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<LentCard>, "LentCardUnknown">> {
  return mutate(cloud, { ...note, target: `credential ${id}` }, async (mutation) => {
    const { queries, mark, now } = mutation;
    const row = await queries.selectFrom("lent_card").selectAll().where("credential", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("LentCardUnknown", id);
    if (row.returned_at !== null) return ok(lentCardOf(row, now));
    // Somebody may have removed the credential, or the person, meanwhile.
    const found = await queries.selectFrom("credential").select("id").where("id", "=", id).executeTakeFirst();
    if (found !== undefined) await forgetCredentials(mutation, row.person, [id]);
    await queries.updateTable("lent_card").set({ returned_at: now }).where("credential", "=", id).execute();
    mark("person", row.person);
    return ok(lentCardOf({ ...row, returned_at: now }, now));
  });
}

/** Loans in the order of their ids: of one state, of one person, or all. @param after  the last id of the page before */
export async function listLentCards(
  cloud: Cloud,
  { state, person }: { readonly state?: LoanState | undefined; readonly person?: string | undefined },
  after: string,
  limit: number,
): Promise<LentCard[]> {
  const { queries } = cloud.database;
  const now = Math.floor(cloud.nowMs() / 1000);
  let query = queries.selectFrom("lent_card").selectAll().where("credential", ">", after).orderBy("credential").limit(limit);
  if (person !== undefined) query = query.where("person", "=", person);
  if (state !== undefined) query = query.where("returned_at", state === "returned" ? "is not" : "is", null);
  if (state === "out") query = query.where("due_at", ">", now);
  if (state === "overdue") query = query.where("due_at", "<=", now);
  return (await query.execute()).map((row) => lentCardOf(row, now));
}

function lentCardOf({ credential, person, desk, lent_at, due_at, returned_at }: LentCardTable, now: number): LentCard {
  const state = returned_at !== null ? "returned" : now < due_at ? "out" : "overdue";
  return { credential, person, desk, lentAt: unixSeconds(lent_at), dueAt: unixSeconds(due_at), returnedAt: returned_at, state };
}
