import { bytesToHex, hexToBytes } from "@portico/card-protocol";
import type { Audience } from "../core/audience.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { CredentialTable, PersonAudienceTable, PersonTable } from "../store/schema.ts";
import { CONTENT_FIELDS, type ContentField, type PushContent } from "./push-row.ts";

/** One person as the store has it, as far as a list may say something of it. */
export interface StandingPerson {
  readonly row: PersonTable;
  readonly audiences: readonly PersonAudienceTable[];
  readonly groups: readonly string[];
  readonly cards: readonly Pick<CredentialTable, "id" | "number">[];
  readonly hasQr: boolean;
}

/** What a row would do. */
export type Judgement =
  | { readonly outcome: "refused"; readonly errors: readonly { readonly pointer: string; readonly detail: string }[] }
  | {
      readonly outcome: "added" | "changed" | "same";
      /** Undefined: a new one is made. A person whom no source has pushed is taken over by its account. */
      readonly person: StandingPerson | undefined;
      /** What the source said before; undefined: nothing. */
      readonly before: PushContent | undefined;
      readonly fields: readonly ContentField[];
      /** Audiences that the person belongs to now, and then no more. */
      readonly ends: readonly Audience[];
    };

/** All that the rows of one portion are judged against. */
export interface Standing {
  /** By key. */
  readonly pushed: ReadonlyMap<string, { readonly person: string; readonly content: PushContent }>;
  readonly people: ReadonlyMap<string, StandingPerson>;
  /** By account: the person, and whether some source has pushed it. */
  readonly accounts: ReadonlyMap<string, { readonly person: string; readonly isPushed: boolean }>;
  /** By number in hex: the person. */
  readonly cards: ReadonlyMap<string, string>;
  readonly groups: ReadonlySet<string>;
}

/** Reads what some rows are judged against. @param contents  at most a few hundred: they stand in the statements */
export async function readStanding(queries: Queries, source: string, contents: readonly PushContent[]): Promise<Standing> {
  const keys = contents.map(({ key }) => key);
  const accounts = contents.flatMap(({ account }) => account ?? []);
  const numbers = contents.flatMap(({ cards }) => cards.map((card) => Buffer.from(hexToBytes(card)!)));
  const pushedRows =
    keys.length === 0 ? [] : await queries.selectFrom("pushed_person").selectAll().where("source", "=", source).where("key", "in", keys).execute();
  const accountRows =
    accounts.length === 0
      ? []
      : await queries
          .selectFrom("person")
          .leftJoin("pushed_person", "pushed_person.person", "person.id")
          .select(["person.id", "person.account", "pushed_person.source"])
          .where("person.account", "in", accounts)
          .execute();
  const cardRows =
    numbers.length === 0
      ? []
      : await queries.selectFrom("credential").select(["person", "number"]).where("kind", "=", "card").where("number", "in", numbers).execute();
  const people = [...new Set([...pushedRows.map(({ person }) => person), ...accountRows.map(({ id }) => id)])];
  const groups = await queries.selectFrom("person_group").select("id").execute();
  return {
    pushed: new Map(pushedRows.map(({ key, person, content }) => [key, { person, content: JSON.parse(content) as PushContent }])),
    people: await readPeopleStanding(queries, people),
    accounts: new Map(accountRows.map(({ id, account, source: pushedBy }) => [account!, { person: id, isPushed: pushedBy !== null }])),
    cards: new Map(cardRows.map(({ person, number }) => [bytesToHex(new Uint8Array(number!)), person])),
    groups: new Set(groups.map(({ id }) => id)),
  };
}

/** @param people  at most a few hundred ids */
export async function readPeopleStanding(queries: Queries, people: readonly string[]): Promise<ReadonlyMap<string, StandingPerson>> {
  if (people.length === 0) return new Map();
  const rows = await queries.selectFrom("person").selectAll().where("id", "in", people).execute();
  const audiences = by(await queries.selectFrom("person_audience").selectAll().where("person", "in", people).execute());
  const groups = by(await queries.selectFrom("group_member").select(["person", "person_group"]).where("person", "in", people).execute());
  const credentials = by(
    await queries.selectFrom("credential").select(["id", "person", "kind", "state", "number", "public_key"]).where("person", "in", people).execute(),
  );
  return new Map(
    rows.map((row): [string, StandingPerson] => {
      const own = credentials.get(row.id) ?? [];
      return [
        row.id,
        {
          row,
          audiences: audiences.get(row.id) ?? [],
          groups: (groups.get(row.id) ?? []).map(({ person_group }) => person_group),
          cards: own.filter(({ kind }) => kind === "card"),
          hasQr: own.some(({ kind, state, public_key }) => kind === "qr" && public_key === null && state !== "expired"),
        },
      ];
    }),
  );
}

/** What a row would do to the store as it stands. Sponsors are looked at apart: theirs may be a row that comes later. */
export function judgeRow(content: PushContent, standing: Standing, now: number): Judgement {
  const known = standing.pushed.get(content.key);
  const holder = content.account === null ? undefined : standing.accounts.get(content.account);
  const errors: { pointer: string; detail: string }[] = [];
  const adopted = known === undefined && holder !== undefined && !holder.isPushed ? holder.person : undefined;
  const id = known?.person ?? adopted;
  if (holder !== undefined && holder.person !== id) errors.push({ pointer: "/account", detail: `person ${holder.person} has it (rule 1.5)` });
  for (const [nth, group] of content.groups.entries())
    if (!standing.groups.has(group)) errors.push({ pointer: `/groups/${nth}`, detail: "there is no such group" });
  for (const [nth, card] of content.cards.entries()) {
    const owner = standing.cards.get(card);
    if (owner !== undefined && owner !== id) errors.push({ pointer: `/cards/${nth}`, detail: `person ${owner} has it` });
  }
  if (errors.length > 0) return { outcome: "refused", errors };
  const person = id === undefined ? undefined : standing.people.get(id);
  if (person === undefined) return { outcome: "added", person, before: undefined, fields: CONTENT_FIELDS, ends: [] };
  const fields = CONTENT_FIELDS.filter((field) => differs(field, content, known?.content, person));
  const ends = endsOf(content, known?.content, person, now);
  return { outcome: known === undefined ? "added" : fields.length === 0 ? "same" : "changed", person, before: known?.content, fields, ends };
}

function differs(field: ContentField, now: PushContent, before: PushContent | undefined, { row, audiences, groups, cards, hasQr }: StandingPerson): boolean {
  const numbers = cards.map(({ number }) => bytesToHex(new Uint8Array(number!)));
  switch (field) {
    case "account":
    case "name":
    case "phone":
    case "mail":
      return row[field] !== now[field];
    case "audiences":
      return (
        now.audiences.some(
          (one) => !audiences.some((there) => there.audience === one.audience && there.valid_from === one.from && there.valid_until === one.until),
        ) ||
        takenAway(before, now).audiences.length > 0 ||
        JSON.stringify(before?.audiences ?? now.audiences) !== JSON.stringify(now.audiences)
      );
    case "groups":
      return now.groups.some((group) => !groups.includes(group)) || takenAway(before, now).groups.some((group) => groups.includes(group));
    case "cards":
      return now.cards.some((card) => !numbers.includes(card)) || takenAway(before, now).cards.some((card) => numbers.includes(card));
    case "qr":
      return now.qr && !hasQr;
  }
}

/** What a source said before and says no more. */
export function takenAway(before: PushContent | undefined, now: Pick<PushContent, "audiences" | "groups" | "cards">) {
  const says = (one: PushContent["audiences"][number]): boolean => now.audiences.some((other) => other.audience === one.audience && other.from === one.from);
  return {
    audiences: (before?.audiences ?? []).filter((one) => !says(one)),
    groups: (before?.groups ?? []).filter((group) => !now.groups.includes(group)),
    cards: (before?.cards ?? []).filter((card) => !now.cards.includes(card)),
  };
}

/** What a person who is in the list no more is said of. */
export const NOTHING_SAID: Pick<PushContent, "audiences" | "groups" | "cards"> = { audiences: [], groups: [], cards: [] };

/**
 * Whose access ends: of an audience that holds now and then does not; and of every audience where the last group goes, since groups give access too.
 */
export function endsOf(
  now: Pick<PushContent, "audiences" | "groups" | "cards">,
  before: PushContent | undefined,
  person: StandingPerson,
  at: number,
): Audience[] {
  const gone = takenAway(before, now);
  const holds = (from: number, until: number): boolean => from <= at && at < until;
  const held = person.audiences.filter((one) => holds(one.valid_from, one.valid_until));
  const after = new Set<Audience>();
  for (const one of held) {
    const said = now.audiences.find((other) => other.audience === one.audience && other.from === one.valid_from);
    const isGone = gone.audiences.some((other) => other.audience === one.audience && other.from === one.valid_from);
    if (!isGone && (said === undefined || holds(said.from, said.until))) after.add(one.audience);
  }
  for (const one of now.audiences) if (holds(one.from, one.until)) after.add(one.audience);
  const losesGroups = person.groups.length > 0 && now.groups.length === 0 && person.groups.every((group) => gone.groups.includes(group));
  return [...new Set(held.map(({ audience }) => audience))].filter((audience) => losesGroups || !after.has(audience)).sort();
}

function by<Row extends { readonly person: string }>(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) found.set(row.person, [...(found.get(row.person) ?? []), row]);
  return found;
}
