import { type HolderFlag, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import { type Audience, sponsorTimes } from "./core/audience.ts";
import { newEntityId } from "./core/entity-id.ts";
import { refuse } from "./core/refusal.ts";
import { holdsAt, type Validity } from "./core/validity.ts";
import { flagBits, flagsOf, validityOf } from "./expansion/person-facts.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "./mutation.ts";
import type { Queries } from "./store/cloud-database.ts";
import type { PersonTable } from "./store/schema.ts";

/** Who somebody is, but for what he may do. */
export interface PersonContent {
  /** The whole mail address of the campus account; equal prefixes of two domains are two people (rule 1.5). */
  readonly account: string | null;
  readonly name: string;
  /** E.164, `+8613800138000`. */
  readonly phone: string | null;
  readonly mail: string | null;
  /** Never `visitor`: the audiences say it. */
  readonly flags: readonly Exclude<HolderFlag, "visitor">[];
  /** 1..255: how many pass on one presentation. */
  readonly partySize: number;
}

/** That somebody belongs to an audience for a while; family by a sponsor (rule 1.6). */
export interface AudienceContent {
  readonly audience: Audience;
  readonly validity: Validity;
  readonly sponsor: string | null;
}

export interface Person extends PersonContent {
  readonly id: string;
  readonly audiences: readonly AudienceContent[];
}

/**
 * Makes a person, or makes an existing one say this. The same content again changes nothing.
 *
 * @param id  UUIDv7; undefined: a new one. That of somebody who was erased is refused
 */
export function putPerson(cloud: Cloud, note: ChangeNote, id: undefined, content: PersonContent): Promise<Result<Changed<Person>, "AccountTaken">>;
export function putPerson(
  cloud: Cloud,
  note: ChangeNote,
  id: string | undefined,
  content: PersonContent,
): Promise<Result<Changed<Person>, "AccountTaken" | "PersonErased">>;
export function putPerson(
  cloud: Cloud,
  note: ChangeNote,
  id: string | undefined,
  content: PersonContent,
): Promise<Result<Changed<Person>, "AccountTaken" | "PersonErased">> {
  const person = id ?? newEntityId(cloud.nowMs(), cloud.randomBytes);
  return mutate(cloud, { ...note, target: `person ${person}` }, (mutation) => writePerson(mutation, person, content));
}

/** The same within a change that does more. */
export async function writePerson(
  { queries, mark }: Mutation,
  person: string,
  content: PersonContent,
): Promise<Result<Person, "AccountTaken" | "PersonErased">> {
  const erased = await queries.selectFrom("erased_person").select("id").where("id", "=", person).executeTakeFirst();
  if (erased !== undefined) return refuse("PersonErased", person);
  const account = content.account?.toLowerCase() ?? null;
  const other = account === null ? undefined : await queries.selectFrom("person").select("id").where("account", "=", account).executeTakeFirst();
  if (other !== undefined && other.id !== person) return refuse("AccountTaken", `person ${other.id}`);
  const row: PersonTable = {
    id: person,
    account,
    name: content.name,
    phone: content.phone,
    mail: content.mail?.toLowerCase() ?? null,
    flags: flagBits(content.flags),
    party_size: content.partySize,
  };
  await queries
    .insertInto("person")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
  mark("person", person);
  return ok((await readPerson(queries, person))!);
}

/** A person with its audiences; undefined: there is none. */
export async function readPerson(queries: Queries, id: string): Promise<Person | undefined> {
  const row = await queries.selectFrom("person").selectAll().where("id", "=", id).executeTakeFirst();
  return row && { ...contentOf(row), audiences: await readAudiences(queries, id) };
}

/** People in the order of their ids. @param after  the last id of the page before */
export async function listPeople(queries: Queries, after: string, limit: number): Promise<Person[]> {
  const rows = await queries.selectFrom("person").selectAll().where("id", ">", after).orderBy("id").limit(limit).execute();
  return Promise.all(rows.map(async (row) => ({ ...contentOf(row), audiences: await readAudiences(queries, row.id) })));
}

/** People by their whole account or phone number. */
export async function findPeople(queries: Queries, by: { readonly account?: string; readonly phone?: string }): Promise<Person[]> {
  let query = queries.selectFrom("person").selectAll().orderBy("id").limit(100);
  if (by.account !== undefined) query = query.where("account", "=", by.account.toLowerCase());
  if (by.phone !== undefined) query = query.where("phone", "=", by.phone);
  return Promise.all((await query.execute()).map(async (row) => ({ ...contentOf(row), audiences: await readAudiences(queries, row.id) })));
}

/**
 * Makes a person belong to an audience: replaces what was said of the same audience from the same instant on. Family needs a sponsor whose status holds now.
 */
export function putAudience(
  cloud: Cloud,
  note: ChangeNote,
  person: string,
  content: AudienceContent,
): Promise<Result<Changed<Person>, "PersonUnknown" | "SponsorRequired" | "SponsorNotLive">> {
  return mutate(cloud, { ...note, target: `person ${person}` }, (mutation) => writeAudience(mutation, person, content));
}

/** The same within a change that does more. */
export async function writeAudience(
  { queries, mark, now }: Mutation,
  person: string,
  { audience, validity, sponsor }: AudienceContent,
): Promise<Result<Person, "PersonUnknown" | "SponsorRequired" | "SponsorNotLive">> {
  if ((await readPerson(queries, person)) === undefined) return refuse("PersonUnknown", person);
  if (audience === "family") {
    if (sponsor === null || sponsor === person) return refuse("SponsorRequired");
    const times = sponsorTimes(await readAudiences(queries, sponsor));
    if (!holdsAt(times, now)) return refuse("SponsorNotLive", sponsor);
  }
  const row = {
    person,
    audience,
    valid_from: validity.from,
    valid_until: validity.until,
    sponsor: audience === "family" ? sponsor : null,
  };
  await queries
    .insertInto("person_audience")
    .values(row)
    .onConflict((conflict) => conflict.columns(["person", "audience", "valid_from"]).doUpdateSet(row))
    .execute();
  mark("person", person);
  return ok((await readPerson(queries, person))!);
}

/** Ends an audience now, or takes it away where it had not begun. What family lives by it ends in the same change. */
export function endAudience(cloud: Cloud, note: ChangeNote, person: string, audience: Audience): Promise<Result<Changed<Person>, "PersonUnknown">> {
  return mutate(cloud, { ...note, target: `person ${person}` }, async ({ queries, mark, now }) => {
    if ((await readPerson(queries, person)) === undefined) return refuse("PersonUnknown", person);
    await queries.deleteFrom("person_audience").where("person", "=", person).where("audience", "=", audience).where("valid_from", ">=", now).execute();
    await queries
      .updateTable("person_audience")
      .set({ valid_until: now })
      .where("person", "=", person)
      .where("audience", "=", audience)
      .where("valid_until", ">", now)
      .execute();
    mark("person", person);
    return ok((await readPerson(queries, person))!);
  });
}

/** Takes a person away with all credentials, memberships and grants. Refused while family lives by it. */
export function removePerson(cloud: Cloud, note: ChangeNote, person: string): Promise<Result<Changed<null>, "PersonUnknown" | "StillSponsor">> {
  return mutate(cloud, { ...note, target: `person ${person}` }, async (mutation) => {
    const { queries, mark } = mutation;
    if ((await readPerson(queries, person)) === undefined) return refuse("PersonUnknown", person);
    const family = await queries.selectFrom("person_audience").select("person").where("sponsor", "=", person).executeTakeFirst();
    if (family !== undefined) return refuse("StillSponsor", `of ${family.person}`);
    const credentials = await queries.selectFrom("credential").select("id").where("person", "=", person).execute();
    await forgetCredentials(
      mutation,
      person,
      credentials.map(({ id }) => id),
    );
    await queries.deleteFrom("access_grant").where("subject_kind", "=", "person").where("subject", "=", person).execute();
    await queries.deleteFrom("person").where("id", "=", person).execute();
    mark("person", person);
    return ok(null);
  });
}

/** Takes credentials away; they stay revoked everywhere. */
export async function forgetCredentials({ queries, now, notify }: Mutation, person: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await queries.deleteFrom("credential").where("id", "in", ids).execute();
  await queries
    .insertInto("removed_credential")
    .values(ids.map((id) => ({ id, person, since: now })))
    .execute();
  for (const id of ids) notify({ kind: "credential.removed", person, body: { credential: id } });
}

async function readAudiences(queries: Queries, person: string): Promise<AudienceContent[]> {
  const rows = await queries.selectFrom("person_audience").selectAll().where("person", "=", person).orderBy("audience").orderBy("valid_from").execute();
  return rows.map((row) => ({ audience: row.audience, validity: validityOf(row), sponsor: row.sponsor }));
}

function contentOf({ id, account, name, phone, mail, flags, party_size }: PersonTable): PersonContent & { readonly id: string } {
  return { id, account, name, phone, mail, flags: flagsOf(flags) as PersonContent["flags"], partySize: party_size };
}
