import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { WireKind } from "@portico/simulator/programs";
import type { Surroundings } from "./surroundings.ts";
import { verb } from "./verb.ts";

interface DevicesOptions {
  readonly campus: string;
  readonly wires: WireKind;
}

/** `portico sim devices`: the far ends of all wires as a program of its own; `sim run` starts it. */
export function simDevicesVerb(surroundings: Surroundings): Command {
  return verb("devices", "the devices of the simulated campus alone: for sim run, or for a controller that you start yourself", [
    ["portico sim devices --campus .portico", "one JSON line says where each wire leads"],
  ])
    .addOption(new Option("--campus <folder>", "folder of the simulated campus").makeOptionMandatory())
    .addOption(new Option("--wires <kind>", "pty: socat's pseudo-terminals; tcp: ports on loopback").choices(["pty", "tcp"]).default("tcp"))
    .action(async ({ campus, wires }: DevicesOptions) => {
      const { runDevices } = await import("@portico/simulator/programs");
      await runDevices({
        folder: resolve(surroundings.workingFolder, campus),
        wires,
        // Reading keeps the program alive: devices that cannot start do not read.
        orphaned: surroundings.input,
        interrupted: surroundings.interrupted,
        onReady: (ready) => surroundings.terminal.out(`${JSON.stringify(ready)}\n`),
      });
    });
}
