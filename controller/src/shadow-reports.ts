import { dateOfDay, dayOfDate, endOfDay, eventOf, localTime, type LocalDate, startOfDay, unixSeconds } from "@portico/card-protocol";
import type { Configuration } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import { type Comparison, compareShadow, countShadow, type ShadowCounts } from "./core/shadow-comparison.ts";
import { observedWays, shadowedWays } from "./portal/shadow-ways.ts";
import type { Recorder } from "./recorder.ts";
import type { ControllerDatabase } from "./store/database.ts";
import { newestOfEach } from "./store/newest-of-each.ts";
import { shadowDecisions } from "./store/shadow-decisions.ts";
import { openedBy } from "./zones-of.ts";

/** The day is over this long before it is reported: what belongs together may stand on both sides of midnight. */
const AFTER_MIDNIGHT_S = 300;
const LOOK_EVERY_MS = 60_000;
/** Days that a controller was away for and that are reported behind it. */
const DAYS_BEHIND_MAX = 31;

export interface ShadowReportsParts {
  readonly configuration: Pick<Configuration, "doors" | "turnstiles" | "accessPoints" | "shadowWindowMs" | "site">;
  readonly database: ControllerDatabase;
  readonly clock: Pick<ControllerClock, "wall" | "after">;
  readonly recorder: Pick<Recorder, "command">;
  /** The old system drives that door or turnstile now. */
  readonly isInShadow: (place: string) => boolean;
}

/** How both decided on one day. */
export interface ShadowDay {
  readonly day: LocalDate;
  /** By door or way of a turnstile, in the file's order: those in shadow, and those of which the day has something. */
  readonly doors: readonly { readonly door: string; readonly inShadow: boolean; readonly counts: ShadowCounts }[];
  /** By time. */
  readonly comparisons: readonly Comparison[];
}

/** Compares, from the controller's log alone, what Portico would have decided with what the old system did, and writes the counts of each day down once it is over. */
export class ShadowReports {
  readonly #parts: ShadowReportsParts;
  #cancel = (): void => {};

  constructor(parts: ShadowReportsParts) {
    this.#parts = parts;
  }

  /** Reports what is due, and each day by itself from now on; nothing where no door is configured in shadow. */
  start(): void {
    if (shadowedWays(this.#parts.configuration).length > 0) this.#look();
  }

  close(): void {
    this.#cancel();
  }

  /** The day of the campus; null: no clock says which. */
  today(): LocalDate | null {
    const { clock, configuration } = this.#parts;
    const wall = clock.wall();
    return wall === "untrusted" ? null : localTime(configuration.site.timeZone, wall.now).date;
  }

  /** What both decided on that day of the campus. */
  day(day: LocalDate): ShadowDay {
    const { configuration, database, isInShadow } = this.#parts;
    const { site, shadowWindowMs: windowMs, accessPoints } = configuration;
    const ways = shadowedWays(configuration);
    const ids = new Set(ways.map(({ id }) => id));
    const doors = new Map(accessPoints.map(({ id, opens }) => [id, openedBy(opens)]));
    const [begins, ends] = [startOfDay(site.timeZone, day), endOfDay(site.timeZone, day)];
    const around = Math.ceil(windowMs / 1000) * 2;
    const read = shadowDecisions(database, { from: unixSeconds(Math.max(0, begins - around)), until: unixSeconds(ends + around) }, (point) => {
      const door = doors.get(point);
      return door !== undefined && ids.has(door) ? door : undefined;
    });
    const comparisons = compareShadow(
      read.ours,
      read.old.filter(({ door }) => ids.has(door)),
      { windowMs, observed: observedWays(ways) },
    ).filter(({ atMs }) => atMs >= begins * 1000 && atMs < ends * 1000);
    return {
      day,
      comparisons,
      doors: ways.flatMap(({ id, place }) => {
        const own = comparisons.filter(({ door }) => door === id);
        return own.length > 0 || isInShadow(place) ? [{ door: id, inShadow: isInShadow(place), counts: countShadow(own) }] : [];
      }),
    };
  }

  /** Writes the counts of a day down. False where the disk refuses. */
  report(day: LocalDate, doors: ShadowDay["doors"] = this.day(day).doors): boolean {
    return doors.every(({ door, counts }) => this.#parts.recorder.command(eventOf("ShadowReport", { door, day, ...counts })) !== undefined);
  }

  #look(): void {
    const { clock, configuration } = this.#parts;
    const { timeZone } = configuration.site;
    const wall = clock.wall();
    const today = this.today();
    if (wall !== "untrusted" && today !== null && wall.now >= startOfDay(timeZone, today) + AFTER_MIDNIGHT_S) this.#due(today);
    this.#cancel = clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  /** Yesterday, and in front of it the days that nobody has reported. It begins with the first day that has something to compare. */
  #due(today: LocalDate): void {
    const yesterday = dayOfDate(today) - 1;
    const reported = newestOfEach(this.#parts.database, "ShadowReport").flatMap(({ event }) => (event.name === "ShadowReport" ? [event.fields.day] : []));
    const last = reported.reduce((newest, day) => Math.max(newest, dayOfDate(day)), yesterday - 1);
    for (let day = Math.max(last + 1, yesterday - DAYS_BEHIND_MAX); day <= yesterday; day++) {
      const found = this.day(dateOfDay(day));
      const isQuiet = found.comparisons.length === 0 && (day < yesterday || reported.length === 0);
      if (!isQuiet && !this.report(found.day, found.doors)) return; // the disk refuses: asked again
    }
  }
}
