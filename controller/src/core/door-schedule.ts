import {
  dateOfDay,
  dayOfDate,
  instantsOf,
  isOpenAt,
  localTime,
  rangesOn,
  type Schedule,
  type ScheduleContext,
  type UnixSeconds,
  unixSeconds,
  type WallTime,
  weekdayOfDay,
} from "@portico/card-protocol";
import { isBegun } from "./first-person.ts";
import type { SetMode } from "./door-operation.ts";

/** What a schedule may do to a door, the strongest first: of several that are open at once the strongest counts. While none is, the door is locked. */
export const SCHEDULED_OPERATIONS = ["block", "double-lock", "lock", "unlock"] as const;
export type ScheduledOperation = (typeof SCHEDULED_OPERATIONS)[number];

/** One line of a door's timetable: while the schedule is open, the door is like this. */
export interface DoorRule {
  /** Id of the schedule, as the list names it. */
  readonly id: string;
  readonly operation: ScheduledOperation;
  /** Undefined: the list holds none by that name; then it is never open. */
  readonly schedule: Schedule | undefined;
  /** It waits in each opening for a first person: when one came in last, if ever. Absent: it waits for nobody. */
  readonly firstPerson?: { readonly cameAt: UnixSeconds | undefined };
}

/** What the timetable says of one moment, and whose word it is. */
export interface Scheduled {
  readonly operation: ScheduledOperation;
  readonly schedule: string;
}

/** Looks for a change of the timetable this far before and behind. */
const LOOK_DAYS = 40;

/** What a door's rules say at a moment. @param rules  one at least */
export function scheduledAt(rules: readonly DoorRule[], context: ScheduleContext, at: UnixSeconds): Scheduled {
  const open = rules.filter((rule) => isRuleOpen(rule, context, at) && !awaitsFirstPerson(rule, context, at));
  for (const operation of SCHEDULED_OPERATIONS) {
    const rule = open.find((each) => each.operation === operation);
    if (rule !== undefined) return { operation, schedule: rule.id };
  }
  return { operation: "lock", schedule: rules[0]!.id };
}

/** Whether a rule's schedule is open and nobody has begun the opening yet for whom it waits. */
export const awaitsFirstPerson = ({ schedule, firstPerson }: DoorRule, context: ScheduleContext, at: UnixSeconds): boolean =>
  schedule !== undefined && firstPerson !== undefined && isOpenAt(schedule, context, at) && !isBegun(schedule, context, firstPerson.cameAt, at);

const isRuleOpen = ({ schedule }: DoorRule, context: ScheduleContext, at: UnixSeconds): boolean => schedule !== undefined && isOpenAt(schedule, context, at);

/** The last moment, `at` itself included, at which the rules began to say something else; undefined: none within 40 days. */
export function lastChange(rules: readonly DoorRule[], context: ScheduleContext, at: UnixSeconds): UnixSeconds | undefined {
  return changes(rules, context, at, -LOOK_DAYS, 1).findLast((moment) => moment <= at && isChange(rules, context, moment));
}

/** The first moment behind `at` at which the rules say something else; undefined: none within 40 days. */
export function nextChange(rules: readonly DoorRule[], context: ScheduleContext, at: UnixSeconds): UnixSeconds | undefined {
  return changes(rules, context, at, -2, LOOK_DAYS).find((moment) => moment > at && isChange(rules, context, moment));
}

/** The first moment behind `at` at which the rules may say something else, within about a day; undefined: none. For waking up: it costs little. */
export const nextMoment = (rules: readonly DoorRule[], context: ScheduleContext, at: UnixSeconds): UnixSeconds | undefined =>
  changes(rules, context, at, -2, 1).find((moment) => moment > at);

/** How a door came to the mode in which it is. */
export interface ModeStanding {
  readonly mode: SetMode;
  /** `nobody`: never set, so it is locked. */
  readonly setBy: "nobody" | "person" | "schedule";
  /** Null: no clock said when. */
  readonly setAt: UnixSeconds | null;
}

/** What a door's timetable has to know. */
export interface TimetableFacts {
  readonly rules: readonly DoorRule[];
  readonly context: ScheduleContext;
  /** `untrusted` also where the list is too old to be believed. */
  readonly wall: WallTime;
  readonly door: ModeStanding;
  /** What the rules said when they were last asked; undefined: they were not, or nobody knew the time. */
  readonly before: Scheduled | undefined;
}

/** What a timetable has a door do now: nothing, or one operation. */
export interface TimetableVerdict {
  /** For {@link TimetableFacts.before} of the next time. */
  readonly now: Scheduled | undefined;
  readonly order: Scheduled | undefined;
}

/**
 * Whether a door's timetable moves it. It does at its own changes alone: what somebody set by hand stands until the next one. Who was set when nobody knows is
 * moved if that takes access away. Without a clock, or by a list that is too old, it moves nothing, but takes back what it had unlocked.
 */
export function judgeTimetable({ rules, context, wall, door, before }: TimetableFacts): TimetableVerdict {
  if (wall === "untrusted") {
    const isHeldOpen = door.setBy === "schedule" && door.mode === "Unlocked";
    return { now: undefined, order: isHeldOpen ? { operation: "lock", schedule: rules[0]!.id } : undefined };
  }
  const now = scheduledAt(rules, context, wall.now);
  if (before !== undefined) return { now, order: before.operation === now.operation ? undefined : now };
  return { now, order: isDue(now, door, lastChange(rules, context, wall.now)) ? now : undefined };
}

function isDue(now: Scheduled, door: ModeStanding, changedAt: UnixSeconds | undefined): boolean {
  if (door.setBy !== "person") return true;
  if (door.setAt === null || changedAt === undefined) return door.setAt === null && now.operation !== "unlock";
  return changedAt > door.setAt;
}

/** Every moment at which a range of a rule begins or ends, in the days around, ascending. */
function changes(rules: readonly DoorRule[], context: ScheduleContext, at: UnixSeconds, fromDay: number, toDay: number): UnixSeconds[] {
  const today = dayOfDate(localTime(context.zone, at).date);
  const found = new Set<number>();
  for (const { schedule, firstPerson } of rules) {
    if (firstPerson?.cameAt !== undefined) found.add(firstPerson.cameAt);
    if (schedule === undefined) continue;
    for (let day = today + fromDay; day <= today + toDay; day++)
      for (const { startS, endS } of rangesOn(schedule, context, dateOfDay(day), weekdayOfDay(day)))
        for (const { from, until } of instantsOf(context.zone, day, startS, endS)) found.add(from).add(until);
  }
  return [...found].sort((a, b) => a - b).map(unixSeconds);
}

const isChange = (rules: readonly DoorRule[], context: ScheduleContext, moment: UnixSeconds): boolean =>
  scheduledAt(rules, context, unixSeconds(moment - 1)).operation !== scheduledAt(rules, context, moment).operation;
