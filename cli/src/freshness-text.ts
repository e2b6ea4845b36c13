import type { ControllerStatus, FreshnessNow } from "@portico/controller";
import { instantText } from "./time-text.ts";

/** Who passes by a list of which nobody has vouched for so long. Ways out are always open. */
const WHO_PASSES = {
  fresh: "everybody passes",
  "stale-ok": "everybody passes",
  "stale-strict": "no visitors and no payments",
  essential: "the emergency group alone",
  expired: "nobody is let in",
} as const satisfies Readonly<Record<FreshnessNow["freshness"], string>>;

/** In a table: `stale-ok since 10:00, stale-strict from 09:50`; `fresh` needs no more words, it is renewed. @param zone  as `timeText` has it */
export function courseText({ freshness, since, next }: FreshnessNow, zone: string | undefined): string {
  if (freshness === "fresh") return freshness;
  const begun = since === null ? "" : ` since ${instantText(since, zone)}`;
  return `${freshness}${begun}${next === null ? "" : `, ${next.freshness} from ${instantText(next.at, zone)}`}`;
}

/** What a stale list means at the doors, since when, and what it will mean. */
export function meaningText({ freshness, since, next, issued }: NonNullable<ControllerStatus["feed"]>["partitions"][number], zone: string | undefined): string {
  const begun = since === null ? "" : ` since ${instantText(since, zone)}`;
  const change =
    next !== null
      ? `; from ${instantText(next.at, zone)} on ${next.freshness}: ${WHO_PASSES[next.freshness]}`
      : freshness === "expired"
        ? `, until the cloud is heard${issued === null ? "" : " again"}`
        : ", until somebody vouches for the clock";
  return `${WHO_PASSES[freshness]}${begun}${change}`;
}
