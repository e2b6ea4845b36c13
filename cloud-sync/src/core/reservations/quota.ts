import { dateOfDay, dayOfDate, localTime, weekdayOfDay } from "@portico/card-protocol";
import { lengthS, type Span } from "./span.ts";
import type { Quota } from "./terms.ts";

/** A stretch that is booked. */
export interface BookedTime extends Span {
  readonly person: string | null;
  readonly resource: string;
}

/** A quota that these would go beyond, and where it counts: a day, or the Monday of a week; empty where it counts all that lies ahead. */
export interface QuotaReached {
  readonly quota: Quota;
  readonly on: string;
}

type Counted = (booked: BookedTime, wanted: BookedTime) => boolean;
const samePerson: Counted = (booked, wanted) => booked.person === wanted.person;
const sameResource: Counted = (booked, wanted) => booked.resource === wanted.resource;
const both: Counted = (booked, wanted) => samePerson(booked, wanted) && sameResource(booked, wanted);
const everything: Counted = () => true;

/** Whose bookings each quota counts, and over which days. Payments are none. */
const COUNTED: Readonly<Record<Quota["per"], { readonly counts: Counted; readonly days: "day" | "week" | "ahead" } | undefined>> = {
  person: { counts: samePerson, days: "ahead" },
  personAndDay: { counts: samePerson, days: "day" },
  personAndWeek: { counts: samePerson, days: "week" },
  personAndResourceAndDay: { counts: both, days: "day" },
  personAndResourceAndWeek: { counts: both, days: "week" },
  payment: undefined,
  day: { counts: everything, days: "day" },
  week: { counts: everything, days: "week" },
  resourceAndDay: { counts: sameResource, days: "day" },
  resourceAndWeek: { counts: sameResource, days: "week" },
};

/** Whether a quota looks at what others have booked. */
export const countsOthers = ({ per }: Quota): boolean => ["day", "week", "resourceAndDay", "resourceAndWeek"].includes(per);

/** A day, or the Monday of the week, to which a stretch belongs: those of its beginning, by the clock of the campus. */
export function periodOf(zone: string, { from }: Span, days: "day" | "week" | "ahead"): string {
  if (days === "ahead") return "";
  const { date } = localTime(zone, from);
  const day = dayOfDate(date);
  return days === "day" ? date : dateOfDay(day - (weekdayOfDay(day) - 1));
}

/**
 * The first quota that what is wanted would go beyond, in the order of the service; undefined: none.
 *
 * @param booked  what stands already, without what is wanted; of `ahead` it is all that has not ended
 */
export function quotaReached(
  zone: string,
  quotas: readonly Quota[],
  booked: readonly BookedTime[],
  wanted: readonly BookedTime[],
  now: number,
): QuotaReached | undefined {
  for (const quota of quotas) {
    const counted = COUNTED[quota.per];
    if (counted === undefined || quota.unit === "fen") continue;
    const { counts, days } = counted;
    const worth = (time: Span): number => (quota.unit === "pieces" ? 1 : lengthS(time) / 60);
    for (const one of wanted) {
      const on = periodOf(zone, one, days);
      const inPeriod = (time: BookedTime): boolean => periodOf(zone, time, days) === on && counts(time, one) && (days !== "ahead" || time.until > now);
      const sum = [...booked, ...wanted].filter(inPeriod).reduce((total, time) => total + worth(time), 0);
      if (sum > quota.limit) return { quota, on };
    }
  }
  return undefined;
}
