import { formatLocal, type Schedule, type ScheduleContext, type UnixSeconds, type WallTime } from "@portico/card-protocol";
import type { DoorScheduleConfiguration } from "../configuration/configuration.ts";
import type { DoorScheduleRow } from "../control/site-rows.ts";
import type { ControllerClock } from "../controller-clock.ts";
import { scheduleAct } from "../core/door-operation.ts";
import { awaitsFirstPerson, type DoorRule, judgeTimetable, nextChange, nextMoment, type Scheduled, type ScheduledOperation } from "../core/door-schedule.ts";
import type { Operable } from "./portal.ts";

/** Where a door's schedules are found. */
export interface ScheduleSource {
  readonly list: { schedule(id: string): Schedule | undefined; scheduleContext(): ScheduleContext };
  /** False while the list is too old to decide by. */
  readonly isBelieved: () => boolean;
}

export interface DoorSchedulesParts {
  readonly rules: readonly DoorScheduleConfiguration[];
  readonly operables: ReadonlyMap<string, Operable>;
  readonly clock: Pick<ControllerClock, "wall" | "after" | "monotonic">;
  readonly sourceOf: (zone: string | undefined) => ScheduleSource;
  readonly timeZone: string;
  /** When a first person came in last at a door; undefined: never. */
  readonly firstPersonAt: (door: string) => UnixSeconds | undefined;
}

/** The clock and the list may have changed: looked at anew this often, and whenever a schedule begins or ends. */
const LOOK_EVERY_MS = 10_000;
const MODE_OF = { block: "Blocked", "double-lock": "DoubleLocked", lock: "Locked", unlock: "Unlocked" } as const satisfies Record<ScheduledOperation, string>;

/** Moves doors by the schedules of the list: each at the moments at which its own change. */
export class DoorSchedules {
  readonly #parts: DoorSchedulesParts;
  readonly #doors: ReadonlyMap<string, readonly DoorScheduleConfiguration[]>;
  readonly #before = new Map<string, Scheduled | undefined>();
  #cancel = (): void => {};

  constructor(parts: DoorSchedulesParts) {
    this.#parts = parts;
    const doors = [...new Set(parts.rules.map(({ door }) => door))];
    this.#doors = new Map(doors.map((door) => [door, parts.rules.filter((rule) => rule.door === door)]));
  }

  /** Moves what is due, and wakes by itself from now on. */
  start(): void {
    if (this.#doors.size > 0) this.look();
  }

  /** Whether a schedule of the door is open and waits for a first person. */
  awaitsFirstPerson(door: string): boolean {
    const configured = this.#doors.get(door);
    if (configured === undefined) return false;
    const { rules, context, wall } = this.#facts(configured);
    return wall !== "untrusted" && rules.some((rule) => awaitsFirstPerson(rule, context, wall.now));
  }

  close(): void {
    this.#cancel();
  }

  rows(): DoorScheduleRow[] {
    return this.#parts.rules.map((rule) => this.#row(rule));
  }

  /** Moves what is due now. */
  look(): void {
    this.#cancel();
    let wakeInMs = LOOK_EVERY_MS;
    for (const [id, configured] of this.#doors) {
      const { rules, context, wall } = this.#facts(configured);
      this.#move(id, rules, context, wall);
      const moment = wall === "untrusted" ? undefined : nextMoment(rules, context, wall.now);
      if (moment !== undefined && wall !== "untrusted") wakeInMs = Math.min(wakeInMs, (moment - wall.now) * 1000);
    }
    this.#cancel = this.#parts.clock.after(wakeInMs, () => this.look());
  }

  #move(id: string, rules: readonly DoorRule[], context: ScheduleContext, wall: WallTime): void {
    const door = this.#parts.operables.get(id)!;
    // Behind a lockdown, or where the old system drives it, it is looked at as at a start: what came due meanwhile is made good.
    if (door.heldBy() !== undefined || door.isShadow === true) return void this.#before.delete(id);
    const standing = door.standing();
    const { now, order } = judgeTimetable({ rules, context, wall, door: standing, before: this.#before.get(id) });
    // Where it is so already and nobody set it by hand, there is nothing to say; where somebody did, it is the schedule's from now on.
    if (order !== undefined && (standing.mode !== MODE_OF[order.operation] || standing.setBy === "person")) {
      const reason = now === undefined ? "nobody vouches for the time, or the list is too old" : this.#until(rules, context, wall);
      if (!door.follow(order.operation, scheduleAct(order.schedule, reason))) return; // the disk refuses: asked again
    }
    this.#before.set(id, now);
  }

  #until(rules: readonly DoorRule[], context: ScheduleContext, wall: WallTime): string {
    const next = wall === "untrusted" ? undefined : nextChange(rules, context, wall.now);
    return next === undefined ? "" : `until ${formatLocal(this.#parts.timeZone, next)}`;
  }

  #facts(configured: readonly DoorScheduleConfiguration[]): {
    readonly rules: readonly DoorRule[];
    readonly context: ScheduleContext;
    readonly wall: WallTime;
  } {
    const { sourceOf, clock } = this.#parts;
    // The rules of one door go by one list: the file is checked.
    const { list, isBelieved } = sourceOf(configured[0]!.zone);
    const { firstPersonAt } = this.#parts;
    const rules = configured.map(({ door, schedule: id, operation, firstPerson }): DoorRule => {
      const rule = { id, operation, schedule: list.schedule(id) };
      return firstPerson ? { ...rule, firstPerson: { cameAt: firstPersonAt(door) } } : rule;
    });
    return { rules, context: list.scheduleContext(), wall: isBelieved() ? clock.wall() : "untrusted" };
  }

  #row({ door, schedule, operation, zone }: DoorScheduleConfiguration): DoorScheduleRow {
    const { rules, context, wall } = this.#facts(this.#doors.get(door)!);
    const says = wall === "untrusted" ? undefined : judgeTimetable({ rules, context, wall, door: this.#standingOf(door), before: undefined }).now;
    const { mode, setBy } = this.#standingOf(door);
    const next: UnixSeconds | undefined = wall === "untrusted" ? undefined : nextChange(rules, context, wall.now);
    return {
      door,
      schedule,
      operation,
      zone: zone ?? null,
      says: says?.operation ?? null,
      followed: setBy !== "person" && says !== undefined && mode === MODE_OF[says.operation],
      nextChange: next ?? null,
      trouble: this.#trouble(door, rules, schedule, context, wall, zone),
    };
  }

  #standingOf = (door: string): ReturnType<Operable["standing"]> => this.#parts.operables.get(door)!.standing();

  #trouble(door: string, rules: readonly DoorRule[], id: string, context: ScheduleContext, wall: WallTime, zone: string | undefined): string | null {
    if (this.#parts.operables.get(door)!.isShadow === true) return "the old system drives the door";
    const held = this.#parts.operables.get(door)!.heldBy();
    if (held !== undefined) return `the lockdown of ${held} holds the door`;
    if (wall === "untrusted") return this.#parts.sourceOf(zone).isBelieved() ? "nobody vouches for the clock" : "the list is too old to be believed";
    const rule = rules.find((each) => each.id === id);
    if (rule?.schedule === undefined) return "the list holds no schedule of that name";
    return awaitsFirstPerson(rule, context, wall.now) ? "waits for a first person to come in" : null;
  }
}
