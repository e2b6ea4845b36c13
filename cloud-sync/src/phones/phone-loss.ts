import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { forgetSessions } from "../login/sessions.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { forgetCredentials } from "../people.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { CredentialState } from "../store/schema.ts";

/** Where a loss may be reported: each after a look at who reports it (rule 4.5). */
export const LOSS_CHANNELS = ["browser", "hotline", "guard"] as const;
export type LossChannel = (typeof LOSS_CHANNELS)[number];

/** What somebody's phone may and may not, as it stands. */
export interface PhoneState {
  readonly person: string;
  /** Null: it is not reported lost. Seconds. */
  readonly lostSince: number | null;
  /** Credentials that a phone's own key signs for. */
  readonly held: readonly { readonly credential: string; readonly state: CredentialState; readonly publicKey: Uint8Array }[];
  /** Credentials that issued passes stand for. */
  readonly issued: readonly { readonly credential: string; readonly state: CredentialState }[];
  /** Until when a pass that was issued may still be taken by a door that has heard nothing since; null: none was. Seconds. */
  readonly passesUntil: number | null;
}

/**
 * A phone is gone: its key ends for good, passes that were issued to it are refused, and the QR stays suspended until another phone is enrolled. Every
 * session of the person ends, wherever it was opened: nobody knows which of them the phone holds. The physical card goes on (rule 4.5). Again changes nothing.
 */
export function reportPhoneLost(
  cloud: Cloud,
  note: ChangeNote,
  person: string,
  { channel, identityCheck }: { readonly channel: LossChannel; readonly identityCheck: string },
): Promise<Result<Changed<PhoneState>, "PersonUnknown">> {
  const told = [`by ${channel}, identity: ${identityCheck}`, note.reason].filter((text) => text !== "").join("; ");
  return mutate(cloud, { ...note, target: `person ${person}`, reason: told }, async (mutation) => {
    const { queries, mark, now } = mutation;
    const before = await readPhone(queries, person);
    if (before === undefined) return refuse("PersonUnknown", person);
    if (before.lostSince !== null) return ok(before);
    await forgetCredentials(mutation, person, before.held.map(({ credential }) => credential)); // prettier-ignore
    const stopped = before.issued.filter(({ state }) => state === "active").map(({ credential }) => credential);
    if (stopped.length > 0) await queries.updateTable("credential").set({ state: "suspended", state_since: now }).where("id", "in", stopped).execute();
    const row = { person, since: now, passes_until: before.passesUntil ?? now, lifted_at: null };
    await queries
      .insertInto("phone_loss")
      .values(row)
      .onConflict((conflict) => conflict.columns(["person", "since"]).doUpdateSet(row))
      .execute();
    await forgetSessions(queries, person);
    mark("person", person);
    mutation.notify({ kind: "phone.lost", person, body: { passesUntil: row.passes_until } });
    for (const credential of stopped) mutation.notify({ kind: "credential.suspended", person, body: { credential, credentialKind: "qr", case: null } });
    return ok((await readPhone(queries, person))!);
  });
}

/** Undefined: there is no such person. */
export async function readPhone(queries: Queries, person: string): Promise<PhoneState | undefined> {
  if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return undefined;
  const rows = await queries.selectFrom("credential").selectAll().where("person", "=", person).where("kind", "=", "qr").orderBy("id").execute();
  const loss = await queries
    .selectFrom("phone_loss")
    .select(["since", "passes_until"])
    .where("person", "=", person)
    .where("lifted_at", "is", null)
    .executeTakeFirst();
  const passes = await queries
    .selectFrom("issued_pass")
    .innerJoin("credential", "credential.id", "issued_pass.credential")
    .select((table) => table.fn.max("issued_pass.until").as("until"))
    .where("credential.person", "=", person)
    .executeTakeFirstOrThrow();
  return {
    person,
    lostSince: loss?.since ?? null,
    held: rows.flatMap(({ id, state, public_key }) => (public_key === null ? [] : [{ credential: id, state, publicKey: new Uint8Array(public_key) }])),
    issued: rows.flatMap(({ id, state, public_key, takes_issued_until }) =>
      public_key === null || takes_issued_until !== null ? [{ credential: id, state }] : [],
    ),
    // Of a credential that ended with the phone only the loss still knows.
    passesUntil: loss?.passes_until ?? passes.until ?? null,
  };
}

/** One phone that is gone. */
export interface LostPhone {
  readonly person: string;
  /** Seconds. */
  readonly lostSince: number;
  /** Until when a pass that was issued may still be taken by a door that has heard nothing since. Seconds. */
  readonly passesUntil: number;
}

/** Phones that are reported lost and that no other has taken the place of, in the order of their persons' ids. @param after  the last person of the page before */
export async function listLostPhones(queries: Queries, after: string, limit: number): Promise<LostPhone[]> {
  const rows = await queries
    .selectFrom("phone_loss")
    // Whoever is gone has no phone to lose any more.
    .innerJoin("person", "person.id", "phone_loss.person")
    .selectAll("phone_loss")
    .where("lifted_at", "is", null)
    .where("person", ">", after)
    .orderBy("person")
    .limit(limit)
    .execute();
  return rows.map(({ person, since, passes_until }) => ({ person, lostSince: since, passesUntil: passes_until }));
}

/** Whether a person has reported the phone lost, and enrolled no other since. */
export const isPhoneLost = async (queries: Queries, person: string): Promise<boolean> =>
  (await queries.selectFrom("phone_loss").select("person").where("person", "=", person).where("lifted_at", "is", null).executeTakeFirst()) !== undefined;
