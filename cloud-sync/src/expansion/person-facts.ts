import { HOLDER_FLAGS, type HolderFlag, unixSeconds } from "@portico/card-protocol";
import type { Selectable } from "kysely";
import { type Audience, type Membership, sponsorTimes } from "../core/audience.ts";
import type { Validity } from "../core/validity.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { LockStateTable } from "../store/lock-tables.ts";
import { Statement } from "../store/statement.ts";
import type { AccessGrantTable, CredentialTable, PersonAudienceTable } from "../store/schema.ts";
import type { Campus } from "./campus-facts.ts";
import type { CredentialFacts, GrantFacts, OfflineShare, PersonFacts, LockStateFacts } from "../core/access-facts.ts";

interface Valid {
  readonly valid_from: number;
  readonly valid_until: number;
}
export const validityOf = ({ valid_from, valid_until }: Valid): Validity => ({ from: unixSeconds(valid_from), until: unixSeconds(valid_until) });

/** Flags as their bits: bit n is the nth of HOLDER_FLAGS. */
export const flagBits = (flags: readonly HolderFlag[]): number => flags.reduce((bits, flag) => bits | (1 << HOLDER_FLAGS.indexOf(flag)), 0);
export const flagsOf = (bits: number): HolderFlag[] => HOLDER_FLAGS.filter((_, nth) => (bits & (1 << nth)) !== 0);

/**
 * All that is known of some people, as the expansion wants it. Those who do not exist are left out.
 *
 * @param people  at most a few hundred ids: they stand in the statements
 */
export async function readPeople(queries: Queries, campus: Campus, people: readonly string[]): Promise<PersonFacts[]> {
  if (people.length === 0) return [];
  const rows = await queries.selectFrom("person").select(["id", "flags", "party_size"]).where("id", "in", people).execute();
  const audiences = await queries.selectFrom("person_audience").selectAll().where("person", "in", people).orderBy("valid_from").execute();
  const groups = await queries.selectFrom("group_member").selectAll().where("person", "in", people).execute();
  const credentials = await queries.selectFrom("credential").selectAll().where("person", "in", people).orderBy("id").execute();
  const lockStates = byPerson(await queries.selectFrom("lock_state").selectAll().where("person", "in", people).where("ended_at", "is", null).execute());
  const sponsors = await readSponsors(queries, audiences);
  const grants = await readGrants(
    queries,
    people,
    groups.map(({ person_group }) => person_group),
    audiences.map(({ audience }) => audience),
  );
  const { terms } = await queries.selectFrom("offline_terms").select("terms").executeTakeFirstOrThrow();
  const offline = JSON.parse(terms) as OfflineShare[];
  const withheld = await queries.selectFrom("wallet").select("person").where("person", "in", people).where((where) => where.or([where("blocked", "=", 1), where("closed_at", "is not", null)])).execute(); // prettier-ignore
  const payWithheld = new Set(withheld.map(({ person }) => person));
  const [audiencesOf, groupsOf, credentialsOf] = [byPerson(audiences), byPerson(groups), byPerson(credentials)];
  return rows.map(({ id, flags, party_size }): PersonFacts => {
    const memberships = (audiencesOf.get(id) ?? []).map((row) => membershipOf(row, sponsors));
    const groupsOfPerson = (groupsOf.get(id) ?? []).map((row) => ({ id: row.person_group, validity: validityOf(row) }));
    const named = new Set([
      `person ${id}`,
      ...groupsOfPerson.map((group) => `group ${group.id}`),
      ...memberships.map(({ audience }) => `audience ${audience}`),
    ]);
    return {
      person: id,
      flags: flagsOf(flags),
      partySize: party_size,
      memberships,
      groups: groupsOfPerson,
      credentials: (credentialsOf.get(id) ?? []).map(credentialOf),
      grants: [...named]
        .flatMap((subject) => grants.get(subject) ?? [])
        .filter((row) => isInForce(row, campus))
        .map(grantOf),
      lockStates: (lockStates.get(id) ?? []).map(lockStateOf),
      offline,
      isPayWithheld: payWithheld.has(id),
    };
  });
}

const MEMBERSHIPS = new Statement<PersonAudienceTable>("SELECT * FROM person_audience WHERE person = ? ORDER BY audience, valid_from");

/** The audiences of one person, family with the times of whoever vouches for it. */
export async function readMemberships(queries: Queries, person: string): Promise<Membership[]> {
  const rows = await MEMBERSHIPS.rows(queries, person);
  const sponsors = await readSponsors(queries, rows);
  return rows.map((row) => membershipOf(row, sponsors));
}

/** When the status of those who vouch for family holds, by person. */
async function readSponsors(queries: Queries, audiences: readonly PersonAudienceTable[]): Promise<ReadonlyMap<string, readonly Validity[]>> {
  const ids = [...new Set(audiences.flatMap(({ sponsor }) => sponsor ?? []))];
  if (ids.length === 0) return new Map();
  const rows = byPerson(await queries.selectFrom("person_audience").selectAll().where("person", "in", ids).execute());
  return new Map(ids.map((id) => [id, sponsorTimes((rows.get(id) ?? []).map((row) => ({ audience: row.audience, validity: validityOf(row) })))]));
}

/** The grants of these subjects, by `kind id`. */
async function readGrants(
  queries: Queries,
  people: readonly string[],
  groups: readonly string[],
  audiences: readonly Audience[],
): Promise<ReadonlyMap<string, readonly AccessGrantRow[]>> {
  const found = new Map<string, AccessGrantRow[]>();
  const subjects = { person: people, group: [...new Set(groups)], audience: [...new Set(audiences)] } as const;
  for (const [kind, ids] of Object.entries(subjects)) {
    if (ids.length === 0) continue;
    const rows = await queries
      .selectFrom("access_grant")
      .selectAll()
      .where("subject_kind", "=", kind as keyof typeof subjects)
      .where("subject", "in", ids)
      .orderBy("id")
      .execute();
    for (const row of rows) {
      const key = `${kind} ${row.subject}`;
      const list = found.get(key);
      if (list === undefined) found.set(key, [row]);
      else list.push(row);
    }
  }
  return found;
}

function membershipOf(row: PersonAudienceTable, sponsors: ReadonlyMap<string, readonly Validity[]>): Membership {
  const { audience, sponsor } = row;
  return { audience, validity: validityOf(row), ...(sponsor === null ? {} : { sponsorHolds: sponsors.get(sponsor) ?? [] }) };
}

function credentialOf(row: CredentialTable): CredentialFacts {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    validity: validityOf(row),
    publicKey: row.public_key === null ? undefined : new Uint8Array(row.public_key),
    takesIssuedUntil: row.takes_issued_until ?? undefined,
    number: row.number === null ? undefined : new Uint8Array(row.number),
  };
}

function lockStateOf(row: LockStateTable): LockStateFacts {
  const { lock, version } = row;
  const setAt = unixSeconds(row.set_at);
  // The acts that write a row see to it that a PIN that stands is sealed, and that a finger has its time of enrolment.
  if (row.kind === "pin") return { kind: "pin", lock, version, setAt, sealed: new Uint8Array(row.sealed!) };
  return { kind: "finger", lock, version, setAt, slot: Number(row.place), enrolUntil: unixSeconds(row.enrol_until!) };
}

/** A grant as the store holds it. */
export type AccessGrantRow = Selectable<AccessGrantTable>;

/** In `access_points`: everywhere. No access point has this name. */
export const EVERYWHERE = '["*"]';

/** What a grant's row gives or withholds. */
export function whatOf({ access_profile, access_points, capability, schedule }: Omit<AccessGrantRow, "effect">): GrantFacts["what"] {
  if (access_profile !== null) return { kind: "profile", profile: access_profile };
  if (access_points === EVERYWHERE) return { kind: "everywhere", capability: capability! };
  // The table's checks see to it that these are there where no profile is.
  return { kind: "own", accessPoints: JSON.parse(access_points!) as string[], capability: capability!, schedule: schedule! };
}

/** Two operators have given it where an access point is `high`. What withholds waits for nobody. */
export const isInForce = (row: AccessGrantRow, campus: Campus): boolean =>
  row.effect === "withhold" || row.approved_by !== null || !campus.needsTwo(whatOf(row));

export function grantOf(row: AccessGrantRow): GrantFacts {
  const within = row.within_audiences === null ? {} : { within: JSON.parse(row.within_audiences) as Audience[] };
  const subject = row.subject_kind === "person" ? ({ kind: "person", ...within } as const) : { kind: row.subject_kind, id: row.subject };
  return { id: row.id, effect: row.effect, subject, what: whatOf(row), validity: validityOf(row) };
}

function byPerson<Row extends { readonly person: string }>(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const list = found.get(row.person);
    if (list === undefined) found.set(row.person, [row]);
    else list.push(row);
  }
  return found;
}
