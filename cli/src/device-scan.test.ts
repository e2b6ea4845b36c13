import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfiguration } from "@portico/controller";
import { memoryWirePair, seededRandom, seededRandomBytes, simulatedClock, type Wire } from "@portico/firmware-ts";
import { listSerialPorts, type PortFinding } from "@portico/firmware-ts/discovery";
import { virtualPd, virtualRelayBoard } from "@portico/simulator";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { proposal } from "./core/device-scan/proposal.ts";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";
import { json, standIn } from "./stand-in-controller.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const clock = simulatedClock();
/** A cabinet: relay boards at 9600 baud, a reader at 115200, and a port that nobody is on. */
function cabinet(): (path: string) => Promise<(baud: number) => Wire> {
  const pair = (name: string) => memoryWirePair({ name, clock, random: seededRandom(1) });
  const [relays, readers, nowhere] = [pair("relays"), pair("readers"), pair("nowhere")];
  for (const unit of [1, 2]) virtualRelayBoard({ wire: relays.far, clock, unit });
  virtualPd({ wire: readers.far, clock, randomBytes: seededRandomBytes(seededRandom(2)), address: 3, outputs: 1, inputs: 2 });
  const lasting = (wire: Wire): Wire => ({ ...wire, get state() { return wire.state; }, get trouble() { return wire.trouble; }, close: () => Promise.resolve() }); // prettier-ignore
  const lines: Readonly<Record<string, { readonly baud: number; readonly wire: Wire }>> = {
    "/dev/ttyUSB0": { baud: 9_600, wire: relays.near },
    "/dev/ttyUSB1": { baud: 115_200, wire: readers.near },
  };
  return (path) => Promise.resolve((baud) => lasting(lines[path]?.baud === baud ? lines[path].wire : nowhere.near));
}

async function scan(...words: string[]): Promise<CommandRecord> {
  const serialPorts = () => Promise.resolve(["/dev/ttyUSB0", "/dev/ttyUSB1", "/dev/ttyUSB2"].map((path) => ({ path, device: path })));
  const surroundings = new RecordedSurroundings({ workingFolder: folder, checkout: folder, isTty: true, columns: 200, serialPorts, serialPort: cabinet() });
  Object.assign(surroundings, { after: (ms: number, callback: () => void) => clock.after(ms, callback) });
  let record: CommandRecord | undefined;
  void surroundings.run("device", "scan", "--no-network", ...words).then((done) => (record = done));
  await clock.until(() => record !== undefined, 600_000);
  return record!;
}

const isAccepted = (tables: string): true | object => {
  const text = `[site]\nid = "demo"\n[controller]\nid = "c"\n[clock]\ntrusted_by = "system"\n${tables}`;
  const reading = parseConfiguration(new TextEncoder().encode(text), "/etc/portico.toml", { dataFolder: "/d", socket: "/s" });
  return reading.ok || reading.problems;
};

test("every port is asked; what was found is told with a proposal that config check accepts", async () => {
  const { exitCode, out, err } = await scan();
  expect(exitCode).toBe(0);
  const [table = "", tables = ""] = out.split("\n# For portico.toml; portico config check judges it there.\n");
  expect(table).toMatch(/\/dev\/ttyUSB0 +9600 +Modbus unit 1: 8 relays, 8 inputs\n\/dev\/ttyUSB0 +9600 +Modbus unit 2: 8 relays/);
  expect(table).toMatch(/\/dev\/ttyUSB1 +115200 +OSDP address 3: vendor 000ee3 .*; \d readers?, 1 outputs, 2 inputs\n\/dev\/ttyUSB2 +nobody answers\n/);
  expect(isAccepted(tables)).toBe(true);
  expect(err).toMatch(/^3 ports; where nobody answers that takes longest: about \d+ s in all/);
  expect(err).toContain("\r/dev/ttyUSB2: Modbus unit 16 at 19200 baud");
});

test("for programs: a line for each port, or the proposal alone", async () => {
  const lines = (await scan("--port", "/dev/ttyUSB0", "--format", "jsonl")).out.trim().split("\n").map((line) => JSON.parse(line) as object); // prettier-ignore
  expect(lines).toMatchObject([
    { port: "/dev/ttyUSB0", outcome: "found", findings: [{ kind: "modbus-rtu", unit: 1 }, { unit: 2 }], proposal: expect.stringContaining("[[relay_board]]") },
  ]);
  const { out } = await scan("--port", "/dev/ttyUSB1", "--toml");
  expect([isAccepted(out), out]).toEqual([true, expect.stringContaining('[[osdp_pd]]\nid = "ttyusb1-3"\nwire = "ttyusb1"\naddress = 3\n')]);
});

test("Ctrl-C ends it and what was found until then is told; a port that nobody may open says why", async () => {
  const surroundings = new RecordedSurroundings({ workingFolder: folder, checkout: folder, isTty: true, serialPort: cabinet() });
  Object.assign(surroundings, { after: (ms: number, callback: () => void) => clock.after(ms, callback) });
  surroundings.interrupt();
  expect(await surroundings.run("device", "scan", "--port", "/dev/ttyUSB0", "--port", "/dev/ttyUSB1")).toMatchObject({
    exitCode: 0,
    err: expect.stringContaining("interrupted behind 0 s"),
  });
  const pair = memoryWirePair({ name: "port", clock, random: seededRandom(1) });
  pair.cut();
  const other = new RecordedSurroundings({ workingFolder: folder, checkout: folder, isTty: true, serialPort: () => Promise.resolve(() => pair.near) });
  other.onWait = () => other.passTime();
  expect((await other.run("device", "scan", "--port", "/dev/ttyUSB0")).out).toMatch(/\/dev\/ttyUSB0 +unplugged\n/);
});

test("a port of the controller that runs here is refused by name where it was asked for, and passed over where all are", async () => {
  const controller = await standIn(json({}));
  onTestFinished(controller.end);
  mkdirSync(join(folder, ".portico"));
  const table = `[site]\nid = "demo"\n[controller]\nid = "gate-house"\nsocket = ${JSON.stringify(controller.socket)}\n[clock]\ntrusted_by = "system"\n[[wire]]\nid = "relays"\nserial = "/dev/ttyUSB0"\n`;
  writeFileSync(join(folder, ".portico/portico.toml"), table);
  const options = { workingFolder: folder, checkout: folder, isTty: true, columns: 200, serialPort: cabinet(), serialPorts: () => Promise.resolve([{ path: "/dev/ttyUSB0", device: "/dev/ttyUSB0" }]) }; // prettier-ignore
  const named = await new RecordedSurroundings(options).run("device", "scan", "--port", "/dev/ttyUSB0");
  expect([named.exitCode, named.err]).toEqual([
    1,
    expect.stringMatching(/^portico: the running controller gate-house has this port: it is its wire relays\non: \/dev\/ttyUSB0\n/),
  ]);
  expect((await new RecordedSurroundings(options).run("device", "scan", "--no-network")).out).toMatch(
    /ttyUSB0 +wire relays of the running controller gate-house\n/,
  );
});

/** What a port may have on it, of every kind. */
const FINDINGS: readonly PortFinding[][] = [
  [{ kind: "modbus-rtu", baud: 9600, unit: 3, relays: 0, inputs: 0 }],
  [{ kind: "osdp", baud: 9600, address: 0, check: "checksum", identity: undefined, capabilities: undefined }],
  [{ kind: "osdp", baud: 9600, address: 1, check: "crc", identity: undefined, capabilities: { readers: 2, outputs: 200, inputs: 9, hasAes: false } }],
  [{ kind: "relay-avr", baud: 57_600, version: 1, isActiveLow: true }],
  [{ kind: "firmata", baud: 57_600, name: "x\n[[door]]", version: "2.4" }],
  [{ kind: "gm65", baud: 9600 }],
  [{ kind: "scanner", baud: 115_200, terminator: "cr" }],
  [{ kind: "unknown", baud: undefined, bytes: 4 }],
];

test.each(FINDINGS)("what is proposed for %j is accepted where it stands", (finding) => {
  expect(isAccepted(proposal([{ port: "/dev/serial/by-id/usb-1a86_USB_Serial-if00", findings: [finding] }]))).toBe(true);
  expect(
    isAccepted(proposal([{ port: "10.1.7.20:4001", findings: [{ ...finding, baud: undefined }] }], [{ address: "192.168.10.20", serialNumber: 423_187_757 }])),
  ).toBe(true);
});

test("serial ports are listed by the names that follow their adapters; files without a port behind them are none", () => {
  mkdirSync(join(folder, "dev/serial/by-id"), { recursive: true });
  for (const name of ["ttyUSB0", "ttyUSB10", "ttyUSB2", "ttyACM0", "ttyS0", "ttyS1", "tty1", "null"]) writeFileSync(join(folder, "dev", name), "");
  for (const [name, type] of [["ttyS0", "4"], ["ttyS1", "0"]] as const) {
    mkdirSync(join(folder, "sys/class/tty", name), { recursive: true });
    writeFileSync(join(folder, "sys/class/tty", name, "type"), `${type}\n`);
  } // prettier-ignore
  symlinkSync("../../ttyUSB0", join(folder, "dev/serial/by-id/usb-FTDI"));
  symlinkSync("../../ttyUSB9", join(folder, "dev/serial/by-id/usb-gone"));
  expect(listSerialPorts(folder).map(({ path }) => path)).toEqual([
    "/dev/serial/by-id/usb-FTDI",
    "/dev/ttyACM0",
    "/dev/ttyS0",
    "/dev/ttyUSB2",
    "/dev/ttyUSB10",
  ]);
});
