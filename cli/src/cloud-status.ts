import type { RouteAnswer } from "@portico/cloud-sync";
import type { Command } from "commander";
import { cloudVerb, type CloudVerbOptions, timeOrLimit } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { writeFacts } from "./table.ts";
import { verb } from "./verb.ts";

/** `portico cloud status`: whether a cloud answers, and what it asks its operators for. */
export function cloudStatusVerb(surroundings: Surroundings): Command {
  const command = verb("status", "whether a cloud answers, its newest publication, and what has to be done for it", [
    ["portico cloud status --cloud https://cloud.example.edu", "exit code 1 where something has to be done, 3 where nobody answers"],
  ]);
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions) => {
    const health = await calls.ask("cloud", "GET /v1/health", {});
    const { site, publish, calendarMissing: missing, retention } = health;
    const facts: [string, string][] = [
      ["site", site],
      ["publication", String(publish)],
      ["calendar", missing.length === 0 ? "there" : `missing: ${missing.join(" ")}`],
      ["retention", lastRun(retention)],
      ["dropped", Object.entries(retention.dropped).map(([name, count]) => `${name} ${count}`).toSorted().join(", ") || "nothing"], // prettier-ignore
    ];
    writeFacts(surroundings.terminal, format, facts, { ...health });
    if (missing.length > 0)
      throw new Failure(
        EXIT.refused,
        `the calendar of ${missing.join(" and ")} is missing: every holiday opens like any day`,
        `cloud of ${site}`,
        `portico calendar import <file> --year ${missing[0]}`,
      );
    if (retention.broken.length > 0)
      throw new Failure(
        EXIT.refused,
        `chains of events do not hold, and what proves it is kept beyond its time: ${retention.broken.join("; ")}`,
        `cloud of ${site}`,
        `portico event chain ${retention.broken[0]!.split(/[~ ]/)[0]}`,
      );
  });
}

type Retention = RouteAnswer<"GET /v1/health">["retention"];

function lastRun({ startedAt, finishedAt, isSigned }: Retention): string {
  const ran = startedAt === null ? "never ran" : finishedAt === null ? `runs since ${timeOrLimit(startedAt)}` : `ran at ${timeOrLimit(startedAt)}`;
  return isSigned ? ran : `${ran}; waits for a trust list that lets this cloud sign the feed`;
}
