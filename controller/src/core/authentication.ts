import { isOpenAt, type Schedule, type ScheduleContext, type WallTime } from "@portico/card-protocol";

/** How somebody says who they are, or proves it. Source: ONVIF Authentication Behavior service, RecognitionMethod. */
export const RECOGNITION_METHODS = ["card", "pass", "pin"] as const;
export type RecognitionMethod = (typeof RECOGNITION_METHODS)[number];

/** Methods of which all are needed, a card or a pass among them; none: nobody is let in by it. */
export type RecognitionGroup = readonly RecognitionMethod[];
/** Groups of which any is enough. */
export type SecurityLevel = readonly RecognitionGroup[];

/** What an access point asks for, and when it asks for something else. Source: ONVIF AuthenticationProfile. */
export interface AuthenticationProfile {
  readonly id: string;
  /** While no policy is open. */
  readonly anyOf: SecurityLevel;
  /** Schedules by the ids of the list. */
  readonly policies: readonly { readonly schedule: string; readonly anyOf: SecurityLevel }[];
}

/** What is asked for beside what was shown: `nothing` more, a `pin`, or `another` card or pass, because this one is not taken now. */
export type AskedFor = "nothing" | "pin" | "another";

/**
 * The levels that hold now; all of them must be met. Of several policies that are open each is asked for. What nobody can tell is asked for too: every
 * level of the profile while the clock is untrusted, and that of a schedule that the list does not hold.
 */
export function levelsNow(
  { anyOf, policies }: AuthenticationProfile,
  wall: WallTime,
  scheduleOf: (id: string) => Schedule | undefined,
  context: ScheduleContext,
): readonly SecurityLevel[] {
  if (wall === "untrusted") return [anyOf, ...policies.map((policy) => policy.anyOf)];
  const named = policies.map((policy) => ({ level: policy.anyOf, schedule: scheduleOf(policy.schedule) }));
  const open = named.filter(({ schedule }) => schedule !== undefined && isOpenAt(schedule, context, wall.now));
  const unknown = named.filter(({ schedule }) => schedule === undefined).map(({ level }) => level);
  return [...(open.length === 0 ? [anyOf] : open.map(({ level }) => level)), ...unknown];
}

/** What the levels ask for beside a card or a pass. */
export function askedFor(shown: "card" | "pass", levels: readonly SecurityLevel[]): AskedFor {
  if (levels.every((level) => isMet(level, [shown]))) return "nothing";
  return levels.every((level) => isMet(level, [shown, "pin"])) ? "pin" : "another";
}

/** The levels in a technician's words: `card and pin, or pass`. */
export function levelsText(levels: readonly SecurityLevel[]): string {
  const texts = levels.map((level) => level.map((group) => (group.length === 0 ? "nobody" : group.join(" and "))).join(", or "));
  return [...new Set(texts)].join("; and ");
}

const isMet = (level: SecurityLevel, shown: readonly RecognitionMethod[]): boolean =>
  level.some((group) => group.length > 0 && group.every((method) => shown.includes(method)));

/** What became of the PIN that is asked for. `unset`: the holder has none at this controller · `notRecorded`: the disk would not keep the try. */
export type PinState =
  | { readonly kind: "awaited" | "right" | "duress" | "unset" | "notTyped" | "notRecorded" }
  | { readonly kind: "wrong"; readonly count: number; readonly max: number }
  | { readonly kind: "lockedOut"; readonly whose: "holder" | "reader"; readonly forS: number };

/** What the access point asks for now, and how far that is met. */
export interface AuthenticationFacts {
  readonly profile: string;
  /** The levels that hold, in words. */
  readonly levels: string;
  readonly asked: AskedFor;
  /** Where a PIN is asked for. */
  readonly pin: PinState;
}

/** A state in a technician's words; never a digit. */
export function pinText(pin: PinState): string {
  switch (pin.kind) {
    case "awaited":
      return "awaited";
    case "right":
    case "duress":
      return "right"; // whoever reads an explanation over a shoulder learns nothing of a duress
    case "unset":
      return "the holder has no PIN at this controller";
    case "notTyped":
      return "none was typed in time";
    case "notRecorded":
      return "the disk refuses to count the try";
    case "wrong":
      return `wrong, ${pin.count} of ${pin.max} in a row`;
    case "lockedOut":
      return `the ${pin.whose} is locked out for ${pin.forS} s more`;
  }
}
