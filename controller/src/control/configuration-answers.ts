import { readFileSync, statSync } from "node:fs";
import { eventOf, RECORD, SetupError } from "@portico/card-protocol";
import { type ConfigurationJudgement, FORMER_ENDING, judgeConfigurationFile, replaceConfiguration } from "../configuration/configuration-file.ts";
import { configurationFile } from "./asked.ts";
import type { ConfigurationTaken } from "./control-api.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

/** A configuration where it comes in a signed file. */
export function configurationAnswers(parts: ControlParts): AnswersTo<"POST /v1/configuration/import"> {
  return {
    "POST /v1/configuration/import": (asked): ConfigurationTaken => {
      const { configuration, recorder, trustList, clock } = parts;
      const { file, by } = configurationFile(asked);
      const bytes = fileBytes(file);
      const refused = (error: string, detail: string, problems: ConfigurationJudgement["problems"] = []): Refusal => {
        recorder.event(eventOf("ConfigurationRefused", { error, detail, by }));
        const more = problems.map(({ line, path, cause, remedy }) => ({ file: "portico.toml", row: line, column: path === "" ? null : path, cause, remedy }));
        const remedy =
          "Export it anew: portico config export; docs/feed-and-events.md, Configuration by file, says what the refusal means. The one in force stays.";
        return new Refusal(409, error, detail, remedy, more.length === 0 ? {} : { problems: more });
      };
      let judged: ConfigurationJudgement;
      try {
        judged = judgeConfigurationFile({ configuration, trustList: trustList(), wall: clock.wall() }, bytes);
      } catch (error) {
        throw refused("ConfigurationNotWritten", whyOf(error));
      }
      if (!judged.ok) throw refused(judged.error, judged.detail, judged.problems);
      const { epoch, number, hash } = judged.value;
      if (recorder.command(eventOf("ConfigurationTaken", { epoch, number, configurationHash: hash, by })) === undefined)
        throw notRecordedRefusal("the event log takes nothing");
      try {
        replaceConfiguration(configuration, judged.value);
      } catch (error) {
        throw refused("ConfigurationNotWritten", whyOf(error));
      }
      return { epoch, number, hash, file: configuration.file, former: configuration.file + FORMER_ENDING, isInForce: configuration.hash === hash };
    },
  };
}

const whyOf = (error: unknown): string => (error instanceof SetupError ? `${error.what} (${error.where})` : (error as Error).message);

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
