import { type CredentialKind, isStrictPublicKey, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import { newCredentialId } from "./core/entity-id.ts";
import { refuse } from "./core/refusal.ts";
import type { Validity } from "./core/validity.ts";
import { validityOf } from "./expansion/person-facts.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "./mutation.ts";
import type { NotificationKind } from "./notifications/notification.ts";
import { forgetCredentials } from "./people.ts";
import { isPhoneLost } from "./phones/phone-loss.ts";
import type { Queries } from "./store/cloud-database.ts";
import type { CredentialState, CredentialTable } from "./store/schema.ts";

/** What somebody presents at a door. */
export interface CredentialContent {
  readonly kind: CredentialKind;
  readonly validity: Validity;
  /** Kind `qr`: the phone's own key, 32 bytes; null: it shows issued passes. */
  readonly publicKey: Uint8Array | null;
  /** Kind `qr` with a key: issued passes signed before this instant are taken too; null: none is. */
  readonly takesIssuedUntil: number | null;
  /** Canonical bytes of a card, plate, ID card or face reference; null of other kinds. Never answered, never logged. */
  readonly number: Uint8Array | null;
}

export interface Credential extends Omit<CredentialContent, "number"> {
  /** 16 hex digits. */
  readonly id: string;
  readonly person: string;
  readonly state: CredentialState;
  /** Since when it is in this state, seconds. */
  readonly stateSince: number;
}

/** Gives a person a credential. The id says nothing; a new key is always a new credential. */
export function issueCredential(
  cloud: Cloud,
  note: ChangeNote,
  person: string,
  content: CredentialContent,
): Promise<Result<Changed<Credential>, "PersonUnknown" | "NumberTaken" | "RequestMalformed">> {
  const id = newCredentialId(cloud.randomBytes);
  return mutate(cloud, { ...note, target: `credential ${id}` }, async ({ queries, mark, now }) => {
    const found = await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst();
    if (found === undefined) return refuse("PersonUnknown", person);
    const { kind, publicKey, number } = content;
    if (publicKey !== null && (kind !== "qr" || !isStrictPublicKey(publicKey))) return refuse("RequestMalformed", "publicKey: not a key of a phone");
    if (content.takesIssuedUntil !== null && publicKey === null) return refuse("RequestMalformed", "takesIssuedUntil: only beside a publicKey");
    if ((number !== null) !== NUMBERED.includes(kind)) return refuse("RequestMalformed", `number: ${kind} has ${number === null ? "one" : "none"}`);
    if (number !== null) {
      const other = await queries.selectFrom("credential").select(["id"]).where("kind", "=", kind).where("number", "=", Buffer.from(number)).executeTakeFirst();
      if (other !== undefined) return refuse("NumberTaken", `credential ${other.id}`);
    }
    const row: CredentialTable = {
      id,
      person,
      kind,
      state: "active",
      state_since: now,
      valid_from: content.validity.from,
      valid_until: content.validity.until,
      public_key: publicKey === null ? null : Buffer.from(publicKey),
      takes_issued_until: content.takesIssuedUntil,
      number: number === null ? null : Buffer.from(number),
    };
    await queries.insertInto("credential").values(row).execute();
    mark("person", person);
    return ok(credentialOf(row));
  });
}

/** The kinds that are found by a number. */
const NUMBERED: readonly CredentialKind[] = ["card", "face", "idcard", "plate"];

export async function readCredential(queries: Queries, id: string): Promise<Credential | undefined> {
  const row = await queries.selectFrom("credential").selectAll().where("id", "=", id).executeTakeFirst();
  return row && credentialOf(row);
}

/** A person's credentials, in the order of their ids. */
export async function credentialsOf(queries: Queries, person: string): Promise<Credential[]> {
  return (await queries.selectFrom("credential").selectAll().where("person", "=", person).orderBy("id").execute()).map(credentialOf);
}

/** From which states a credential may go where. Lost and found again, frozen and unfrozen, suspended and cleared; an expired one stays so. */
const WAYS: Readonly<Record<CredentialState, readonly CredentialState[]>> = {
  active: ["lost", "frozen", "suspended", "expired"],
  lost: ["active", "frozen", "expired"],
  frozen: ["active", "expired"],
  suspended: ["active", "frozen", "lost", "expired"],
  expired: [],
};

/** What it is called when a credential works again. */
const BACK_FROM = {
  active: "credential.cleared",
  lost: "credential.returned",
  frozen: "credential.unfrozen",
  suspended: "credential.cleared",
  expired: "credential.cleared",
} as const satisfies Readonly<Record<CredentialState, NotificationKind>>;

/**
 * Puts a credential into a state; the same state again changes nothing (rules 4.1 and 4.2: both idempotent). Unfreezing names the case that asked for it
 * (rule 2.5).
 *
 * @param from  the states that this is the way out of; absent: all from which there is one. Returning a card must not lift a suspension.
 */
export function setCredentialState(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  state: CredentialState,
  caseNumber: string | null,
  from?: readonly CredentialState[],
): Promise<Result<Changed<Credential>, "CredentialUnknown" | "StateRefused" | "CaseRequired">> {
  return mutate(cloud, { ...note, target: `credential ${id}` }, (mutation) => moveCredential(mutation, id, state, caseNumber, from));
}

/** The same within a change that does more. */
export async function moveCredential(
  { queries, mark, now, notify }: Mutation,
  id: string,
  state: CredentialState,
  caseNumber: string | null,
  from?: readonly CredentialState[],
): Promise<Result<Credential, "CredentialUnknown" | "StateRefused" | "CaseRequired">> {
  const row = await queries.selectFrom("credential").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return refuse("CredentialUnknown", id);
  if (row.state === state) return ok(credentialOf(row));
  if (!WAYS[row.state].includes(state) || from?.includes(row.state) === false) return refuse("StateRefused", `${row.state}, not to be made ${state}`);
  if (row.state === "frozen" && state === "active" && caseNumber === null) return refuse("CaseRequired");
  // Only another phone lifts what a lost one stopped (rule 4.5): unfrozen, its QR is still suspended.
  const isStopped = state === "active" && row.kind === "qr" && (await isPhoneLost(queries, row.person));
  if (isStopped && row.state !== "frozen") return refuse("StateRefused", "the phone is lost: only another one lifts the suspension");
  const next = isStopped ? "suspended" : state;
  await queries.updateTable("credential").set({ state: next, state_since: now }).where("id", "=", id).execute();
  if (next === "lost")
    await queries.insertInto("card_loss").values({ credential: id, lost_at: now, back_at: null }).onConflict((conflict) => conflict.doNothing()).execute(); // prettier-ignore
  else if (next === "active") await queries.updateTable("card_loss").set({ back_at: now }).where("credential", "=", id).where("back_at", "is", null).execute();
  mark("person", row.person);
  const kind = next === "active" ? BACK_FROM[row.state] : (`credential.${next}` as const);
  notify({ kind, person: row.person, body: { credential: id, credentialKind: row.kind, case: caseNumber } });
  return ok(credentialOf({ ...row, state: next, state_since: now }));
}

/** Takes a credential away for good: it stays revoked in every zone. */
export function removeCredential(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "CredentialUnknown">> {
  return mutate(cloud, { ...note, target: `credential ${id}` }, async (mutation) => {
    const row = await mutation.queries.selectFrom("credential").select("person").where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("CredentialUnknown", id);
    await forgetCredentials(mutation, row.person, [id]);
    mutation.mark("person", row.person);
    return ok(null);
  });
}

function credentialOf(row: CredentialTable): Credential {
  return {
    id: row.id,
    person: row.person,
    kind: row.kind,
    state: row.state,
    stateSince: row.state_since,
    validity: validityOf(row),
    publicKey: row.public_key === null ? null : new Uint8Array(row.public_key),
    takesIssuedUntil: row.takes_issued_until,
  };
}
