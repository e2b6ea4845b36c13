import { type DenyReason, formatLocal, type HolderFlag, type UnixSeconds, type WallTime } from "@portico/card-protocol";

/**
 * What an area does about holders who come in a second time. `off`: nothing · `soft`: lets them in, and an event says so · `hard`: refuses them until they have
 * left · `timed`: refuses them for a time after they came in, readers out or none · `area`: as `hard`, and lets nobody out who is known to be outside.
 */
export const ANTIPASSBACKS = ["off", "soft", "hard", "timed", "area"] as const;
export type Antipassback = (typeof ANTIPASSBACKS)[number];

/** What was chosen for one area. */
export interface AreaRules {
  readonly id: string;
  readonly antipassback: Antipassback;
  /** `timed` alone: how long behind coming in nobody comes in again, in seconds. */
  readonly antipassbackTimeS: number;
  /** So many holders may be in it at once; undefined: any number. */
  readonly holdersMax: number | undefined;
}

/** Where a holder was seen last, as one area sees it; `since` null: no clock said when. */
export interface Side {
  readonly side: "inside" | "outside";
  readonly since: UnixSeconds | null;
}

/** What a decision has to know of one area. */
export interface AreaFacts {
  readonly rules: AreaRules;
  /** Undefined: never seen there, or forgotten by a reset. */
  readonly holder: Side | undefined;
  /** Holders inside, those included who were let in and have not passed yet. */
  readonly holdersInside: number;
}

/** One holder at the border of areas; both are given where a door leads from one into another. */
export interface AreaPassage {
  readonly enters: AreaFacts | undefined;
  readonly leaves: AreaFacts | undefined;
  readonly flags: readonly HolderFlag[];
  readonly wall: WallTime;
  /** A way out: nobody is refused there, what is amiss is told. */
  readonly egress: boolean;
  /** IANA zone for the words. */
  readonly timeZone: string;
}

/** What areas say to a passage. */
export interface AreaVerdict {
  /** Undefined: nothing. */
  readonly refusal: { readonly reason: Extract<DenyReason, "AntipassbackViolated" | "OccupancyExceeded">; readonly detail: string } | undefined;
  /** What is amiss and does not refuse: told in an event once the passage is granted. */
  readonly violations: readonly { readonly area: string; readonly detail: string }[];
}

/** Nothing stands against it. */
const FINE: AreaVerdict = { refusal: undefined, violations: [] };

/**
 * Judges a passage by the areas that it leads out of and into. Anti-passback comes before the number of holders, as in the table of reasons. Time that nobody
 * vouches for shortens no `timed` rule: until a clock says otherwise, who came in is inside.
 */
export function judgeAreas({ enters, leaves, flags, wall, egress, timeZone }: AreaPassage): AreaVerdict {
  const amiss: { readonly area: string; readonly detail: string; readonly refuses: boolean }[] = [];
  if (!flags.includes("antipassbackExempt")) {
    if (enters !== undefined && comesTwice(enters, wall)) amiss.push({ ...told(enters, timeZone), refuses: enters.rules.antipassback !== "soft" && !egress });
    if (leaves?.rules.antipassback === "area" && leaves.holder?.side === "outside") amiss.push({ ...told(leaves, timeZone), refuses: !egress });
  }
  const refused = amiss.find(({ refuses }) => refuses);
  if (refused !== undefined) return { refusal: { reason: "AntipassbackViolated", detail: refused.detail }, violations: [] };
  if (enters !== undefined && !egress && !flags.includes("emergency") && isFull(enters))
    return {
      refusal: { reason: "OccupancyExceeded", detail: `${enters.rules.id}: ${enters.holdersInside} of ${enters.rules.holdersMax} inside` },
      violations: [],
    };
  return amiss.length === 0 ? FINE : { refusal: undefined, violations: amiss.map(({ area, detail }) => ({ area, detail })) };
}

function comesTwice({ rules, holder }: AreaFacts, wall: WallTime): boolean {
  if (holder?.side !== "inside" || rules.antipassback === "off") return false;
  if (rules.antipassback !== "timed" || holder.since === null || wall === "untrusted") return true;
  return wall.now < holder.since + rules.antipassbackTimeS;
}

/** Who is inside already takes up no further place. */
const isFull = ({ rules, holder, holdersInside }: AreaFacts): boolean =>
  rules.holdersMax !== undefined && holder?.side !== "inside" && holdersInside >= rules.holdersMax;

function told({ rules, holder }: AreaFacts, timeZone: string): { readonly area: string; readonly detail: string } {
  const since = holder?.since ?? null;
  return { area: rules.id, detail: `${rules.id}: ${holder?.side} ${since === null ? "since nobody knows when" : `since ${formatLocal(timeZone, since)}`}` };
}
