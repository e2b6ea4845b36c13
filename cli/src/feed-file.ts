import { writeFileSync } from "node:fs";
import type { ControlRoutes } from "@portico/controller";
import { type Command, Option } from "commander";
import { cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { instantText } from "./time-text.ts";
import { formatOption, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface ExportOptions extends CloudOptions {
  readonly zone: readonly string[];
  readonly controller?: string;
  readonly out: string;
  readonly format?: Format;
}

/** `portico feed export`: the feed for a controller without a network. */
export function exportVerb(surroundings: Surroundings): Command {
  const command = verb("export", "write zones of the feed as they are now into a file, for a controller without a network", [
    ["portico feed export --zone east --controller quarry --out east.feed", "carry it to the controller; there: portico feed import east.feed"],
  ])
    .addOption(
      new Option("--zone <zone>", "a zone that the controller follows; repeat for each")
        .makeOptionMandatory()
        .argParser((zone: string, zones: string[] | undefined) => [...(zones ?? []), zone]),
    )
    .addOption(new Option("--controller <id>", "for this controller: bring it the keys of its zones for card numbers, which nobody else opens"))
    .addOption(new Option("--out <file>", "where to write it").makeOptionMandatory())
    .addOption(formatOption());
  return cloudOptions(command).action(async ({ zone, controller, out, format, ...options }: ExportOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const { file } = await calls.ask(`zones ${zone.join(", ")}`, "GET /v1/feed/file", {
      query: { zones: zone.join(","), ...(controller === undefined ? {} : { controller }) },
    });
    const bytes = Buffer.from(file, "base64");
    const path = typedPath(surroundings, out);
    writeFileSync(path, bytes, { mode: 0o600 });
    writeFacts(surroundings.terminal, format, [["file", path], ["bytes", String(bytes.length)], ["zones", zone.join(" ")]], { file: path, bytes: bytes.length, zones: zone }); // prettier-ignore
  });
}

type Row = ControlRoutes["POST /v1/feed/import"]["answer"]["partitions"][number];
const COLUMNS: readonly Column<Row>[] = [
  { heading: "PARTITION", cell: ({ partition }) => partition },
  { heading: "BEFORE", cell: ({ before }) => String(before) },
  { heading: "NOW", cell: ({ version }) => String(version) },
  { heading: "VOUCHED FOR", cell: ({ issued }) => (issued === null ? "never" : instantText(issued)) },
];

/** `portico feed import`. */
export function importVerb(surroundings: Surroundings): Command {
  const command = verb("import <file>", "have the running controller take a feed file: believed no more than what comes over a network", [
    ["portico feed import /media/stick/east.feed", "an altered or old file is refused by name, and the list in force stays"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (file: string, options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    const path = typedPath(surroundings, file);
    const { partitions, refusal } = await client.ask("POST /v1/feed/import", { body: { file: path } });
    writeRows(surroundings.terminal, options.format, COLUMNS, partitions);
    if (refusal !== null)
      throw new Failure(
        EXIT.refused,
        `${refusal.error}: ${refusal.detail}`,
        `${path}, ${refusal.partition}`,
        "export a new file: portico feed export; what was in force stays",
      );
  });
}
