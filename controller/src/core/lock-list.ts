import {
  bytesToHex,
  hexToBytes,
  LOCK_LIST_OPENINGS_MAX,
  LOCK_LIST_ROWS_MAX,
  type LockListRow,
  type LockOpening,
  lockOpenings,
  type Schedule,
  type ScheduleContext,
  type UnixSeconds,
  unixSeconds,
} from "@portico/card-protocol";

/** One permission of one credential to unlock a room, as the zone's list has it. */
export interface LockEntry {
  /** Of the person in the zone. */
  readonly holder: number;
  /** 16 hex digits. */
  readonly credential: string;
  /** What it proves itself by at the lock: a phone's public key, 32 bytes, or a card's token, 16; undefined: nothing that a lock could check. */
  readonly proof: Uint8Array | undefined;
  /** The credential is lost, frozen or the like: it may be in somebody else's hands. */
  readonly suspended: boolean;
  /** from ≤ t < until: of the permission, and of the credential. */
  readonly grant: { readonly from: UnixSeconds; readonly until: UnixSeconds };
  readonly credentialHolds: { readonly from: UnixSeconds; readonly until: UnixSeconds };
  readonly schedule: Schedule;
}

/** What a lock's own list is to say: {@link LockList} without its version. */
export interface LockListContent {
  readonly openings: readonly (readonly LockOpening[])[];
  readonly rows: readonly LockListRow[];
  /** The same where the same people may open at the same hours: what has not changed is not brought again. Hex digits and words. */
  readonly meaning: string;
  /** Rows that a lock's list has no room for. */
  readonly left: number;
}

/** Days that a list reaches ahead: shorter than a list may live, so that one is renewed before it ends. */
export const LIST_LIFE_S = 30 * 86_400;
/** `always`: no openings are needed. */
const ALWAYS = "always";

/**
 * The list of a lock, from what its zone says. A holder has a row for each stretch and schedule of a grant, whatever they carry, so that PIN and finger open
 * for it; what they carry stands in it, cut to the credential's own validity.
 *
 * @param now  what is over by then is left out
 */
export function lockListContent(entries: readonly LockEntry[], context: ScheduleContext, now: UnixSeconds): LockListContent {
  const until = unixSeconds(now + LIST_LIFE_S);
  const schedules = [...new Map(entries.map(({ schedule }) => [schedule.id, schedule])).values()]
    .filter(({ id }) => id !== ALWAYS)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const kept = schedules.slice(0, LOCK_LIST_OPENINGS_MAX);
  const numberOf = new Map([[ALWAYS, 0], ...kept.map(({ id }, nth) => [id, nth + 1] as const)]);
  const rows = new Map<string, { row: Omit<LockListRow, "credentials">; credentials: Map<string, Uint8Array> }>();
  const put = (entry: LockEntry, from: UnixSeconds, end: UnixSeconds, proof: Uint8Array | undefined): void => {
    const openings = numberOf.get(entry.schedule.id);
    if (openings === undefined || from >= end || end <= now || from >= until) return;
    const key = `${entry.holder} ${from} ${end} ${openings}`;
    const found = rows.get(key) ?? { row: { holder: entry.holder, from, until: end, openings }, credentials: new Map<string, Uint8Array>() };
    rows.set(key, found);
    if (proof !== undefined) found.credentials.set(entry.credential, proof);
  };
  for (const entry of entries) {
    const { grant, credentialHolds, proof } = entry;
    put(entry, grant.from, grant.until, undefined);
    if (proof !== undefined)
      put(entry, unixSeconds(Math.max(grant.from, credentialHolds.from)), unixSeconds(Math.min(grant.until, credentialHolds.until)), proof);
  }
  const all = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const fit = all.slice(0, LOCK_LIST_ROWS_MAX);
  const listed = fit.map(([, { row, credentials }]): LockListRow => ({
    ...row,
    credentials: [...credentials].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, CREDENTIALS_MAX).map(([id, proof]) => ({ id: hexToBytes(id)!, proof })), // prettier-ignore
  }));
  return {
    openings: kept.map((schedule) => lockOpenings(schedule, context, now, until).slice(0, INTERVALS_MAX)),
    rows: listed,
    meaning: [
      ...listed.map(({ holder, from, until: end, openings, credentials }) => `${holder} ${from} ${end} ${openings} ${credentials.map(({ id, proof }) => bytesToHex(id) + bytesToHex(proof)).join(" ")}`), // prettier-ignore
      ...kept.map((schedule) => JSON.stringify(schedule)),
    ].join("\n"),
    left: all.length - fit.length,
  };
}

/** Of one row, and of one schedule: docs/lock-profile.md, The lock's list. */
const CREDENTIALS_MAX = 32;
const INTERVALS_MAX = 366;
