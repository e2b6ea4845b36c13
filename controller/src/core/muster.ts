import type { ControllerEvent, CredentialId, UnixSeconds } from "@portico/card-protocol";

/** An access point as a muster sees it. */
export interface MusterPoint {
  readonly id: string;
  readonly enters: string | undefined;
  readonly leaves: string | undefined;
  readonly egress: boolean;
  /** The door, or the way of a turnstile. */
  readonly door: string;
  /** A contact sees who passes: without one a grant counts as a passage. */
  readonly seesPassage: boolean;
}

/** Somebody of whom an area says that they are inside. */
export interface InsideArea {
  readonly area: string;
  readonly holder: number;
  readonly credential: CredentialId;
  readonly since: UnixSeconds | null;
}

/** `certain`: seen to come in, and nobody left unseen since · `likely`: others were let out unseen since · `doubtful`: nobody saw them come in, or nobody could see them go. */
export type Sureness = "certain" | "likely" | "doubtful";

/** Somebody who is believed to be inside, how sure that is, and what speaks against it. */
export interface MusterRow {
  /** The area; where there is none, the door that they came in by. */
  readonly place: string;
  readonly holder: number;
  readonly credential: CredentialId;
  readonly since: UnixSeconds | null;
  /** So many came in on their credential: a party with children, say. */
  readonly persons: number;
  readonly sureness: Sureness;
  readonly why: string;
}

/** The events that speak of who is inside. */
export const MUSTER_EVENTS = [
  "AccessGranted",
  "AccessTaken",
  "AccessNotTaken",
  "ShadowTaken",
  "RequestToExit",
  "DoorModeChanged",
  "FireInput",
  "DrillStarted",
  "GuardOpened",
  "LaneHeld",
  "PartyPassed",
] as const;

export interface MusterFacts {
  /** Oldest first, of {@link MUSTER_EVENTS}. */
  readonly events: readonly { readonly seq: number; readonly at: UnixSeconds | null; readonly event: ControllerEvent }[];
  readonly points: readonly MusterPoint[];
  readonly inside: readonly InsideArea[];
  /** Doors and turnstiles that stand free now for fire or drill: that people leave by them is what the list is for, and makes nobody less sure. */
  readonly evacuated: ReadonlySet<string>;
}

/** One passage of a holder. */
interface Passage {
  readonly seq: number;
  readonly point: MusterPoint;
  readonly credential: CredentialId;
  readonly at: UnixSeconds | null;
  readonly isSeen: boolean;
}

/** Who is inside, by the controller's own log: whom its areas count, and at doors without an area whoever came in and was not seen to go. */
export function muster({ events, points, inside, evacuated }: MusterFacts): readonly MusterRow[] {
  const byId = new Map(points.map((point) => [point.id, point]));
  const granted = new Map<number, Omit<Passage, "isSeen"> & { readonly holder: number }>();
  const passages = new Map<number, Passage[]>();
  const parties = new Map<number, number>();
  const personsOf = (passage: Passage | undefined): number => parties.get(passage?.seq ?? 0) ?? 1;
  const unseen: { readonly seq: number; readonly door: string; readonly isFree: boolean }[] = [];
  const pass = (seq: number, isSeen: boolean): void => {
    const grant = granted.get(seq);
    if (grant === undefined) return;
    granted.delete(seq);
    passages.set(grant.holder, [...(passages.get(grant.holder) ?? []), { ...grant, isSeen: isSeen && grant.point.seesPassage }]);
  };
  for (const { seq, at, event } of events) {
    if (event.name === "AccessGranted") {
      const point = byId.get(event.fields.accessPoint);
      if (point !== undefined) granted.set(seq, { seq, point, at, holder: event.fields.holder, credential: event.fields.credential });
    } else if (event.name === "AccessTaken") pass(event.fields.grantedSeq, true);
    else if (event.name === "ShadowTaken") {
      const { accessPoint, holder, credential } = event.fields;
      const point = byId.get(accessPoint);
      // The old system has let them in; nobody saw whether they went.
      if (point !== undefined) passages.set(holder, [...(passages.get(holder) ?? []), { seq, point, credential, at, isSeen: false }]);
    } else if (event.name === "AccessNotTaken" && (event.fields.cause === "device" || event.fields.cause === "restart")) pass(event.fields.grantedSeq, false);
    else if (event.name === "PartyPassed") parties.set(event.fields.grantedSeq, event.fields.passed);
    else {
      const gap = unseenBy(event, evacuated);
      if (gap !== undefined) unseen.push({ seq, ...gap });
    }
  }
  const rows = [
    ...inside.map((each) => {
      const last = passages.get(each.holder)?.findLast(({ point }) => point.enters === each.area);
      const hasWayOut = points.some(({ leaves }) => leaves === each.area);
      return { ...each, place: each.area, persons: personsOf(last), ...doubts(last, borderOf(points, each.area), hasWayOut) };
    }),
    ...[...passages].flatMap(([holder, all]) => {
      const last = all.findLast(({ point }) => point.enters === undefined && point.leaves === undefined);
      if (last === undefined || last.point.egress) return [];
      const { point, credential, at } = last;
      return [{ place: point.door, holder, credential, since: at, persons: personsOf(last), ...doubts(last, new Set([gateOf(point.door)]), points.some((each) => each.egress && gateOf(each.door) === gateOf(point.door))) }]; // prettier-ignore
    }),
  ];
  return rows.map(({ place, holder, credential, since, persons, sureness, why }) => ({ place, holder, credential, since, persons, sureness, why }));

  function doubts(passage: Passage | undefined, doors: ReadonlySet<string>, hasWayOut: boolean): Pick<MusterRow, "sureness" | "why"> {
    const since = unseen.filter(({ seq, door }) => (door === "" || doors.has(gateOf(door))) && seq > (passage?.seq ?? 0));
    const left = since.filter(({ isFree }) => !isFree).length;
    const why = [
      ...(passage === undefined ? ["the log does not show any more how they came in"] : passage.isSeen ? [] : ["nobody saw whether they came in"]),
      ...(hasWayOut ? [] : ["no reader sees who leaves"]),
      ...(since.some(({ isFree }) => isFree) ? ["doors have stood free since"] : []),
    ];
    if (why.length > 0) return { sureness: "doubtful", why: why.join("; ") };
    return left === 0 ? { sureness: "certain", why: "" } : { sureness: "likely", why: `somebody left unseen ${left} times since` };
  }
}

/** What an event lets happen that no reader sees; door "": at every door. */
function unseenBy(event: ControllerEvent, evacuated: ReadonlySet<string>): { readonly door: string; readonly isFree: boolean } | undefined {
  if (event.name === "RequestToExit") return { door: event.fields.door, isFree: false };
  if (event.name === "GuardOpened" || event.name === "LaneHeld") return { door: event.fields.door, isFree: event.name === "LaneHeld" };
  if (event.name === "DoorModeChanged") {
    const { door, mode } = event.fields;
    if (mode === "Accessed") return { door, isFree: false };
    return mode === "Unlocked" || mode === "LockedOpen" ? { door, isFree: true } : undefined;
  }
  if (event.name === "FireInput" && event.fields.active && !evacuated.has(event.fields.door)) return { door: event.fields.door, isFree: true };
  return event.name === "DrillStarted" && evacuated.size === 0 ? { door: "", isFree: true } : undefined;
}

/** A turnstile's two ways are one place. */
const gateOf = (door: string): string => door.split("/", 1)[0]!;
const borderOf = (points: readonly MusterPoint[], area: string): ReadonlySet<string> =>
  new Set(points.filter(({ enters, leaves }) => enters === area || leaves === area).map(({ door }) => gateOf(door)));
