import { type CredentialId, isLockItem, type ScheduleContext, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { LockEntry } from "../core/lock-list.ts";
import type { WantedFinger, WantedPin } from "../core/lock-plan.ts";
import type { ZoneList } from "../store/zone-list.ts";

/** What a zone wants of one room lock. */
export interface LockWishes {
  /** The key that the cloud seals PINs to; undefined: it knows no lock there. */
  readonly publicKey: Uint8Array | undefined;
  readonly entries: readonly LockEntry[];
  readonly context: ScheduleContext;
  readonly pins: readonly WantedPin[];
  readonly fingers: readonly WantedFinger[];
}

export type WishList = Pick<ZoneList, "unlocks" | "cardTokens" | "lockItems" | "scheduleContext" | "onChange">;

/**
 * What a zone wants of each of these locks, read in one go: after every version of the zone, for all of its locks together.
 *
 * @param cards  those of them that read cards themselves
 */
export function readLockWishes(list: WishList, locks: ReadonlySet<string>, cards: ReadonlySet<string>): ReadonlyMap<string, LockWishes> {
  const tokens: ReadonlyMap<CredentialId, Uint8Array> = cards.size > 0 ? list.cardTokens() : new Map();
  const entries = new Map<string, LockEntry[]>([...locks].map((id) => [id, []]));
  for (const { accessPoint, credential, permission } of list.unlocks(locks)) {
    const { id, holder, publicKey, suspension, validFrom, validUntil } = credential;
    entries.get(accessPoint)!.push({
      holder,
      credential: id,
      proof: suspension === undefined ? (publicKey ?? (cards.has(accessPoint) ? tokens.get(id) : undefined)) : undefined,
      suspended: suspension !== undefined,
      grant: { from: permission.validFrom, until: permission.validUntil },
      credentialHolds: { from: validFrom, until: validUntil },
      schedule: permission.schedule,
    });
  }
  const keys = new Map<string, Uint8Array>();
  const pins = new Map<string, WantedPin[]>();
  const fingers = new Map<string, WantedFinger[]>();
  const push = <T>(map: Map<string, T[]>, lock: string, one: T): void => void map.set(lock, [...(map.get(lock) ?? []), one]);
  for (const { lock, item } of list.lockItems()) {
    if (!locks.has(lock) || !isLockItem(item)) continue;
    if (item.table === "roomLock") keys.set(lock, item.publicKey);
    else {
      const { holder, version, validFrom: from, validUntil: until } = item;
      if (item.table === "lockPin") push(pins, lock, { holder, version, from, until, sealed: item.sealed });
      else push(fingers, lock, { slot: item.slot, holder, version, from, until, enrolUntil: item.enrolUntil });
    }
  }
  const context = list.scheduleContext();
  return new Map(
    [...locks].map((id) => [id, { publicKey: keys.get(id), entries: entries.get(id)!, context, pins: pins.get(id) ?? [], fingers: fingers.get(id) ?? [] }]),
  );
}

/** The instants at which time changes what is wanted. */
export const timesOf = ({ entries, pins, fingers }: LockWishes): readonly { readonly from: UnixSeconds; readonly until: UnixSeconds }[] => [
  ...entries.map(({ grant }) => grant),
  ...pins,
  ...fingers,
];

/** The list has to be made anew by then. */
export const renewalOf = (listUntil: number): UnixSeconds => unixSeconds(Math.max(0, listUntil - RENEW_BEFORE_S));
/** A list of 30 days is renewed when 23 are over: a lock that is out of reach for a week is no reason to come. */
const RENEW_BEFORE_S = 7 * 86_400;
