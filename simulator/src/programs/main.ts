import { unixSeconds } from "@portico/card-protocol";
import { systemClock, systemRandom, systemRandomBytes } from "@portico/firmware-ts";
import type { CampusProgramsOptions } from "./campus-options.ts";
import { CampusPrograms } from "./campus-programs.ts";
import { type DevicesOptions, runDevicesIn } from "./devices-program.ts";

const machine = {
  clock: systemClock(() => "untrusted"),
  now: () => unixSeconds(Math.floor(Date.now() / 1000)),
  random: systemRandom,
  randomBytes: systemRandomBytes,
};

/** {@link runDevicesIn} on this machine. */
export const runDevices = (options: DevicesOptions): Promise<void> => runDevicesIn(machine, options);

/** {@link CampusPrograms.start} on this machine. */
export const startCampus = (options: CampusProgramsOptions): Promise<CampusPrograms> => CampusPrograms.start(machine, options);
