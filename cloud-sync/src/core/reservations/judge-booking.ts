import { formatLocal, localTime, startOfDay, type UnixSeconds } from "@portico/card-protocol";
import type { AbsenceStanding } from "./attendance.ts";
import type { QuotaReached } from "./quota.ts";
import { isWithin, lengthS, overlaps, type Span } from "./span.ts";
import { bookingRule, type Offering, type ResourceKind } from "./terms.ts";

/** Why something cannot be booked, whoever has booked it. Each is a refusal of the API. */
export type BookingRefusal = "TimesRefused" | "TooFarAhead" | "NotOpen" | "NoticeNotAccepted" | "AlreadyBooked" | "AbsencesTooMany" | "QuotaReached";
/** A refusal, what exactly, and the rule that says so. */
export interface RefusedBooking {
  readonly reason: BookingRefusal;
  readonly detail: string;
  readonly rule: string;
}

/** What is asked, and all that it is judged by. */
export interface BookingFacts {
  readonly now: UnixSeconds;
  /** IANA name of the campus's time zone. */
  readonly zone: string;
  readonly kind: ResourceKind;
  /** At least one; of a course its sessions that lie ahead. */
  readonly spans: readonly Span[];
  /** When the place is open, as far as the spans reach; of a course its own sessions. */
  readonly open: readonly Span[];
  /** The version of the notice that was accepted; null: none. */
  readonly acceptedVersion: number | null;
  /** The notice that has to be; undefined: none. */
  readonly notice: Offering["notices"][number] | undefined;
  /** A reservation by which the person has a seat of it at one of these times; undefined: none, or nobody could have two. */
  readonly own: string | undefined;
  readonly absences: AbsenceStanding;
  readonly quota: QuotaReached | undefined;
}

const CHECKS: readonly ((facts: BookingFacts, offering: Offering) => RefusedBooking | undefined)[] = [
  timesRefused,
  tooFarAhead,
  notOpen,
  noticeMissing,
  alreadyBooked,
  absencesTooMany,
  quotaUsed,
];

/** Says no by the first rule that does, in this order; undefined: it can be booked, where nobody else has it. */
export function judgeBooking(facts: BookingFacts, offering: Offering): RefusedBooking | undefined {
  for (const check of CHECKS) {
    const refused = check(facts, offering);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function timesRefused({ now, zone, kind, spans }: BookingFacts, { terms }: Offering): RefusedBooking | undefined {
  const no = (detail: string): RefusedBooking => ({ reason: "TimesRefused", detail, rule: terms.rule });
  const inOrder = spans.toSorted((a, b) => a.from - b.from);
  if (spans.length === 0) return no(kind === "course" ? "all its sessions are over" : "no time is named");
  for (const each of spans) {
    if (each.until <= each.from) return no("it ends before it begins");
    if (each.from < now && !(kind === "course" && each.until > now)) return no("it begins in the past");
    if (kind === "course") continue;
    const length = lengthS(each);
    if (length < terms.minS) return no(`it is shorter than ${terms.minS / 60} minutes`);
    if (length > terms.maxS) return no(`it is longer than ${terms.maxS / 60} minutes`);
    const midnight = startOfDay(zone, localTime(zone, each.from).date);
    if ((each.from - midnight) % terms.stepS !== 0 || length % terms.stepS !== 0) return no(`it does not begin and end at whole ${terms.stepS / 60} minutes`);
  }
  if (inOrder.some((each, nth) => nth > 0 && overlaps(inOrder[nth - 1]!, each))) return no("two of the times overlap");
  return undefined;
}

function tooFarAhead({ now, spans, kind }: BookingFacts, { terms }: Offering): RefusedBooking | undefined {
  // A course is booked as a whole: when its first session is near enough.
  const looked = kind === "course" ? spans.slice(0, 1) : spans;
  return looked.some(({ from }) => from >= now + terms.aheadS)
    ? { reason: "TooFarAhead", detail: `at most ${Math.floor(terms.aheadS / 86_400)} days ahead`, rule: terms.rule }
    : undefined;
}

function notOpen({ spans, open, kind }: BookingFacts, { terms }: Offering): RefusedBooking | undefined {
  if (kind === "course") return undefined;
  return spans.some((each) => !isWithin(each, open))
    ? { reason: "NotOpen", detail: "the place is not open for all of that time", rule: terms.rule }
    : undefined;
}

function noticeMissing({ notice, acceptedVersion }: BookingFacts): RefusedBooking | undefined {
  if (notice === undefined || notice.version === acceptedVersion) return undefined;
  const { names, version, rule } = notice;
  return { reason: "NoticeNotAccepted", detail: `${names.zh} / ${names.en}: version ${version}`, rule };
}

function alreadyBooked({ own, kind }: BookingFacts, offering: Offering): RefusedBooking | undefined {
  return own === undefined ? undefined : { reason: "AlreadyBooked", detail: `reservation ${own}`, rule: bookingRule(offering, kind) };
}

function absencesTooMany({ absences, zone }: BookingFacts, { terms }: Offering): RefusedBooking | undefined {
  if (absences.blockedUntil === null) return undefined;
  return {
    reason: "AbsencesTooMany",
    detail: `${absences.counted} times absent; again from ${formatLocal(zone, absences.blockedUntil)}`,
    rule: terms.absences!.rule,
  };
}

function quotaUsed({ quota }: BookingFacts): RefusedBooking | undefined {
  if (quota === undefined) return undefined;
  const { quota: of, on } = quota;
  return { reason: "QuotaReached", detail: `${of.id}: at most ${of.limit} ${of.unit}${on === "" ? "" : `, ${on}`}`, rule: of.rule };
}
