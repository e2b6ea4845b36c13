import { createHmac } from "node:crypto";
import type { Capability } from "@portico/card-protocol";
import { ALWAYS_SCHEDULE } from "../core/expansion.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { NumberedKind } from "../store/schema.ts";
import type { CampusFacts, GrantFacts } from "../core/access-facts.ts";

/** Bytes of a token. docs/feed-and-events.md, table match. */
const TOKEN_BYTES = 16;

export interface PolicyFacts {
  readonly accessProfile: string;
  readonly accessPoint: string;
  readonly capability: Capability;
  readonly schedule: string;
}

interface ZoneFacts {
  readonly id: string;
  readonly key: Uint8Array;
  readonly keyGeneration: number;
  holdersGiven: number;
  readonly numbers: Readonly<Record<NumberedKind, Map<string, number>>>;
}

/**
 * The campus as the expansion sees it: places, profiles and the numbers of each zone. Numbers and handles that are given on the way are kept by
 * {@link keepNumbers}, in the transaction that needed them.
 */
export class Campus implements CampusFacts {
  readonly zones: ReadonlyMap<string, ZoneFacts>;
  readonly accessPoints: ReadonlyMap<string, { readonly zone: string; readonly isHigh: boolean }>;
  readonly policies: readonly PolicyFacts[];
  readonly #zonesOfProfile = new Map<string, string[]>();
  readonly #linesOfProfile = new Map<string, PolicyFacts[]>();
  readonly #highProfiles = new Set<string>();
  readonly #holders = new Map<string, number>();
  #newNumbers: { zone: string; kind: NumberedKind; id: string; number: number }[] = [];
  #newHolders: { zone: string; person: string; holder: number }[] = [];

  private constructor(
    zones: ReadonlyMap<string, ZoneFacts>,
    accessPoints: ReadonlyMap<string, { readonly zone: string; readonly isHigh: boolean }>,
    policies: readonly PolicyFacts[],
  ) {
    this.zones = zones;
    this.accessPoints = accessPoints;
    this.policies = policies;
    for (const policy of policies) {
      const { accessProfile, accessPoint } = policy;
      const lines = this.#linesOfProfile.get(accessProfile);
      if (lines === undefined) this.#linesOfProfile.set(accessProfile, [policy]);
      else lines.push(policy);
      const { zone, isHigh } = accessPoints.get(accessPoint)!;
      const known = this.#zonesOfProfile.get(accessProfile) ?? [];
      if (!known.includes(zone)) this.#zonesOfProfile.set(accessProfile, [...known, zone].sort());
      if (isHigh) this.#highProfiles.add(accessProfile);
    }
  }

  static async read(queries: Queries): Promise<Campus> {
    const numbered = (): ZoneFacts["numbers"] => ({ accessProfile: new Map(), schedule: new Map(), specialDays: new Map(), accessPoint: new Map() });
    const zones = new Map(
      (await queries.selectFrom("zone").selectAll().execute()).map(({ id, key, key_generation, holders_given }): [string, ZoneFacts] => [
        id,
        { id, key: new Uint8Array(key), keyGeneration: key_generation, holdersGiven: holders_given, numbers: numbered() },
      ]),
    );
    for (const { zone, kind, id, number } of await queries.selectFrom("zone_number").selectAll().execute()) zones.get(zone)!.numbers[kind].set(id, number);
    const points = await queries.selectFrom("access_point").select(["id", "zone", "high"]).execute();
    const policies = await queries.selectFrom("access_policy").selectAll().orderBy("access_profile").orderBy("access_point").execute();
    return new Campus(
      zones,
      new Map(points.map(({ id, zone, high }) => [id, { zone, isHigh: high === 1 }])),
      policies.map(({ access_profile, access_point, capability, schedule }) => ({
        accessProfile: access_profile,
        accessPoint: access_point,
        capability,
        schedule,
      })),
    );
  }

  /** Reads the handles that these people have. */
  async readHolders(queries: Queries, people: readonly string[]): Promise<void> {
    if (people.length === 0) return;
    const rows = await queries.selectFrom("zone_holder").selectAll().where("person", "in", people).execute();
    for (const { zone, person, holder } of rows) this.#holders.set(`${zone} ${person}`, holder);
  }

  zonesOf(profile: string): readonly string[] {
    return this.#zonesOfProfile.get(profile) ?? [];
  }

  linesOf(profile: string): readonly PolicyFacts[] {
    return this.#linesOfProfile.get(profile) ?? [];
  }

  zoneOf(accessPoint: string): string | undefined {
    return this.accessPoints.get(accessPoint)?.zone;
  }

  number(zone: string, kind: NumberedKind, id: string): number {
    if (kind === "schedule" && id === ALWAYS_SCHEDULE) return 0;
    const numbers = this.zones.get(zone)!.numbers[kind];
    const known = numbers.get(id);
    if (known !== undefined) return known;
    // Schedule 0 is `always`; numbers are never given twice, so how many were given says which is next.
    const number = numbers.size + (kind === "schedule" ? 1 : 0);
    numbers.set(id, number);
    this.#newNumbers.push({ zone, kind, id, number });
    return number;
  }

  holder(zone: string, person: string): number {
    const known = this.#holders.get(`${zone} ${person}`);
    if (known !== undefined) return known;
    const holder = ++this.zones.get(zone)!.holdersGiven;
    this.#holders.set(`${zone} ${person}`, holder);
    this.#newHolders.push({ zone, person, holder });
    return holder;
  }

  token(zone: string, number: Uint8Array): Uint8Array {
    return new Uint8Array(createHmac("sha256", this.zones.get(zone)!.key).update(number).digest()).slice(0, TOKEN_BYTES);
  }

  /** Whether two operators have to grant it: an access point is `high`. */
  needsTwo(what: GrantFacts["what"]): boolean {
    switch (what.kind) {
      case "profile":
        return this.#highProfiles.has(what.profile);
      case "own":
        return what.accessPoints.some((id) => this.accessPoints.get(id)?.isHigh === true);
      case "everywhere":
        return [...this.accessPoints.values()].some(({ isHigh }) => isHigh);
    }
  }

  /** The zones in which a number was given since {@link keepNumbers}: their definitions have grown. */
  get grownZones(): readonly string[] {
    return [...new Set(this.#newNumbers.map(({ zone }) => zone))];
  }

  /** Writes what was given. */
  async keepNumbers(queries: Queries): Promise<void> {
    const [numbers, holders] = [this.#newNumbers, this.#newHolders];
    [this.#newNumbers, this.#newHolders] = [[], []];
    for (const row of numbers) await queries.insertInto("zone_number").values(row).execute();
    for (const row of holders) await queries.insertInto("zone_holder").values(row).execute();
    for (const zone of new Set(holders.map((row) => row.zone)))
      await queries
        .updateTable("zone")
        .set({ holders_given: this.zones.get(zone)!.holdersGiven })
        .where("id", "=", zone)
        .execute();
  }
}
