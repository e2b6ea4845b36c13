import { ok, type Result, unixSeconds, type UnixSeconds } from "@portico/card-protocol";
import { makeIssuedPass } from "@portico/card-protocol/phone";
import type { Cloud } from "../cloud.ts";
import { audienceTimes } from "../core/audience.ts";
import { grantTimes } from "../core/withholding.ts";
import { refuse } from "../core/refusal.ts";
import { holdsAt } from "../core/validity.ts";
import { Campus } from "../expansion/campus-facts.ts";
import { readPeople } from "../expansion/person-facts.ts";
import { isPhoneLost } from "../phones/phone-loss.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { CredentialTable } from "../store/schema.ts";
import type { PassKey } from "./pass-key.ts";

/** One pass T, ready to be shown. */
export interface IssuedPass {
  /** `CP1:` and Base45, 151 characters: what the QR carries. */
  readonly text: string;
  readonly signedAt: UnixSeconds;
  readonly expiresAt: UnixSeconds;
}
/** Passes of one credential, each to be shown when the one before ends. */
export interface IssuedPasses {
  readonly person: string;
  readonly credential: string;
  readonly passes: readonly IssuedPass[];
}
/** Why somebody is given no pass, in the order of looking. */
export type PassRefusal = "PersonUnknown" | "PhoneLost" | "CredentialFrozen" | "CredentialSuspended" | "CredentialNotValid" | "PassNotTaken" | "CardNotForYou";

/** A batch reaches no further ahead, seconds. docs/card-format.md, "Three kinds". */
export const BATCH_AHEAD_MAX_S = 600;
/** Whose card it is without a grant (rule 2.2). */
const CARD_AUDIENCES = ["staff", "student", "family"] as const;

/**
 * Issues passes T to one person: as many as cover the time from now on. The counter of a T is its expiry, so that nobody, after a restart or beside another
 * instance, can mint one counter for two times. That they were issued is kept before they are answered.
 *
 * @param forS  1..{@link BATCH_AHEAD_MAX_S} seconds that shall be covered
 */
export async function issuePasses(cloud: Cloud, key: PassKey, actor: string, person: string, forS: number): Promise<Result<IssuedPasses, PassRefusal>> {
  const now = unixSeconds(Math.floor(cloud.nowMs() / 1000));
  const found = await takingCredential(cloud.database.queries, person, now);
  if (!found.ok) return found;
  const until = Math.min(now + forS, found.value.valid_until, found.value.takes_issued_until ?? Infinity);
  const passes: { signedAt: UnixSeconds; expiresAt: UnixSeconds }[] = [];
  for (let signedAt: number = now; signedAt < until && signedAt + key.ttlS <= key.notAfter; signedAt += key.ttlS)
    if (passes.length === 0 || signedAt + key.ttlS <= now + BATCH_AHEAD_MAX_S)
      passes.push({ signedAt: unixSeconds(signedAt), expiresAt: unixSeconds(signedAt + key.ttlS) });
  const credential = found.value.id;
  const row = { credential, kid: key.kid, issued_at: now, until: passes.at(-1)!.expiresAt, actor };
  await cloud.database.queries
    .insertInto("issued_pass")
    .values(row)
    // A shorter batch does not shorten what an earlier one reaches.
    .onConflict((conflict) =>
      conflict.column("credential").doUpdateSet((old) => ({
        kid: row.kid,
        issued_at: row.issued_at,
        actor,
        until: old.case().when("issued_pass.until", ">", row.until).then(old.ref("issued_pass.until")).else(row.until).end(),
      })),
    )
    .execute();
  const { site } = cloud;
  return ok({
    person,
    credential,
    passes: passes.map(({ signedAt, expiresAt }) => ({
      text: makeIssuedPass({ site, credentialId: credential, kid: key.kid, expiresAt }, key.signer).text,
      signedAt,
      expiresAt,
    })),
  });
}

/** The credential that an issued pass can stand for, or why there is none. What stands against the person comes before what stands against one credential. */
async function takingCredential(queries: Queries, person: string, now: UnixSeconds): Promise<Result<CredentialTable, PassRefusal>> {
  if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
  if (await isPhoneLost(queries, person)) return refuse("PhoneLost", person);
  const rows = await queries.selectFrom("credential").selectAll().where("person", "=", person).where("kind", "=", "qr").orderBy("id").execute();
  const frozen = rows.find(({ state }) => state === "frozen");
  if (frozen !== undefined) return refuse("CredentialFrozen", `credential ${frozen.id}`);
  const taking = rows.filter((row) => row.public_key === null || (row.takes_issued_until !== null && now < row.takes_issued_until));
  const good = taking.find((row) => row.state === "active" && row.valid_from <= now && now < row.valid_until);
  if (good === undefined) {
    const stopped = taking.find(({ state }) => state === "suspended" || state === "lost");
    if (stopped !== undefined) return refuse("CredentialSuspended", `credential ${stopped.id} is ${stopped.state}`);
    const [over] = taking;
    return over === undefined ? refuse("PassNotTaken", person) : refuse("CredentialNotValid", `credential ${over.id}`);
  }
  return (await isCardFor(queries, person, now)) ? ok(good) : refuse("CardNotForYou", person);
}

/** Staff, students and family, and whomever a grant reaches now (rules 2.2 and 2.18). */
async function isCardFor(queries: Queries, person: string, now: UnixSeconds): Promise<boolean> {
  const [facts] = await readPeople(queries, await Campus.read(queries), [person]);
  if (facts === undefined) return false;
  const times = audienceTimes(facts.memberships);
  return CARD_AUDIENCES.some((audience) => holdsAt(times.get(audience) ?? [], now)) || grantTimes(facts).some((grant) => holdsAt(grant.times, now));
}
