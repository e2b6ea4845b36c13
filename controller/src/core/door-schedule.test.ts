import { atLocal, type CampusCalendar, EMPTY_CALENDAR, type Schedule, scheduleContext, unixSeconds, type Weekday } from "@portico/card-protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DoorRule, judgeTimetable, lastChange, type ModeStanding, nextChange, nextMoment, scheduledAt, type ScheduledOperation } from "./door-schedule.ts";

const ZONE = "Asia/Shanghai";
const H = 3600;
const local = (date: string, hour: number): ReturnType<typeof unixSeconds> => atLocal(ZONE, date, hour * H);
const MONDAY = "2027-01-11";
const SATURDAY = "2027-01-16";

function schedule(id: string, weekdays: readonly Weekday[], from: number, until: number, change: Partial<Schedule> = {}): Schedule {
  return {
    id,
    weekly: Object.fromEntries(weekdays.map((day) => [day, [{ startS: from * H, endS: until * H }]])),
    specialDays: [],
    follows: { holidays: true, makeUpDays: true },
    ...change,
  };
}
const WORK: readonly Weekday[] = [1, 2, 3, 4, 5];
const rule = (operation: ScheduledOperation, plan: Schedule): DoorRule => ({ id: plan.id, operation, schedule: plan });
const OFFICE = rule("unlock", schedule("office", WORK, 8, 18));
const LUNCH = rule("lock", schedule("lunch", WORK, 12, 13));
const NIGHTS = rule("block", schedule("nights", [1, 2, 3, 4, 5, 6, 7], 22, 30));
const contextWith = (calendar: CampusCalendar = EMPTY_CALENDAR) => scheduleContext(ZONE, [{ id: "open-day", days: [SATURDAY] }], calendar);
const CONTEXT = contextWith();
const says = (rules: readonly DoorRule[], date: string, hour: number, context = CONTEXT): string => scheduledAt(rules, context, local(date, hour)).operation;

describe("what the schedules of a door say together", () => {
  test("the strongest that is open counts, and locked is what none says", () => {
    const rules = [OFFICE, LUNCH, NIGHTS];
    expect([7, 8, 12, 13, 17.99, 18, 22, 23].map((hour) => says(rules, MONDAY, hour))).toEqual(
      ["lock", "unlock", "lock", "unlock", "unlock", "lock", "block", "block"], // prettier-ignore
    );
    expect(says(rules, "2027-01-12", 5), "a night belongs to the day on which it began").toBe("block");
  });

  test("special days, holidays and make-up working days are those of the list", () => {
    const special = rule("unlock", schedule("office", WORK, 8, 18, { specialDays: [{ group: "open-day", periods: [{ startS: 10 * H, endS: 12 * H }] }] }));
    expect([says([special], SATURDAY, 11), says([special], SATURDAY, 13)]).toEqual(["unlock", "lock"]);
    const calendar = contextWith({ days: new Map([[MONDAY, { kind: "holiday" }], [SATURDAY, { kind: "makeUpDay", runsAs: 1 }]]), termPhases: [] }); // prettier-ignore
    expect([says([OFFICE], MONDAY, 9, calendar), says([OFFICE], SATURDAY, 9, calendar)]).toEqual(["lock", "unlock"]);
  });

  test("a schedule that the list does not hold opens nothing", () => {
    expect(says([{ id: "office", operation: "unlock", schedule: undefined }], MONDAY, 9)).toBe("lock");
  });

  test("changes are found before and behind a moment, and a boundary that changes nothing is none", () => {
    const at = local(MONDAY, 12.5);
    const rules = [OFFICE, LUNCH, rule("lock", schedule("quiet", WORK, 12, 12.75))];
    expect([lastChange(rules, CONTEXT, at), nextChange(rules, CONTEXT, at), nextMoment(rules, CONTEXT, at)]).toEqual(
      [local(MONDAY, 12), local(MONDAY, 13), local(MONDAY, 12.75)], // prettier-ignore
    );
    const always = rule("unlock", schedule("always", [1, 2, 3, 4, 5, 6, 7], 0, 24));
    expect([lastChange([always], CONTEXT, at), nextChange([always], CONTEXT, at)]).toEqual([undefined, undefined]);
  });
});

const wall = (date: string, hour: number) => ({ now: local(date, hour), uncertaintyS: 1 });
const hand = (mode: ModeStanding["mode"], date: string, hour: number): ModeStanding => ({ mode, setBy: "person", setAt: local(date, hour) });
const NOBODY: ModeStanding = { mode: "Locked", setBy: "nobody", setAt: null };
/** What a door is told at its first look after a start. */
const atStart = (door: ModeStanding, date: string, hour: number, rules: readonly DoorRule[] = [OFFICE]): string =>
  judgeTimetable({ rules, context: CONTEXT, wall: wall(date, hour), door, before: undefined }).order?.operation ?? "nothing";

describe("when a timetable moves its door", () => {
  test("at a start: what somebody set by hand stands as long as the schedule has not changed since, however long the power was away", () => {
    expect(atStart(NOBODY, MONDAY, 9)).toBe("unlock");
    expect(atStart(hand("Locked", MONDAY, 8.5), MONDAY, 9), "locked by hand behind the opening").toBe("nothing");
    expect(atStart(hand("Unlocked", MONDAY, 17), MONDAY, 19), "the closing came meanwhile").toBe("lock");
    expect(atStart(hand("Unlocked", MONDAY, 20), "2027-01-12", 20), "a whole day came meanwhile").toBe("lock");
    expect(atStart({ mode: "Unlocked", setBy: "schedule", setAt: local(MONDAY, 8) }, MONDAY, 19)).toBe("lock");
  });

  test("where nobody knows when somebody set it, it is moved only if that takes access away", () => {
    expect(atStart({ mode: "Unlocked", setBy: "person", setAt: null }, MONDAY, 19)).toBe("lock");
    expect(atStart({ mode: "Locked", setBy: "person", setAt: null }, MONDAY, 9)).toBe("nothing");
  });

  test("while it runs: at its own changes alone", () => {
    const before = { operation: "unlock", schedule: "office" } as const;
    const judged = (hour: number) => judgeTimetable({ rules: [OFFICE], context: CONTEXT, wall: wall(MONDAY, hour), door: hand("Locked", MONDAY, 9), before });
    expect([judged(17).order, judged(18).order?.operation]).toEqual([undefined, "lock"]);
  });

  test("without a clock it moves nothing, but takes back what it had unlocked itself", () => {
    const judged = (door: ModeStanding) => judgeTimetable({ rules: [OFFICE], context: CONTEXT, wall: "untrusted", door, before: undefined }).order?.operation;
    expect(judged({ mode: "Unlocked", setBy: "schedule", setAt: null })).toBe("lock");
    expect(judged({ mode: "Unlocked", setBy: "person", setAt: null })).toBeUndefined();
    expect(judged({ mode: "Blocked", setBy: "schedule", setAt: null })).toBeUndefined();
    expect(judged(NOBODY)).toBeUndefined();
  });

  test("however often it is looked at, and whenever the controller was away, a door that nobody touches is as its schedules say", () => {
    const rules = [OFFICE, LUNCH, NIGHTS];
    const MODE = { block: "Blocked", "double-lock": "DoubleLocked", lock: "Locked", unlock: "Unlocked" } as const;
    fc.assert(
      fc.property(fc.array(fc.record({ waitS: fc.integer({ min: 1, max: 40 * H }), restarts: fc.boolean() }), { minLength: 1, maxLength: 12 }), (looks) => {
        let at: number = local(MONDAY, 0);
        let door = NOBODY;
        let before: ReturnType<typeof judgeTimetable>["now"];
        for (const { waitS, restarts } of looks) {
          at += waitS;
          const judged = judgeTimetable({
            rules,
            context: CONTEXT,
            wall: { now: unixSeconds(at), uncertaintyS: 1 },
            door,
            before: restarts ? undefined : before,
          });
          before = judged.now;
          if (judged.order !== undefined) door = { mode: MODE[judged.order.operation], setBy: "schedule", setAt: unixSeconds(at) };
          expect(door.mode).toBe(MODE[scheduledAt(rules, CONTEXT, unixSeconds(at)).operation]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
