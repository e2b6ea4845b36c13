import { type Clock, localTime, unixSeconds } from "@portico/card-protocol";
import { readCalendar } from "./calendar.ts";
import type { Cloud } from "./cloud.ts";
import { missingYears } from "./core/calendar-due.ts";
import { EvenLooks } from "./even-looks.ts";
import { keepNotifications } from "./notifications/notification.ts";
import type { Queries } from "./store/cloud-database.ts";

export interface CalendarWatchNeeds {
  readonly cloud: Cloud;
  readonly clock: Pick<Clock, "after">;
  /** Callers were told that these years' lists are missing. */
  readonly onMissing: (years: readonly number[]) => void;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked. */
export const CALENDAR_LOOK_MS = 300_000;

/** The years whose list should be in the campus calendar by now and is not. */
export async function yearsMissing(cloud: Pick<Cloud, "nowMs" | "timeZone">, queries: Queries): Promise<number[]> {
  return missingYears((await readCalendar(queries)).days.keys(), today(cloud));
}

/**
 * Tells callers that a year's list is missing from the campus calendar: each day once, whichever instance sees it first, until it is there. From 1 December that
 * is said of the next year's too.
 */
export class CalendarWatch {
  readonly #needs: CalendarWatchNeeds;
  readonly #looks: EvenLooks;

  constructor(needs: CalendarWatchNeeds) {
    this.#needs = needs;
    const { clock, onFailure } = needs;
    this.#looks = new EvenLooks({ clock, everyMs: CALENDAR_LOOK_MS, look: () => this.look(), onFailure });
  }

  /** Looks once. */
  async look(): Promise<void> {
    const { cloud, onMissing } = this.#needs;
    const { queries } = cloud.database;
    const day = today(cloud);
    const { calendar_told: told } = await queries.selectFrom("site").select("calendar_told").executeTakeFirstOrThrow();
    const missing = await yearsMissing(cloud, queries);
    if (told === (missing.length === 0 ? null : day)) return;
    const isFirst = await cloud.database.transact(async (all) => {
      const { numUpdatedRows } = await all
        .updateTable("site")
        .set({ calendar_told: missing.length === 0 ? null : day })
        .where("calendar_told", told === null ? "is" : "=", told)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows !== 1n || missing.length === 0) return false;
      await keepNotifications(all, cloud, [{ kind: "calendar.missing", person: null, body: { years: missing.join(" "), day } }]);
      return true;
    });
    if (isFirst) onMissing(missing);
  }

  close(): Promise<void> {
    return this.#looks.close();
  }
}

const today = ({ nowMs, timeZone }: Pick<Cloud, "nowMs" | "timeZone">): string => localTime(timeZone, unixSeconds(Math.floor(nowMs() / 1000))).date;
