import type { Command } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { chosenLanguage, languageOption, type LanguageOptions } from "./language.ts";
import { reportText } from "./report-text.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { printable } from "./terminal.ts";
import { formatOption, placeOptions, verb } from "./verb.ts";
import { VERSION } from "./version.ts";
import { placesFor } from "./places.ts";
import { configurationFailure } from "./configuration-failure.ts";
import { counted } from "./counted.ts";

interface RunOptions extends LanguageOptions {
  readonly config?: string;
  readonly data?: string;
  readonly format?: Format;
}

/** `portico controller run`. */
export function controllerRunVerb(surroundings: Surroundings): Command {
  const command = verb("run", "run the controller that the configuration describes, until Ctrl-C or SIGTERM", [
    ["portico controller run", "on a terminal a line for each scan and event, in a pipe JSON lines"],
    ["portico controller run --config /etc/portico/portico.toml", "as the system's unit does"],
  ]).addOption(formatOption());
  return placeOptions(languageOption(command)).action(async (options: RunOptions) => {
    const { terminal, interrupted } = surroundings;
    const place = placesFor(surroundings, options);
    const { readConfiguration, RecordingFailed, runController } = await import("@portico/controller");
    const reading = readConfiguration(place.configurationFile, place);
    if (!reading.ok)
      throw configurationFailure(
        `${counted(reading.problems.length, "mistake")} in the configuration: the controller does not start`,
        "mend them; portico config check judges the file again",
        place.configurationFile,
        reading.problems,
      );
    const { timeZone } = reading.configuration.site;
    const language = chosenLanguage(surroundings, options);
    const isLines = chosenFormat(terminal, options.format) === "jsonl";
    try {
      await runController({
        configuration: reading.configuration,
        version: VERSION,
        interrupted,
        onWarning: (warning) => terminal.err(`${printable(`portico: ${warning}`)}\n`),
        onReport: (report) => terminal.out(isLines ? `${JSON.stringify(report)}\n` : `${printable(reportText(report, timeZone, language))}\n`),
      });
    } catch (error) {
      if (!(error instanceof RecordingFailed)) throw error;
      const what = `the disk refuses to record, so the controller ended: ${error.trouble}, ${error.message}`;
      throw new Failure(EXIT.refused, what, reading.configuration.controller.dataFolder, "free disk space or replace the disk, then start it again");
    }
  });
}
