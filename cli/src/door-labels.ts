import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { LABEL_KINDS, type LabelKind } from "./label.ts";
import type { Surroundings } from "./surroundings.ts";
import { placeOptions, verb } from "./verb.ts";
import { placesFor, typedPath } from "./places.ts";
import { configurationFailure } from "./configuration-failure.ts";

interface LabelOptions {
  readonly out?: string;
  readonly only?: LabelKind;
  readonly config?: string;
  readonly data?: string;
}

/** `portico door labels`: what is stuck on doors, readers and devices. */
export function labelsVerb(surroundings: Surroundings): Command {
  const command = verb("labels", "make a page of labels to print: doors, readers, devices, each with a code", [
    ["portico door labels --out labels.html", "A4, twelve a sheet: open it in a browser and print it"],
    ["portico door labels --only reader > readers.html", "readers alone"],
    ["portico door labels --config made/gates.toml --out gates.html", "of a configuration that is not in force"],
  ])
    .addOption(new Option("--out <file>", "write it into a new file (default: standard output)"))
    .addOption(new Option("--only <kind>", "one kind alone").choices(LABEL_KINDS));
  return placeOptions(command).action(async (options: LabelOptions) => {
    const place = placesFor(surroundings, options);
    const { readConfiguration } = await import("@portico/controller");
    const reading = readConfiguration(place.configurationFile, place);
    if (!reading.ok)
      throw configurationFailure(
        "this configuration has no labels: it has mistakes",
        "mend it: portico config check",
        place.configurationFile,
        reading.problems,
      );
    const { labelsOf } = await import("./label.ts");
    const { labelPage } = await import("./label-page.ts");
    const labels = labelsOf(reading.configuration).filter(({ kind }) => options.only === undefined || kind === options.only);
    if (labels.length === 0)
      throw new Failure(EXIT.refused, `it has no ${options.only ?? "door, reader or device"}`, place.configurationFile, "name another kind with --only");
    const { site, controller } = reading.configuration;
    const page = labelPage(`${site.id}, ${controller.id}`, labels);
    const { terminal } = surroundings;
    if (options.out === undefined) terminal.out(page);
    else {
      const path = typedPath(surroundings, options.out);
      writeFileSync(path, page, { flag: "wx" });
      terminal.out(`${path}\n`);
    }
    terminal.err(`${labels.length} labels, ${Math.ceil(labels.length / 12)} sheets of A4\n`);
  });
}
