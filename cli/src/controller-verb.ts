import { isAbsolute, resolve } from "node:path";
import { type Command, Option } from "commander";
import { ControllerClient } from "./controller-client.ts";
import { places } from "./places.ts";
import type { Surroundings } from "./surroundings.ts";
import { placeOptions } from "./verb.ts";

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
 * A configuration that is not there or not valid does not matter here: the controller that runs was started with one that was.
 */
export async function clientFor(surroundings: Surroundings, options: ControllerOptions): Promise<ControllerClient> {
  if (options.socket !== undefined) return new ControllerClient(resolve(surroundings.workingFolder, options.socket), surroundings.interrupted);
  const place = placesFor(surroundings, options);
  const { readConfiguration } = await import("@portico/controller");
  const reading = readConfiguration(place.configurationFile, place);
  return new ControllerClient(reading.ok ? reading.configuration.controller.socket : place.socket, surroundings.interrupted);
}

/** Data folder, configuration and socket for the options of a verb. */
export function placesFor(
  { checkout, workingFolder, env }: Surroundings,
  { config, data }: { readonly config?: string; readonly data?: string },
): ReturnType<typeof places> {
  return places({ checkout, workingFolder, env, configOption: config, dataOption: data });
}

/** A path that was typed, made absolute: the controller has a working folder of its own. */
export const typedPath = ({ workingFolder }: Surroundings, path: string): string => (isAbsolute(path) ? path : resolve(workingFolder, path));
