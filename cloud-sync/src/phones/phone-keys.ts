import { isStrictPublicKey, ok, type Result, verifyPossession } from "@portico/card-protocol";
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import { newCredentialId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import type { Validity } from "../core/validity.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import { forgetCredentials } from "../people.ts";
import type { CredentialTable } from "../store/schema.ts";

/** What a phone is asked to sign. */
export interface PhoneChallenge {
  /** 32 bytes, once. */
  readonly nonce: Uint8Array;
  /** Seconds. */
  readonly expiresAt: number;
}
/** What a phone enrols. */
export interface PhoneEnrolment {
  /** Ed25519, 32 bytes, made on the phone. */
  readonly publicKey: Uint8Array;
  readonly nonce: Uint8Array;
  /** Signed record of kind 4 over nonce and person. */
  readonly proof: Uint8Array;
  readonly validity: Validity;
  /** The held credential that this one takes the place of; null: there is none that is in use. */
  readonly replaces: string | null;
}
export interface EnrolledPhone {
  /** The credential that the phone signs for, 16 hex digits. */
  readonly credential: string;
  /** Credentials that ended with it. */
  readonly ended: readonly string[];
  /** The credential that issued passes stand for until the doors know the key; null: the person has none. */
  readonly issuedCredential: string | null;
}

export const CHALLENGE_LIFE_S = 300;

/** A challenge for a person's phone. */
export async function challengePhone(cloud: Cloud, person: string): Promise<Result<PhoneChallenge, "PersonUnknown">> {
  const { queries } = cloud.database;
  const now = Math.floor(cloud.nowMs() / 1000);
  if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
  const challenge = { nonce: cloud.randomBytes(32), expiresAt: now + CHALLENGE_LIFE_S };
  await cloud.database.transact(async (all) => {
    await all.deleteFrom("phone_challenge").where("until", "<=", now).execute();
    await all
      .insertInto("phone_challenge")
      .values({ nonce: Buffer.from(challenge.nonce), person, until: challenge.expiresAt })
      .execute();
  }, "read committed");
  return ok(challenge);
}

/**
 * Enrols a phone: a new key is always a new credential, and a person has one. It lifts what a loss of the phone or a suspension stopped (rule 4.5): what was
 * suspended is not revived but replaced, so that passes that were issued for it stay dead. What is frozen it does not get around (rule 2.5).
 */
export function enrolPhone(
  cloud: Cloud,
  note: ChangeNote,
  person: string,
  { publicKey, nonce, proof, validity, replaces }: PhoneEnrolment,
): Promise<
  Result<Changed<EnrolledPhone>, "PersonUnknown" | "RequestMalformed" | "PossessionRefused" | "PhoneKeyUsed" | "CredentialFrozen" | "PhoneKeyActive">
> {
  const id = newCredentialId(cloud.randomBytes);
  return mutate(cloud, { ...note, target: `credential ${id}` }, async (mutation) => {
    const { queries, mark, now } = mutation;
    if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
    if (!isStrictPublicKey(publicKey)) return refuse("RequestMalformed", "publicKey: no Ed25519 key, or one that anybody can sign with");
    const open = await queries
      .deleteFrom("phone_challenge")
      .where("nonce", "=", Buffer.from(nonce))
      .where("person", "=", person)
      .where("until", ">", now)
      .returning("until")
      .executeTakeFirst();
    if (open === undefined) return refuse("PossessionRefused", "the challenge is not open");
    if (!verifyPossession(proof, cloud.site, { nonce, person }, publicKey, nodeVerifier))
      return refuse("PossessionRefused", "the proof does not hold for this person, challenge and key");
    const key_hash = Buffer.from(nodeSha256(publicKey));
    const { numInsertedOrUpdatedRows } = await queries
      .insertInto("used_phone_key")
      .values({ key_hash, since: now })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows === 0n) return refuse("PhoneKeyUsed");
    const known = await queries.selectFrom("credential").selectAll().where("person", "=", person).where("kind", "=", "qr").orderBy("id").execute();
    const frozen = known.find(({ state }) => state === "frozen");
    if (frozen !== undefined) return refuse("CredentialFrozen", `credential ${frozen.id}`);
    const held = known.filter(({ public_key }) => public_key !== null);
    const inUse = held.find(({ state, valid_until }) => state === "active" && now < valid_until);
    if ((inUse?.id ?? null) !== replaces) return refuse("PhoneKeyActive", inUse === undefined ? "none is in use" : `credential ${inUse.id}`);
    const stopped = known.filter(({ state, public_key }) => public_key === null && state === "suspended");
    const ended = [...held, ...stopped].map((row) => row.id);
    await forgetCredentials(mutation, person, ended);
    const fresh = stopped.map((row) => ({ ...row, id: newCredentialId(cloud.randomBytes), state: "active", state_since: now }) as const);
    const credential: CredentialTable = {
      id,
      person,
      kind: "qr",
      state: "active",
      state_since: now,
      valid_from: validity.from,
      valid_until: validity.until,
      public_key: Buffer.from(publicKey),
      takes_issued_until: null,
      number: null,
    };
    await queries
      .insertInto("credential")
      .values([credential, ...fresh])
      .execute();
    await liftLoss(mutation, person);
    mark("person", person);
    const issued = [...fresh, ...known.filter(({ public_key, state }) => public_key === null && state === "active")][0];
    return ok({ credential: id, ended, issuedCredential: issued?.id ?? null });
  });
}

async function liftLoss({ queries, now }: Mutation, person: string): Promise<void> {
  await queries.updateTable("phone_loss").set({ lifted_at: now }).where("person", "=", person).where("lifted_at", "is", null).execute();
}
