import type { Command } from "commander";
import { cloudVerb, type CloudVerbOptions } from "./cloud-verb.ts";
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
    const { site, publish, calendarMissing: missing } = health;
    writeFacts(surroundings.terminal, format, [["site", site], ["publication", String(publish)], ["calendar", missing.length === 0 ? "there" : `missing: ${missing.join(" ")}`]], { ...health }); // prettier-ignore
    if (missing.length > 0)
      throw new Failure(
        EXIT.refused,
        `the calendar of ${missing.join(" and ")} is missing: every holiday opens like any day`,
        `cloud of ${site}`,
        `portico calendar import <file> --year ${missing[0]}`,
      );
  });
}
