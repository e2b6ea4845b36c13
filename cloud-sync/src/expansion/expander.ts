import { GLOBAL, type Partition, unixSeconds, zonePartition } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { expandPerson } from "../core/expansion.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { SubjectKind } from "../store/schema.ts";
import { Campus } from "./campus-facts.ts";
import { expandCalendar, expandRevocations, expandZone } from "./definition-items.ts";
import { definitionsOf, itemsOfPeople, type PartitionChange, replaceItems, type WantedItem } from "./feed-items.ts";
import { endOverdue, keepHeld } from "./lock-endings.ts";
import { readPeople } from "./person-facts.ts";

/** Changes in one publication: what waits longer waits for the next. */
const CHANGES_MAX = 500;
/** People in one transaction: more would make others wait. */
const PEOPLE_MAX = 1_000;
/** Ids in one statement. */
const IDS_MAX = 300;

/** One publication: what it changed in which partition. */
export interface Publication {
  readonly publish: number;
  /** The changes that are now known everywhere the publication is. */
  readonly changes: readonly number[];
  readonly partitions: ReadonlyMap<Partition, PartitionChange>;
}

/** What belongs to the transaction of each publication. */
export interface PublicationSteps {
  /** Comes first. Throws where this program may not publish. */
  begin(queries: Queries): Promise<void>;
  /** Keeps what is published. */
  record(queries: Queries, publication: Pick<Publication, "publish" | "partitions">): Promise<void>;
  /** It did not come to pass: nothing holds of what was computed for it. */
  forget(): void;
}
const NO_STEPS: PublicationSteps = { begin: () => Promise.resolve(), record: () => Promise.resolve(), forget: () => {} };

type Subjects = Readonly<Record<SubjectKind, ReadonlySet<string>>>;

/**
 * Turns changes of people, places and grants into what the feed says of them. One at a time in a whole campus: it alone writes feed items, handles and
 * numbers, so that it need not be told what others are changing meanwhile. A change is published when all that it means is.
 */
export class Expander {
  readonly #cloud: Cloud;
  readonly #steps: PublicationSteps;
  /** The campus as of the last change of its definitions. */
  #campus: Campus | undefined;

  constructor(cloud: Cloud, steps: PublicationSteps = NO_STEPS) {
    this.#cloud = cloud;
    this.#steps = steps;
  }

  /**
   * Expands what waits, as much as one transaction may hold. People of a large change are taken in several publications; the change is part of the last.
   *
   * @returns undefined where nothing waits
   */
  async expandNext(): Promise<Publication | undefined> {
    const { queries, transact } = this.#cloud.database;
    const waits = await queries.selectFrom("change_record").select("id").where("publish", "is", null).limit(1).executeTakeFirst();
    if (waits === undefined) return undefined;
    try {
      return await transact(async (transaction, attempt) => {
        if (attempt > 1) this.forget();
        await this.#steps.begin(transaction);
        return this.#expand(transaction);
      }, "repeatable read");
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** What is known of the campus is read anew: numbers that were given in a transaction that failed are not given. */
  forget(): void {
    this.#campus = undefined;
    this.#steps.forget();
  }

  /** The publication that carries a change; undefined: none yet. */
  async publishOf(change: number): Promise<number | undefined> {
    const row = await this.#cloud.database.queries.selectFrom("change_record").select("publish").where("id", "=", change).executeTakeFirst();
    return row?.publish ?? undefined;
  }

  /** Expands until nothing waits. */
  async expandAll(): Promise<Publication[]> {
    const publications: Publication[] = [];
    for (let next = await this.expandNext(); next !== undefined; next = await this.expandNext()) publications.push(next);
    return publications;
  }

  async #expand(queries: Queries): Promise<Publication | undefined> {
    const owed = await queries.selectFrom("owed_expansion").select("person").orderBy("person").limit(PEOPLE_MAX).execute();
    // While people are owed nothing new is begun: what waits behind might concern the same people.
    const waiting = await queries
      .selectFrom("change_record")
      .select("id")
      .where("publish", "is", null)
      .where("resolved", "=", owed.length > 0 ? 1 : 0)
      .orderBy("id")
      .limit(CHANGES_MAX)
      .execute();
    if (waiting.length === 0) return undefined;
    const changes = waiting.map(({ id }) => id);
    let people = owed.map(({ person }) => person);
    const partitions = new PartitionChanges();
    if (people.length === 0) {
      // Nothing is owed of these changes yet: find out what they mean.
      const subjects = await subjectsOf(queries, changes);
      if (subjects.zone.size + subjects.profile.size + subjects.zoneHolders.size > 0) this.#campus = undefined;
      people = await peopleOf(queries, subjects);
      if (people.length > PEOPLE_MAX)
        for (const portion of portions(people.slice(PEOPLE_MAX), IDS_MAX))
          await queries.insertInto("owed_expansion").values(portion.map((person) => ({ person }))).execute(); // prettier-ignore
      people = people.slice(0, PEOPLE_MAX);
      for (const portion of portions(changes, IDS_MAX)) await queries.updateTable("change_record").set({ resolved: 1 }).where("id", "in", portion).execute();
      const campus = await this.#readCampus(queries);
      for (const zone of subjects.zone) await this.#expandZone(queries, campus, zone, partitions);
      if (subjects.calendar.size > 0) partitions.add(await this.#expandCalendar(queries));
    } else await queries.deleteFrom("owed_expansion").where("person", "in", people).execute();
    const campus = await this.#readCampus(queries);
    for (const portion of portions(people, IDS_MAX)) partitions.add(await this.#expandPeople(queries, campus, portion));
    for (const zone of campus.grownZones) await this.#expandZone(queries, campus, zone, partitions);
    await campus.keepNumbers(queries);
    return this.#publish(queries, changes, partitions);
  }

  async #publish(queries: Queries, changes: readonly number[], partitions: PartitionChanges): Promise<Publication> {
    const { publish } = await queries
      .updateTable("site")
      .set((site) => ({ publish: site("publish", "+", 1) }))
      .returning("publish")
      .executeTakeFirstOrThrow();
    await this.#steps.record(queries, { publish, partitions: partitions.all });
    const rest = await queries.selectFrom("owed_expansion").select("person").limit(1).execute();
    if (rest.length > 0) return { publish, changes: [], partitions: partitions.all };
    for (const portion of portions(changes, IDS_MAX)) await queries.updateTable("change_record").set({ publish }).where("id", "in", portion).execute();
    return { publish, changes, partitions: partitions.all };
  }

  async #readCampus(queries: Queries): Promise<Campus> {
    return (this.#campus ??= await Campus.read(queries));
  }

  async #expandPeople(queries: Queries, campus: Campus, people: readonly string[]): Promise<ReadonlyMap<Partition, PartitionChange>> {
    const now = unixSeconds(Math.floor(this.#cloud.nowMs() / 1000));
    await campus.readHolders(queries, people);
    await endOverdue(queries, people, now);
    const wanted: WantedItem[] = (await expandRevocations(queries, people)).map(({ person, item }) => ({ partition: GLOBAL, person, item }));
    const found = await readPeople(queries, campus, people);
    for (const facts of found)
      for (const [zone, items] of expandPerson(facts, campus))
        for (const item of items) wanted.push({ partition: zonePartition(zone), person: facts.person, item });
    await keepHeld(queries, campus, people, found, now);
    return replaceItems(queries, await itemsOfPeople(queries, people), wanted);
  }

  async #expandZone(queries: Queries, campus: Campus, zone: string, partitions: PartitionChanges): Promise<void> {
    const partition = zonePartition(zone);
    const items = await expandZone(queries, campus, zone);
    const wanted = items.map((item): WantedItem => ({ partition, person: null, item }));
    partitions.add(await replaceItems(queries, await definitionsOf(queries, partition), wanted));
  }

  async #expandCalendar(queries: Queries): Promise<ReadonlyMap<Partition, PartitionChange>> {
    const wanted = (await expandCalendar(queries)).map((item): WantedItem => ({ partition: GLOBAL, person: null, item }));
    return replaceItems(queries, await definitionsOf(queries, GLOBAL), wanted);
  }
}

/** What several steps of one publication changed. */
class PartitionChanges {
  readonly all = new Map<Partition, PartitionChange>();

  add(changes: ReadonlyMap<Partition, PartitionChange>): void {
    for (const [partition, { removed, put }] of changes) {
      const known = this.all.get(partition);
      this.all.set(partition, known === undefined ? { removed, put } : { removed: [...known.removed, ...removed], put: [...known.put, ...put] });
    }
  }
}

async function subjectsOf(queries: Queries, changes: readonly number[]): Promise<Subjects> {
  const subjects = {
    person: new Set<string>(),
    group: new Set<string>(),
    audience: new Set<string>(),
    profile: new Set<string>(),
    zone: new Set<string>(),
    zoneHolders: new Set<string>(),
    calendar: new Set<string>(),
  };
  for (const portion of portions(changes, IDS_MAX))
    for (const { kind, id } of await queries.selectFrom("change_subject").select(["kind", "id"]).where("change", "in", portion).execute())
      subjects[kind].add(id);
  return subjects;
}

/** Everybody whose list says something else now: by name, as family of those, and by group, audience, profile or zone. In the order of their ids. */
async function peopleOf(queries: Queries, subjects: Subjects): Promise<string[]> {
  const people = new Set(subjects.person);
  const groups = new Set(subjects.group);
  const audiences = new Set(subjects.audience);
  for (const profiles of portions([...subjects.profile], IDS_MAX))
    for (const { subject_kind, subject } of await queries
      .selectFrom("access_grant")
      .select(["subject_kind", "subject"])
      .distinct()
      .where("access_profile", "in", profiles)
      .execute())
      ({ person: people, group: groups, audience: audiences })[subject_kind].add(subject);
  const add = (rows: readonly { readonly person: string }[]): void => rows.forEach(({ person }) => void people.add(person));
  for (const ids of portions([...subjects.person], IDS_MAX))
    add(await queries.selectFrom("person_audience").select("person").where("sponsor", "in", ids).execute());
  for (const ids of portions([...groups], IDS_MAX)) add(await queries.selectFrom("group_member").select("person").where("person_group", "in", ids).execute());
  if (audiences.size > 0)
    add(
      await queries
        .selectFrom("person_audience")
        .select("person")
        .where("audience", "in", [...audiences] as never)
        .execute(),
    );
  for (const ids of portions([...subjects.zoneHolders], IDS_MAX))
    add(await queries.selectFrom("zone_holder").select("person").where("zone", "in", ids).execute());
  return [...people].sort();
}
