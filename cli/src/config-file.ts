import { readFileSync, writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { cloudReason, withReason } from "./cloud-verb.ts";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { byOption, formatOption, verb } from "./verb.ts";
import { placesFor, typedPath } from "./places.ts";
import { configurationFailure } from "./configuration-failure.ts";

interface ExportOptions extends CloudOptions {
  readonly controller: string;
  readonly out: string;
  readonly reason?: string;
  readonly format?: Format;
}

/** `portico config export`: a configuration for a controller that is carried there. */
export function configExportVerb(surroundings: Surroundings): Command {
  const command = verb("export <file>", "have the cloud sign a configuration for one controller, for where there is no network", [
    ["portico config export gate.toml --controller gate-house --out gate.configuration", "carry it there: portico config import gate.configuration"],
  ])
    .addOption(new Option("--controller <id>", "the controller that is to run on it").makeOptionMandatory())
    .addOption(new Option("--out <file>", "where to write it").makeOptionMandatory())
    .addOption(cloudReason(false))
    .addOption(formatOption());
  return cloudOptions(command).action(async (file: string, { controller, out, reason, format, ...options }: ExportOptions) => {
    const path = typedPath(surroundings, file);
    const text = readFileSync(path);
    const { parseConfiguration } = await import("@portico/controller");
    const reading = parseConfiguration(new Uint8Array(text), path, placesFor(surroundings, {}));
    if (!reading.ok) throw configurationFailure("the configuration has mistakes, so it was not signed", `mend these lines, then portico config check ${file}`, path, reading.problems); // prettier-ignore
    const { CONFIGURATION_BYTES_MAX } = await import("@portico/card-protocol");
    if (text.length > CONFIGURATION_BYTES_MAX)
      throw new Failure(EXIT.usage, `the file has more than ${CONFIGURATION_BYTES_MAX} bytes`, path, "shorten its comments");
    const { id } = reading.configuration.controller;
    if (id !== controller)
      throw new Failure(EXIT.usage, `the file is for controller ${id}`, `--controller ${controller}`, "name that controller, or the file of this one");
    const calls = await cloudClientFor(surroundings, options);
    const { value } = await calls.ask(`configuration of ${controller}`, "POST /v1/controllers/{id}/configuration", { params: { id: controller }, body: { text: text.toString("base64") } }, withReason(reason === undefined ? {} : { reason })); // prettier-ignore
    const written = typedPath(surroundings, out);
    writeFileSync(written, Buffer.from(value.file, "base64"), { mode: 0o600 });
    const { epoch, number, hash } = value;
    writeFacts(surroundings.terminal, format, [["file", written], ["controller", controller], ["configuration", `${epoch}:${number}`], ["hash", hash]], { file: written, controller, epoch, number, hash }); // prettier-ignore
  });
}

/** `portico config import`. */
export function configImportVerb(surroundings: Surroundings): Command {
  const command = verb("import <file>", "have the running controller take a signed configuration: believed by the trust list that it holds", [
    ["portico config import /media/stick/gate.configuration", "an altered, foreign or older one is refused by name, and the one in force stays"],
  ])
    .addOption(byOption(surroundings.user))
    .addOption(formatOption());
  return controllerOptions(command).action(async (file: string, options: ControllerOptions & { readonly by: string; readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    const path = typedPath(surroundings, file);
    const taken = await client.ask("POST /v1/configuration/import", { body: { file: path, by: options.by } });
    const { epoch, number, hash, former, isInForce } = taken;
    writeFacts(surroundings.terminal, options.format, [["configuration", `${epoch}:${number}`], ["hash", hash], ["file", taken.file], ["former", former]], taken); // prettier-ignore
    if (!isInForce) surroundings.terminal.err("next: it holds from the controller's next start on: systemctl restart portico\n");
  });
}
