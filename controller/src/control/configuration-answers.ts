import { readFileSync, statSync } from "node:fs";
import { RECORD } from "@portico/card-protocol";
import { takeConfiguration } from "../configuration-taker.ts";
import { configurationFile } from "./asked.ts";
import type { ConfigurationTaken } from "./file-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

const REMEDY = "Export it anew: portico config export; docs/feed-and-events.md, Configuration by file, says what the refusal means. The one in force stays.";

/** A configuration where it comes in a signed file. */
export function configurationAnswers(parts: ControlParts): AnswersTo<"POST /v1/configuration/import"> {
  return {
    "POST /v1/configuration/import": (asked): ConfigurationTaken => {
      const { file, by } = configurationFile(asked);
      const taking = takeConfiguration(parts, fileBytes(file), by);
      if (taking.kind === "taken") return taking.next;
      if (taking.kind === "unrecorded") throw notRecordedRefusal("the event log takes nothing");
      const more = taking.problems.map(({ line, path, cause, remedy }) => ({
        file: "portico.toml",
        row: line,
        column: path === "" ? null : path,
        cause,
        remedy,
      }));
      throw new Refusal(409, taking.error, taking.detail, REMEDY, more.length === 0 ? {} : { problems: more });
    },
  };
}

function fileBytes(file: string): Uint8Array {
  try {
    // One byte more is enough to be refused as too large.
    if (statSync(file).size <= RECORD.configuration.bytesMax) return new Uint8Array(readFileSync(file));
    return new Uint8Array(RECORD.configuration.bytesMax + 1);
  } catch (error) {
    throw new Refusal(
      404,
      "The file cannot be read",
      `${file}: ${(error as Error).message}`,
      "Let it be a file that the user who runs the controller may read.",
    );
  }
}
