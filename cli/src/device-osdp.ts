import { writeFileSync } from "node:fs";
import { Argument, Command, Option } from "commander";
import { hexToBytes } from "@portico/card-protocol";
import type { KeyWay, PdCommunication, PdRow } from "@portico/controller";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, countsText, type Format, writeRows } from "./table.ts";
import { byOption, formatOption, noun, reasonOption, verb, wholeNumber } from "./verb.ts";
import { typedPath } from "./places.ts";

const COLUMNS: readonly Column<PdRow>[] = [
  { heading: "PD", cell: (row) => row.id },
  { heading: "WIRE", cell: (row) => row.wire },
  { heading: "ADDRESS", cell: (row) => String(row.address) },
  { heading: "HEALTH", cell: (row) => row.health },
  { heading: "STATE", cell: (row) => row.state },
  { heading: "KEY", cell: (row) => (row.hasKey ? "own" : "none") },
  {
    heading: "IDENTITY",
    cell: ({ identity }) => (identity === null ? "" : `${identity.vendor} model ${identity.model} serial ${identity.serial} firmware ${identity.firmware}`),
  },
  { heading: "CAPABILITIES", cell: ({ capabilities }) => capabilities.map((each) => `${each.function}:${each.compliance}/${each.count}`).join(" ") },
  { heading: "COUNTS", cell: (row) => countsText(row.counts) },
  { heading: "DETAIL", cell: (row) => row.detail },
];

/** `portico device osdp`: readers, keypads and relay modules on OSDP lines. */
export function osdpNoun(surroundings: Surroundings): Command {
  return noun(
    "osdp",
    "readers and relay modules on OSDP lines: their sessions, keys and frames",
    [
      ["portico device osdp list", "state, identity, capabilities and counts of each"],
      ["portico device osdp key library-reader --install-mode", "give a new reader a key of its own"],
      ["portico device osdp address library-reader 3", "have it answer at another address of its line"],
      ["portico device osdp trace bus-1 bus-1.pcap", "the last minute of a line, for Wireshark"],
    ],
    [listVerb(surroundings), keyVerb(surroundings), addressVerb(surroundings), traceVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every PD: address, session, key, identity, capabilities, counts", [
    ["portico device osdp list", "a reader that is not spoken to says why, and what to do"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, COLUMNS, await client.ask("GET /v1/osdp/pds", {}));
  });
}

interface KeyOptions extends ControllerOptions {
  readonly installMode?: true;
  readonly inClearText?: true;
  readonly by: string;
  readonly reason: string;
  readonly format?: Format;
}

function keyVerb(surroundings: Surroundings): Command {
  const command = verb("key <pd>", "make a key and give it to a reader; nobody sees it, the log says that it was given", [
    ["portico device osdp key library-reader", "a new key, over the session that it has"],
    ["portico device osdp key library-reader --install-mode", "the first key, over the key that everybody knows"],
  ])
    .addOption(new Option("--install-mode", "over SCBK-D: alone on the line, at commissioning").conflicts("inClearText"))
    .addOption(new Option("--in-clear-text", "over no session at all: whoever hears the line has the key"))
    .addOption(byOption(surroundings.user))
    .addOption(reasonOption())
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, { installMode, inClearText, by, reason, format, ...options }: KeyOptions) => {
    const client = await clientFor(surroundings, options);
    const over: KeyWay = installMode ? "install-mode" : inClearText ? "clear-text" : "own-key";
    const row = await client.ask("POST /v1/osdp/pds/:id/key", { params: { id }, body: { by, reason, over } });
    writeRows(surroundings.terminal, format, COLUMNS, [row]);
  });
}

const COMMUNICATION_COLUMNS: readonly Column<PdCommunication>[] = [
  { heading: "PD", cell: (row) => row.id },
  { heading: "WIRE", cell: (row) => row.wire },
  { heading: "ADDRESS", cell: (row) => String(row.address) },
  { heading: "BAUD", cell: (row) => String(row.baud) },
];

interface AddressOptions extends ControllerOptions {
  readonly baud?: number;
  readonly by: string;
  readonly reason: string;
  readonly format?: Format;
}

function addressVerb(surroundings: Surroundings): Command {
  const command = verb("address", "have a reader answer at another address, or rate, of its line (COMSET)", [
    ["portico device osdp address library-reader 3", "readers leave the factory at address 0: one by one they get their own"],
    ["portico device osdp address library-reader 0 --baud 38400", "another rate; all readers of a line have the same"],
  ])
    .addArgument(new Argument("<pd>", "which [[osdp_pd]]"))
    .addArgument(new Argument("<address>", "0 to 126, no other reader's on that line").argParser(wholeNumber(0, 126)))
    .addOption(new Option("--baud <rate>", "9600, 19200, 38400, 57600, 115200 or 230400 (default: the line's)").argParser(wholeNumber(9_600, 230_400)))
    .addOption(byOption(surroundings.user))
    .addOption(reasonOption())
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, address: number, { baud, by, reason, format, ...options }: AddressOptions) => {
    const client = await clientFor(surroundings, options);
    const row = await client.ask("POST /v1/osdp/pds/:id/communication", { params: { id }, body: { by, reason, address, baud: baud ?? null } });
    writeRows(surroundings.terminal, format, COMMUNICATION_COLUMNS, [row]);
    surroundings.terminal.err(
      `next: write address = ${row.address} under its [[osdp_pd]], and baud = ${row.baud} under [[wire]] ${row.wire}, then restart the controller: until then it is silent\n`,
    );
  });
}

function traceVerb(surroundings: Surroundings): Command {
  const command = verb("trace <wire> <file>", "write the last minute of a line into a pcap file", [
    ["portico device osdp trace bus-1 bus-1.pcap", "link type USER0 (147); in Wireshark: DLT_USER, payload dissector osdp"],
  ]);
  return controllerOptions(command).action(async (id: string, file: string, options: ControllerOptions) => {
    const { pcapHead, pcapRecord } = await import("@portico/firmware-ts/osdp");
    const client = await clientFor(surroundings, options);
    const { frames } = await client.ask("GET /v1/osdp/lines/:id/trace", { params: { id } });
    const path = typedPath(surroundings, file);
    const parts = [pcapHead(), ...frames.map(({ atMs, bytes }) => pcapRecord(hexToBytes(bytes)!, atMs))];
    try {
      // Card numbers stand in it where a line is in clear.
      writeFileSync(path, Buffer.concat(parts), { flag: "wx", mode: 0o600 });
    } catch (error) {
      throw new Failure(
        EXIT.refused,
        (error as NodeJS.ErrnoException).code === "EEXIST" ? "a file of that name is there already" : (error as Error).message,
        path,
        "name another file",
      );
    }
    surroundings.terminal.out(`${path}\n`);
    surroundings.terminal.err(`${frames.length} frames; in Wireshark: Preferences, Protocols, DLT_USER, User 0 (DLT=147), payload dissector osdp\n`);
  });
}
