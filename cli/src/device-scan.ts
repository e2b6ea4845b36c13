import { realpathSync } from "node:fs";
import { type Command, Option } from "commander";
import type { PortFinding, PortScan } from "@portico/firmware-ts/discovery";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { findingWords, type NetworkBoard, proposal, type ScannedPort } from "./core/device-scan/proposal.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format, tableLines } from "./table.ts";
import { formatOption, verb, wholeNumber } from "./verb.ts";
import { placesFor } from "./places.ts";

/** A network board's own port. */
const UHPPOTE_PORT = 60_000;
const UHPPOTE_WAIT_MS = 2_000;

interface ScanOptions extends ControllerOptions {
  readonly port: readonly string[];
  readonly units: number;
  readonly thorough?: true;
  readonly listen?: number;
  readonly limit: number;
  readonly network: boolean;
  readonly toml?: true;
  readonly format?: Format;
}

/** What came of one port. */
interface PortRow {
  readonly port: string;
  readonly outcome: "found" | "nothing" | "held" | "closed" | "out-of-time";
  readonly detail: string;
  readonly findings: readonly PortFinding[];
}

/** `portico device scan`: what is on each port, without a controller. */
export function scanVerb(surroundings: Surroundings): Command {
  const command = verb("scan", "find what is on each port and bus, and propose its configuration; nothing is set, moved or energised", [
    ["portico device scan", "every serial port, and UHPPOTE boards on the network"],
    ["portico device scan --port /dev/ttyUSB0 --thorough", "one port; OSDP addresses 0 to 126 one by one"],
    ["portico device scan --port 10.1.7.20:4001", "what is behind a gateway that passes bytes on"],
    ["portico device scan --listen 20", "show each silent scanner a code"],
    ["portico device scan --toml >> portico.toml", "the proposal alone"],
  ])
    .addOption(
      new Option("--port <port>", "a serial port or host:port of a gateway; repeat for each (default: every serial port)")
        .default([] as string[], "")
        .argParser((port: string, ports: string[]) => [...ports, port]),
    )
    .addOption(new Option("--units <number>", "call Modbus units 1 to this").default(16).argParser(wholeNumber(1, 247)))
    .option("--thorough", "call OSDP addresses one by one even where nobody answers a call to all")
    .addOption(
      new Option("--listen <seconds>", "where nothing answers: wait so long, at 9600 and at 115200 baud, for a code that is shown").argParser(
        wholeNumber(1, 600),
      ),
    )
    .addOption(new Option("--limit <seconds>", "no port takes longer").default(180).argParser(wholeNumber(5, 3600)))
    .option("--no-network", "call no UHPPOTE boards")
    .option("--toml", "print the proposal alone")
    .addOption(formatOption());
  return controllerOptions(command).action(async (options: ScanOptions) => {
    const { terminal } = surroundings;
    const { silentScanMs } = await import("@portico/firmware-ts/discovery");
    const held = await portsOfController(surroundings, options);
    const ports = options.port.length === 0 ? await surroundings.serialPorts() : options.port.map((path) => ({ path, device: path }));
    for (const { path } of options.port.length === 0 ? [] : ports) {
      const wire = held.get(realDevice(path));
      if (wire !== undefined) throw new Failure(EXIT.refused, `the running controller ${wire.controller} has this port: it is its wire ${wire.id}`, path, "portico device list shows what is on it; stop the controller to scan it: systemctl stop portico"); // prettier-ignore
    }
    const isNetworkAsked = options.network && options.port.length === 0;
    const mostS = ports.reduce(
      (sum, { path }) => sum + Math.min(options.limit, Math.ceil(silentScanMs(scanOf(path, options)) / 1_000)),
      isNetworkAsked ? UHPPOTE_WAIT_MS / 1_000 : 0,
    );
    terminal.err(
      `${ports.length} port${ports.length === 1 ? "" : "s"}; where nobody answers that takes longest: about ${mostS} s in all. Opening a port restarts an Arduino\n`,
    );
    const startedAt = surroundings.now();
    const rows: PortRow[] = [];
    for (const { path } of ports) {
      if (surroundings.interrupted.aborted) break;
      const wire = held.get(realDevice(path));
      if (wire !== undefined) rows.push({ port: path, outcome: "held", detail: `wire ${wire.id} of the running controller ${wire.controller}`, findings: [] });
      else rows.push({ port: path, ...(await scanned(surroundings, path, options)) });
    }
    const boards = isNetworkAsked && !surroundings.interrupted.aborted ? await networkBoards(surroundings) : [];
    tell(surroundings, options, rows, boards);
    terminal.err(`${surroundings.interrupted.aborted ? "interrupted behind" : "took"} ${surroundings.now() - startedAt} s\n`);
  });
}

const isGateway = (port: string): boolean => !port.startsWith("/");
const scanOf = (port: string, { units, thorough, listen }: ScanOptions): PortScan => ({
  isGateway: isGateway(port),
  unitMax: units,
  isThorough: thorough === true,
  listenMs: (listen ?? 0) * 1_000,
});

async function scanned(surroundings: Surroundings, port: string, options: ScanOptions): Promise<Pick<PortRow, "outcome" | "detail" | "findings">> {
  const { scanPort } = await import("@portico/firmware-ts/discovery");
  const progress = progressLine(surroundings, port);
  const { after, interrupted } = surroundings;
  const openAt = await surroundings.serialPort(port);
  const outcome = await scanPort({
    ...scanOf(port, options),
    openAt,
    after,
    interrupted,
    limitMs: options.limit * 1_000,
    onProbe: ({ about }) => progress.at(about),
  });
  progress.end();
  switch (outcome.kind) {
    case "scanned":
      return { outcome: outcome.findings.length === 0 ? "nothing" : "found", detail: "", findings: outcome.findings };
    case "closed":
      return { outcome: "closed", detail: outcome.trouble, findings: [] };
    case "out-of-time":
      return { outcome: "out-of-time", detail: `not through within ${options.limit} s`, findings: [] };
    case "interrupted":
      return { outcome: "nothing", detail: "interrupted", findings: [] };
  }
}

function progressLine({ terminal }: Surroundings, port: string): { readonly at: (about: string) => void; readonly end: () => void } {
  let line = "";
  const show = (next: string): void => {
    if (terminal.isTty) terminal.err(`\r${next}${" ".repeat(Math.max(0, line.length - next.length))}`);
    line = next;
  };
  return {
    at: (about) => show(`${port}: ${about}`.slice(0, terminal.columns - 1)),
    end: () => terminal.isTty && terminal.err(`\r${" ".repeat(line.length)}\r`),
  };
}

/** The ports of a controller that runs here, by their devices. */
async function portsOfController(
  surroundings: Surroundings,
  options: ControllerOptions,
): Promise<ReadonlyMap<string, { readonly controller: string; readonly id: string }>> {
  const { readConfiguration } = await import("@portico/controller");
  const place = placesFor(surroundings, options);
  const reading = readConfiguration(place.configurationFile, place);
  if (!reading.ok) return new Map();
  try {
    await (await clientFor(surroundings, options)).ask("GET /v1/status", {});
  } catch (error) {
    if (error instanceof Failure) return new Map(); // none runs; a port that anybody else has is told when it is opened
    throw error;
  }
  const { controller, wires } = reading.configuration;
  return new Map(
    wires.map((wire) => [wire.kind === "serial" ? realDevice(wire.device) : `${wire.host}:${wire.port}`, { controller: controller.id, id: wire.id }]),
  );
}

/** Two names of one device are one. */
function realDevice(path: string): string {
  try {
    return isGateway(path) ? path : realpathSync(path);
  } catch {
    return path; // it is not there: opening it says so
  }
}

async function networkBoards(surroundings: Surroundings): Promise<NetworkBoard[]> {
  const { findUhppotes } = await import("@portico/firmware-ts/uhppote");
  const link = await surroundings.datagrams({ address: "255.255.255.255", port: UHPPOTE_PORT, isBroadcast: true });
  const found = await findUhppotes({ link, after: surroundings.after }, UHPPOTE_WAIT_MS);
  await link.close();
  return found.map(({ address, serial }) => ({ address: address.join("."), serialNumber: serial }));
}

function tell({ terminal }: Surroundings, { format, toml }: ScanOptions, rows: readonly PortRow[], boards: readonly NetworkBoard[]): void {
  const ports: ScannedPort[] = rows.map(({ port, findings }) => ({ port, findings }));
  const text = proposal(ports, boards);
  if (toml === true) return terminal.out(text);
  if (chosenFormat(terminal, format) === "jsonl") {
    for (const row of rows) terminal.out(`${JSON.stringify({ ...row, proposal: proposal([row]) })}\n`);
    for (const board of boards) terminal.out(`${JSON.stringify({ port: board.address, outcome: "found", detail: "", findings: [{ kind: "uhppote", ...board }], proposal: proposal([], [board]) })}\n`); // prettier-ignore
    return;
  }
  const lines = rows.flatMap(({ port, outcome, detail, findings }) =>
    findings.length === 0
      ? [{ port, baud: "", found: outcome === "nothing" && detail === "" ? "nobody answers" : detail }]
      : findings.map((finding) => ({ port, baud: String(finding.baud ?? ""), found: findingWords(finding) })),
  );
  const network = boards.map(({ address, serialNumber }) => ({ port: address, baud: "", found: `UHPPOTE board ${serialNumber}` }));
  const columns = [
    { heading: "PORT", cell: (row: (typeof lines)[number]) => row.port },
    { heading: "BAUD", cell: (row: (typeof lines)[number]) => row.baud },
    { heading: "FOUND", cell: (row: (typeof lines)[number]) => row.found },
  ];
  terminal.out(`${tableLines(columns, [...lines, ...network]).join("\n")}\n`);
  if (text !== "") terminal.out(`\n# For portico.toml; portico config check judges it there.\n${text}`);
}
