import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import type { CampusSockets, DevicesClient } from "@portico/simulator/programs";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { placesFor } from "./places.ts";

/** What {@link campusOption} read. */
export interface CampusOption {
  readonly data?: string;
}

/** `--data`: the folder of the simulated campus. */
export const campusOption = (command: Command): Command =>
  command.addOption(new Option("--data <folder>", "folder of the simulated campus (default: in a checkout .portico)"));

/**
 * The folder of the simulated campus, absolute: `--data`, PORTICO_DATA, or the checkout's own. Where Portico is installed there is no preset: those folders are
 * a real controller's.
 */
export function campusFolder(surroundings: Surroundings, { data }: CampusOption): string {
  const isNamed = (data ?? surroundings.env["PORTICO_DATA"] ?? "") !== "";
  if (surroundings.checkout === undefined && !isNamed)
    throw new Failure(EXIT.usage, "no folder for a simulated campus", "portico sim", "name one with --data: never that of a real controller");
  return placesFor(surroundings, data === undefined ? {} : { data }).dataFolder;
}

/**
 * The devices of the campus that runs in the folder. What they refuse is told as a {@link Failure}: 1 refused, 2 no such place, 3 no campus runs.
 *
 * @param use  what to do with them
 */
export async function withCampus<T>(
  surroundings: Surroundings,
  option: CampusOption,
  use: (client: DevicesClient, folder: string, sockets: CampusSockets) => Promise<T>,
): Promise<T> {
  const { campusSockets, DevicesClient: Client, DevicesFailure } = await import("@portico/simulator/programs");
  const folder = campusFolder(surroundings, option);
  const sockets = campusSockets(folder);
  if (!existsSync(sockets.sim)) throw new Failure(EXIT.unreachable, "no simulated campus is running", sockets.sim, `${startWords(surroundings)} starts one`);
  const client = new Client(sockets.sim);
  try {
    return await use(client, folder, sockets);
  } catch (error) {
    if (!(error instanceof DevicesFailure)) throw error;
    throw new Failure(FAILURE_EXIT[error.kind], error.what, error.where, error.remedy);
  } finally {
    client.close();
  }
}

const FAILURE_EXIT = { unreachable: EXIT.unreachable, unknown: EXIT.usage, refused: EXIT.refused } as const;

const startWords = ({ checkout }: Surroundings): string => (checkout === undefined ? "`portico sim run`" : "`npm start`");
