import { posix } from "node:path";
import { isAbsolute, resolve } from "node:path";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

/** Where this computer keeps what belongs to Portico. Absolute paths. */
export interface Places {
  /** Database, keys and, in a checkout, everything else. */
  readonly dataFolder: string;
  readonly configurationFile: string;
  /** Where a running controller listens. */
  readonly socket: string;
}

/** What places are chosen from. */
export interface PlacesFacts {
  /** The folder of the checkout that the command runs from; undefined when it is installed. */
  readonly checkout: string | undefined;
  /** The folder that relative options start from. */
  readonly workingFolder: string;
  /** `--data`. */
  readonly dataOption?: string | undefined;
  /** `--config`. */
  readonly configOption?: string | undefined;
  /** `PORTICO_DATA` and `PORTICO_CONFIG` stand in for options that are not given; empty counts as not given. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Which places apply: options first, then the environment, then the place's default.
 * In a checkout everything lives in one folder, `.portico` unless another is named; installed, each has its place in the file system hierarchy (FHS 3.0).
 */
export function places({ checkout, workingFolder, dataOption, configOption, env }: PlacesFacts): Places {
  const given = (option: string | undefined, variable: string): string | undefined => {
    const value = option ?? env[variable];
    return value === undefined || value === "" ? undefined : posix.resolve(workingFolder, value);
  };
  const folder = given(dataOption, "PORTICO_DATA");
  const configuration = given(configOption, "PORTICO_CONFIG");
  if (checkout === undefined)
    return {
      dataFolder: folder ?? "/var/lib/portico",
      configurationFile: configuration ?? "/etc/portico/portico.toml",
      socket: "/run/portico/controller.sock",
    };
  const within = folder ?? posix.join(checkout, ".portico");
  return { dataFolder: within, configurationFile: configuration ?? posix.join(within, "portico.toml"), socket: posix.join(within, "controller.sock") };
}

/** Data folder, configuration and socket for the options of a verb. An option that names nothing would mean the preset place, which nobody has asked for. */
export function placesFor(
  { checkout, workingFolder, env }: Surroundings,
  { config, data }: { readonly config?: string; readonly data?: string },
): ReturnType<typeof places> {
  if (config === "" || data === "")
    throw new Failure(EXIT.usage, "an option names nothing", config === "" ? "--config" : "--data", "name a file or folder, or leave the option out");
  return places({ checkout, workingFolder, env, configOption: config, dataOption: data });
}

/** A path that was typed, made absolute: the controller has a working folder of its own. */
export const typedPath = ({ workingFolder }: Surroundings, path: string): string => (isAbsolute(path) ? path : resolve(workingFolder, path));
