import { bytesToHex, DENIED_MAX, type Denied, hexToBytes, type LockListRow, type UnixSeconds } from "@portico/card-protocol";
import type { LockEntry } from "./lock-list.ts";

/** Whom the lists of one lock let in that may be in force there: each with the end of what they say of them, in seconds. */
export interface ListedOut {
  readonly holders: readonly (readonly [holder: number, until: number])[];
  /** By their ids, 16 hex digits. */
  readonly credentials: readonly (readonly [credential: string, until: number])[];
}

export const NOBODY_LISTED: ListedOut = { holders: [], credentials: [] };

/** Whom a list lets in. @param validUntil  the list's own end */
export function listedOut(rows: readonly LockListRow[], validUntil: UnixSeconds): ListedOut {
  const holders = new Map<number, number>();
  const credentials = new Map<string, number>();
  for (const row of rows) {
    const until = Math.min(row.until, validUntil);
    later(holders, row.holder, until);
    for (const { id } of row.credentials) later(credentials, bytesToHex(id), until);
  }
  return { holders: [...holders], credentials: [...credentials] };
}

/** Either list may be in force. What is over by now is left out. */
export function eitherListed(a: ListedOut, b: ListedOut, now: UnixSeconds): ListedOut {
  const holders = new Map<number, number>();
  const credentials = new Map<string, number>();
  for (const [holder, until] of [...a.holders, ...b.holders]) if (until > now) later(holders, holder, until);
  for (const [credential, until] of [...a.credentials, ...b.credentials]) if (until > now) later(credentials, credential, until);
  return { holders: [...holders], credentials: [...credentials] };
}

const later = <K>(map: Map<K, number>, key: K, until: number): void => void map.set(key, Math.max(until, map.get(key) ?? 0));

/** Who is to be refused at every lock of a controller whatever its list says. */
export interface DenyContent {
  /** At most {@link DENIED_MAX}. */
  readonly denied: readonly Denied[];
  /** Who has no room among them: those that the lists forget first. */
  readonly left: number;
  /** The same for the same ones. */
  readonly meaning: string;
}

/**
 * Who is denied: whom a list out there lets in and no lock of the controller any more. Somebody who has moved from one lock to another is not among them, for a
 * set is for all locks. Suspended credentials come first, then those whom the lists let in for longest.
 *
 * @param wanted  what the zones say now, of all locks together
 */
export function denyContent(out: readonly ListedOut[], wanted: readonly LockEntry[], now: UnixSeconds): DenyContent {
  const all = out.reduce((before, each) => eitherListed(before, each, now), NOBODY_LISTED);
  const { holders, credentials } = wantedNow(wanted, now);
  const suspended = new Set(wanted.filter(({ suspended: isSuspended }) => isSuspended).map(({ credential }) => credential));
  const found = [
    ...all.credentials.filter(([id]) => !credentials.has(id)).map(([id, until]) => ({ name: id, rank: suspended.has(id) ? 0 : 1, until, denied: { credential: hexToBytes(id)! } })), // prettier-ignore
    ...all.holders.filter(([holder]) => !holders.has(holder)).map(([holder, until]) => ({ name: `${holder}`, rank: 1, until, denied: { holder } })),
  ].sort((a, b) => a.rank - b.rank || b.until - a.until || (a.name < b.name ? -1 : 1));
  const kept = found.slice(0, DENIED_MAX);
  return { denied: kept.map(({ denied }) => denied), left: found.length - kept.length, meaning: kept.map(({ name }) => name).toSorted().join(" ") }; // prettier-ignore
}

/** Who opens by a list that is made now, at once or later: what is granted for later is not denied, for the list that comes with the set names it. */
function wantedNow(wanted: readonly LockEntry[], now: UnixSeconds): { readonly holders: ReadonlySet<number>; readonly credentials: ReadonlySet<string> } {
  const isAhead = wanted.filter(({ grant }) => grant.until > now);
  const showable = isAhead.filter(({ proof, credentialHolds }) => proof !== undefined && credentialHolds.until > now);
  return { holders: new Set(isAhead.map(({ holder }) => holder)), credentials: new Set(showable.map(({ credential }) => credential)) };
}
