import type { Command } from "commander";
import { simDevicesVerb } from "./sim-devices.ts";
import { simInputVerb } from "./sim-input.ts";
import { simLockVerb } from "./sim-lock.ts";
import { simRunVerb } from "./sim-run.ts";
import { simPayVerb } from "./sim-pay.ts";
import { simPrintVerb } from "./sim-print.ts";
import { simScanVerb } from "./sim-scan.ts";
import { simUnlockVerb } from "./sim-unlock.ts";
import { simWireNoun } from "./sim-wire.ts";
import type { Surroundings } from "./surroundings.ts";
import { noun } from "./verb.ts";

/** `portico sim`: a simulated campus of real programs. */
export function simNoun(surroundings: Surroundings): Command {
  return noun(
    "sim",
    "a simulated campus: people, phones, gates, a library and a room on this computer",
    [
      ["portico sim run", "what npm start runs in a checkout"],
      ["portico sim scan gate-1-in --person zhang --walk", "take part, from another terminal"],
      ["portico sim wire cut gate-1", "break something"],
    ],
    [
      simRunVerb(surroundings),
      simScanVerb(surroundings),
      simPayVerb(surroundings),
      simPrintVerb(surroundings),
      simUnlockVerb(surroundings),
      simLockVerb(surroundings),
      simInputVerb(surroundings),
      simWireNoun(surroundings),
      simDevicesVerb(surroundings),
    ],
  );
}
