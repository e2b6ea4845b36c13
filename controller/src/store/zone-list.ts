import {
  bytesToHex,
  type Capability,
  type Credential,
  CREDENTIAL_KINDS,
  type CredentialId,
  type CredentialKind,
  type CredentialRow,
  decodeItem,
  FEED_TABLE,
  type FeedItem,
  type FeedTable,
  GLOBAL,
  hexToBytes,
  type LockItem,
  type Partition,
  type Permission,
  readCredentialRow,
  type Schedule,
  scheduleContext,
  type ScheduleContext,
  type SuspensionReason,
  type UnixSeconds,
  zonePartition,
} from "@portico/card-protocol";
import type { AccessList } from "../access-list.ts";
import { ALWAYS, AlteredRow } from "./credential-row.ts";
import type { FeedStore } from "./feed-store.ts";

interface Policy {
  readonly capability: Capability;
  readonly schedule: Schedule;
}
interface AccessProfile {
  readonly id: string;
  /** By the access point's number. */
  readonly policies: ReadonlyMap<number, readonly Policy[]>;
}

/** What a zone's definitions say: few, and part of every decision. Kept in memory from version to version. */
interface Definitions {
  readonly accessPoints: ReadonlyMap<string, number>;
  readonly profiles: ReadonlyMap<number, AccessProfile>;
  readonly schedules: ReadonlyMap<number, Schedule>;
  readonly context: ScheduleContext;
}

/** Open at any time: schedule 0, which has no item. */
const OPEN: Schedule = {
  id: "always",
  weekly: Object.fromEntries(([1, 2, 3, 4, 5, 6, 7] as const).map((weekday) => [weekday, [{ startS: 0, endS: 86_400 }]])),
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
};
/** How a grant of its own is named where a profile would be. */
const OWN = "own";
const LOCK_TABLES = ["roomLock", "lockPin", "lockFinger"] as const;

/** One zone of the feed, and what `global` says beside it: a credential has to pass for both. */
export class ZoneList implements AccessList {
  readonly #store: FeedStore;
  readonly #partition: Partition;
  readonly #timeZone: string;
  readonly #revocations: Revocations;
  #definitions: Definitions | undefined;
  /** The row read last: whoever looks up a credential asks for its permissions next. */
  #read: CredentialRow | undefined;

  constructor(store: FeedStore, zone: string, timeZone: string, revocations: Revocations) {
    this.#store = store;
    this.#partition = zonePartition(zone);
    this.#timeZone = timeZone;
    this.#revocations = revocations;
    store.onChange((partition) => {
      if (partition !== this.#partition && partition !== GLOBAL) return;
      this.#definitions = undefined;
      this.#read = undefined;
    });
  }

  credential(id: CredentialId): Credential | undefined {
    const row = this.#row(id);
    return row && this.#withRevocation(row.credential);
  }

  credentialByNumber(kind: CredentialKind, token: Uint8Array): Credential | undefined {
    const id = this.#store.value(this.#partition, Uint8Array.of(FEED_TABLE.match, CREDENTIAL_KINDS.indexOf(kind) + 1, ...token));
    return id && this.credential(bytesToHex(new Uint8Array(id)));
  }

  permissions(id: CredentialId, accessPoint: string): readonly Permission[] {
    const row = this.#read?.credential.id === id ? this.#read : this.#row(id);
    const { accessPoints, profiles, schedules } = this.#definition();
    const number = accessPoints.get(accessPoint);
    if (row === undefined || number === undefined) return [];
    const permissions: Permission[] = [];
    for (const grant of row.grants) {
      if (grant.kind === "own") {
        const { capability, validFrom, validUntil } = grant;
        const schedule = schedules.get(grant.schedule);
        if (schedule !== undefined && grant.accessPoints.includes(number))
          permissions.push({ accessProfile: OWN, capability, validFrom, validUntil, schedule });
        continue;
      }
      const profile = profiles.get(grant.profile);
      const validFrom = grant.kind === "profile" ? ALWAYS.from : grant.validFrom;
      const validUntil = grant.kind === "profile" ? ALWAYS.until : grant.validUntil;
      for (const { capability, schedule } of profile?.policies.get(number) ?? [])
        permissions.push({ accessProfile: profile!.id, capability, validFrom, validUntil, schedule });
    }
    return permissions;
  }

  schedule(id: string): Schedule | undefined {
    return [...this.#definition().schedules.values()].find((schedule) => schedule.id === id);
  }

  scheduleContext(): ScheduleContext {
    return this.#definition().context;
  }

  version(): { readonly version: number } | undefined {
    return this.#store.held(this.#partition);
  }

  /** Whether the zone knows an access point by that name. */
  knows(accessPoint: string): boolean {
    return this.#definition().accessPoints.has(accessPoint);
  }

  /** Every permission to unlock one of these access points, with the credential that has it: what the lists of room locks are made of. */
  *unlocks(accessPoints: ReadonlySet<string>): Generator<{ readonly accessPoint: string; readonly credential: Credential; readonly permission: Permission }> {
    const { accessPoints: numbers, profiles, schedules } = this.#definition();
    const names = new Map([...numbers].filter(([id]) => accessPoints.has(id)).map(([id, number]) => [number, id]));
    for (const { key, value } of this.#store.items(this.#partition, FEED_TABLE.credential)) {
      const id = bytesToHex(new Uint8Array(key.subarray(1)));
      const row = readCredentialRow(id, new Uint8Array(value));
      if (row === undefined) throw new AlteredRow(id);
      const credential = this.#withRevocation(row.credential);
      for (const grant of row.grants) {
        if (grant.kind === "own") {
          const schedule = grant.capability === "unlock" ? schedules.get(grant.schedule) : undefined;
          const { capability, validFrom, validUntil } = grant;
          for (const number of schedule === undefined ? [] : grant.accessPoints.filter((each) => names.has(each)))
            yield { accessPoint: names.get(number)!, credential, permission: { accessProfile: OWN, capability, validFrom, validUntil, schedule: schedule! } };
          continue;
        }
        const { from: validFrom, until: validUntil } = grant.kind === "profile" ? ALWAYS : { from: grant.validFrom, until: grant.validUntil };
        for (const [number, policies] of profiles.get(grant.profile)?.policies ?? [])
          for (const { capability, schedule } of policies)
            if (capability === "unlock" && names.has(number))
              yield {
                accessPoint: names.get(number)!,
                credential,
                permission: { accessProfile: profiles.get(grant.profile)!.id, capability, validFrom, validUntil, schedule },
              };
      }
    }
  }

  /** The tokens by which cards are found, by credential. */
  cardTokens(): ReadonlyMap<CredentialId, Uint8Array> {
    const matches = itemsOf(this.#store, this.#partition, "match").filter(({ kind }) => kind === "card");
    return new Map(matches.map(({ credential, token }) => [credential, token]));
  }

  /** Which key made the tokens of the zone's cards, and the token of no bytes under it; undefined: the zone says nothing of it. */
  cardKeyUse(): { readonly generation: number; readonly check: Uint8Array } | undefined {
    return itemsOf(this.#store, this.#partition, "zoneKey")[0];
  }

  /** The access points of the zone at which no room lock stands. */
  pointsWithoutLock(): readonly string[] {
    const locked = new Set(itemsOf(this.#store, this.#partition, "roomLock").map(({ accessPoint }) => accessPoint));
    return [...this.#definition().accessPoints].filter(([, number]) => !locked.has(number)).map(([id]) => id);
  }

  /** What the zone wants of room locks, by their access points. */
  lockItems(): readonly { readonly lock: string; readonly item: LockItem }[] {
    const names = new Map([...this.#definition().accessPoints].map(([id, number]) => [number, id]));
    const items = LOCK_TABLES.flatMap((table): readonly LockItem[] => itemsOf(this.#store, this.#partition, table));
    return items.flatMap((item) => {
      const lock = names.get(item.accessPoint);
      return lock === undefined ? [] : [{ lock, item }];
    });
  }

  /** Called with each version of the zone, or of what concerns every zone. Returns the function that removes the listener. */
  onChange(listener: () => void): () => void {
    return this.#store.onChange((partition) => void ((partition === this.#partition || partition === GLOBAL) && listener()));
  }

  #row(id: CredentialId): CredentialRow | undefined {
    const bytes = hexToBytes(id);
    const value = bytes?.length === 8 ? this.#store.value(this.#partition, Uint8Array.of(FEED_TABLE.credential, ...bytes)) : undefined;
    if (value === undefined) return (this.#read = undefined);
    const row = readCredentialRow(id, value);
    if (row === undefined) throw new AlteredRow(id);
    return (this.#read = row);
  }

  /** The worse of what the zone and `global` say. */
  #withRevocation(credential: Credential): Credential {
    const suspension = credential.suspension ?? this.#revocations.of(credential.id);
    return suspension === undefined || suspension === credential.suspension ? credential : { ...credential, suspension };
  }

  #definition(): Definitions {
    return (this.#definitions ??= this.#readDefinitions());
  }

  #readDefinitions(): Definitions {
    const specialDays = new Map(itemsOf(this.#store, this.#partition, "specialDays").map(({ number, id, days }) => [number, { id, days }]));
    const schedules = new Map<number, Schedule>([[0, OPEN]]);
    for (const { number, schedule } of itemsOf(this.#store, this.#partition, "schedule"))
      schedules.set(number, {
        ...schedule,
        // A group that no item names holds no day.
        specialDays: schedule.specialDays.map(({ group, periods }) => ({ group: specialDays.get(group)?.id ?? `${group}`, periods })),
      });
    const profiles = new Map<number, AccessProfile>();
    for (const { number, id, policies } of itemsOf(this.#store, this.#partition, "accessProfile")) {
      const lines = new Map<number, Policy[]>();
      for (const { accessPoint, capability, schedule } of policies) {
        const named = schedules.get(schedule);
        if (named !== undefined) lines.set(accessPoint, [...(lines.get(accessPoint) ?? []), { capability, schedule: named }]);
      }
      profiles.set(number, { id, policies: lines });
    }
    const days = new Map(
      itemsOf(this.#store, GLOBAL, "calendarDay").map((day) => [
        day.date,
        day.kind === "makeUpDay" ? { kind: day.kind, runsAs: day.runsAs } : { kind: day.kind },
      ]),
    );
    const termPhases = itemsOf(this.#store, GLOBAL, "termPhase").flatMap(({ from, phases }) => phases.map(({ phase, until }) => ({ phase, from, until })));
    return {
      accessPoints: new Map(itemsOf(this.#store, this.#partition, "accessPoint").map(({ id, number }) => [id, number])),
      profiles,
      schedules,
      context: scheduleContext(this.#timeZone, [...specialDays.values()], { days, termPhases }),
    };
  }
}

/** A credential that is refused everywhere, and since when. */
export interface KnownRevocation {
  readonly credential: CredentialId;
  readonly suspension: SuspensionReason;
  readonly since: UnixSeconds;
}

/** The credentials that `global` refuses everywhere: few, and asked about in every decision. */
export class Revocations {
  readonly #store: FeedStore;
  #found: ReadonlyMap<CredentialId, SuspensionReason> | undefined;

  constructor(store: FeedStore) {
    this.#store = store;
    store.onChange((partition) => {
      if (partition === GLOBAL) this.#found = undefined;
    });
  }

  of(credential: CredentialId): SuspensionReason | undefined {
    this.#found ??= new Map(this.all().map(({ credential: id, suspension }) => [id, suspension]));
    return this.#found.get(credential);
  }

  /** What `global` names, and what an epoch before it named and this one has not yet. */
  all(): readonly KnownRevocation[] {
    const named = [...this.#store.kept.all(), ...itemsOf(this.#store, GLOBAL, "revocation")].flatMap(({ credential, suspension, since }) =>
      suspension === undefined ? [] : [{ credential, suspension, since }],
    );
    return [...new Map(named.map((each) => [each.credential, each])).values()];
  }
}

/** @throws AlteredRow where an item that was checked when it came is none any more */
function itemsOf<Table extends FeedTable>(store: FeedStore, partition: Partition, table: Table): Extract<FeedItem, { readonly table: Table }>[] {
  const found: Extract<FeedItem, { readonly table: Table }>[] = [];
  for (const bytes of store.items(partition, FEED_TABLE[table])) {
    const read = decodeItem(partition, { key: new Uint8Array(bytes.key), value: new Uint8Array(bytes.value) });
    if (read.kind !== "item" || read.item.table !== table) throw new AlteredRow(bytesToHex(new Uint8Array(bytes.key)));
    found.push(read.item as Extract<FeedItem, { readonly table: Table }>);
  }
  return found;
}
