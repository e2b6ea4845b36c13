import type { Command } from "commander";
import type { DeviceRow } from "@portico/controller";
import { gm65Verb } from "./device-gm65.ts";
import { osdpNoun } from "./device-osdp.ts";
import { scanVerb } from "./device-scan.ts";
import { uhppoteNoun } from "./device-uhppote.ts";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, countsText, type Format, writeRows } from "./table.ts";
import { durationText } from "./time-text.ts";
import { byOption, formatOption, noun, verb } from "./verb.ts";

const COLUMNS: readonly Column<DeviceRow>[] = [
  { heading: "DEVICE", cell: (row) => row.id },
  { heading: "KIND", cell: (row) => row.kind },
  { heading: "WIRE", cell: (row) => row.wire },
  { heading: "HEALTH", cell: (row) => row.health },
  { heading: "SINCE", cell: (row) => durationText(row.sinceS) },
  { heading: "COUNTS", cell: (row) => countsText(row.counts) },
  { heading: "DETAIL", cell: (row) => row.detail },
];

/** `portico device`: scanners and boards as the running controller sees them. */
export function deviceNoun(surroundings: Surroundings): Command {
  return noun(
    "device",
    "scanners and relay boards",
    [
      ["portico device list", "which of them answer"],
      ["portico device test gate-1-board", "ask one to show that it works"],
      ["portico device scan", "what is on each port, and its configuration"],
      ["portico device osdp list", "readers on OSDP lines"],
      ["portico device gm65 /dev/ttyACM0", "set a QR head to 115200 baud"],
      ["portico device uhppote find", "which UHPPOTE boards are on the network"],
    ],
    [listVerb(surroundings), testVerb(surroundings), scanVerb(surroundings), osdpNoun(surroundings), gm65Verb(surroundings), uhppoteNoun(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every scanner and relay board", [["portico device list", "health, since when, and counts since start"]]).addOption(
    formatOption(),
  );
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, COLUMNS, await client.ask("GET /v1/devices", {}));
  });
}

function testVerb(surroundings: Surroundings): Command {
  const command = verb("test <device>", "ask a device to show that it works; no relay is moved", [
    ["portico device test gate-1-board", "exit code 1 when a step fails"],
  ])
    .addOption(byOption(surroundings.user))
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: ControllerOptions & { readonly format?: Format; readonly by: string }) => {
    const client = await clientFor(surroundings, options);
    const test = await client.ask("POST /v1/devices/:id/test", { params: { id }, body: { by: options.by, reason: "test" } });
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "STEP", cell: (step) => step.step },
        { heading: "OUTCOME", cell: (step) => (step.passed ? "passed" : "failed") },
        { heading: "DETAIL", cell: (step) => step.detail },
      ],
      test.steps,
    );
    if (test.passed) return;
    const failed = test.steps.find((step) => !step.passed);
    throw new Failure(
      EXIT.refused,
      failed === undefined ? "the test failed" : `step "${failed.step}" failed${failed.detail === "" ? "" : `: ${failed.detail}`}`,
      `device ${id}`,
      failed?.remedy ?? "portico device list",
    );
  });
}
