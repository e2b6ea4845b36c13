import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { ControllerClient } from "./controller-client.ts";
import type { Surroundings } from "./surroundings.ts";
import { placeOptions } from "./verb.ts";
import { placesFor } from "./places.ts";
import { configurationFailure } from "./configuration-failure.ts";

/** What {@link controllerOptions} read. */
export interface ControllerOptions {
  readonly socket?: string;
  readonly config?: string;
  readonly data?: string;
}

/** `--socket`, `--config`, `--data`: how a verb finds the running controller. */
export const controllerOptions = (command: Command): Command =>
  placeOptions(command.addOption(new Option("--socket <path>", "the controller's control socket (default: what the configuration says)")));

/**
 * The controller that the options mean: `--socket`, else the socket that the configuration names, else the place's own.
 *
 * A file that was named and is not there, or was typed and is not valid, ends the command: whatever is asked next would reach another controller. One that is
 * merely being edited, where the place or the environment names it, does not: the controller that runs was started with one that was valid, and in a hurry
 * its doors must still obey.
 */
export async function clientFor(surroundings: Surroundings, options: ControllerOptions): Promise<ControllerClient> {
  const { workingFolder, interrupted, env, terminal } = surroundings;
  if (options.socket !== undefined) return new ControllerClient(resolve(workingFolder, options.socket), interrupted);
  const place = placesFor(surroundings, options);
  const file = place.configurationFile;
  const { readConfiguration } = await import("@portico/controller");
  const reading = readConfiguration(file, place);
  if (reading.ok) {
    const { controller, site } = reading.configuration;
    return new ControllerClient(controller.socket, interrupted, undefined, site.timeZone);
  }
  const isThere = existsSync(file);
  const isNamed = options.config !== undefined || (env["PORTICO_CONFIG"] ?? "") !== "";
  if (options.config !== undefined || (isNamed && !isThere))
    throw configurationFailure(
      "this configuration names no controller: nothing was asked",
      "mend it: portico config check; or name the socket itself with --socket",
      file,
      reading.problems,
    );
  if (isThere) terminal.err(`note: ${file} has mistakes, so ${place.socket} is asked; portico config check names them\n`);
  return new ControllerClient(place.socket, interrupted);
}
