import { decodeCommand, osdpDeframing } from "@portico/firmware-ts/osdp";
import { findGm65Reply, hasModbusCrc, memoryWirePair, seededRandom, simulatedClock, type SimulatedClock, type Wire } from "@portico/firmware-ts";
import { portProbes, type PortScan, type PortScanOutcome, type Probe, scanPort, silentScanMs } from "@portico/firmware-ts/discovery";
import { expect, test } from "vitest";
import { virtualPd } from "../src/osdp/virtual-pd.ts";
import { standardFirmataHex, relayAvrHex } from "../src/uno-program.ts";
import { virtualGm65 } from "../src/virtual-gm65.ts";
import { virtualRelayBoard } from "../src/virtual-relay-board.ts";
import { virtualUno } from "../src/virtual-uno.ts";
import { seededBytes } from "./osdp-bench.ts";
import { RELAY_PINS } from "./relay-avr-bench.ts";

const SCAN: PortScan = { isGateway: false, unitMax: 8, isThorough: false, listenMs: 0 };

/** A port whose line runs at one rate; at others nobody hears anybody. */
function port(baud: number) {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "line", clock, random: seededRandom(1) });
  const nowhere = memoryWirePair({ name: "nowhere", clock, random: seededRandom(1) });
  const lasting = (wire: Wire): Wire => ({ ...wire, get state() { return wire.state; }, get trouble() { return wire.trouble; }, close: () => Promise.resolve() }); // prettier-ignore
  return { clock, line, far: line.far, openAt: (rate: number) => lasting(rate === baud ? line.near : nowhere.near) };
}

interface ScanRun {
  readonly outcome: PortScanOutcome;
  readonly probes: readonly Probe[];
  readonly tookMs: number;
}

async function run(
  { clock, openAt }: { readonly clock: SimulatedClock; readonly openAt: (baud: number) => Wire },
  change: Partial<PortScan & { readonly limitMs: number; readonly interrupted: AbortSignal; readonly onProbe: (probe: Probe) => unknown }> = {},
): Promise<ScanRun> {
  const probes: Probe[] = [];
  const startedAt = clock.monotonic();
  let outcome: PortScanOutcome | undefined;
  const onProbe = (probe: Probe): void => {
    probes.push(probe);
    change.onProbe?.(probe);
  };
  void scanPort({
    ...SCAN,
    openAt,
    after: (ms: number, callback: () => void) => clock.after(ms, callback),
    interrupted: new AbortController().signal,
    limitMs: 600_000,
    ...change,
    onProbe,
  }).then((end) => (outcome = end));
  await clock.until(() => outcome !== undefined, 600_000);
  return { outcome: outcome!, probes, tookMs: clock.monotonic() - startedAt };
}

test("Modbus units on a line are found with what they have, at the line's rate, and nothing is switched", async () => {
  const one = port(115_200);
  const boards = [virtualRelayBoard({ wire: one.far, clock: one.clock, unit: 1, relays: 8, inputs: 8 }), virtualRelayBoard({ wire: one.far, clock: one.clock, unit: 7, relays: 16, inputs: 0 })]; // prettier-ignore
  const switched: number[] = [];
  for (const board of boards) board.onRelay((relay) => switched.push(relay));
  expect((await run(one)).outcome).toEqual({
    kind: "scanned",
    findings: [
      { kind: "modbus-rtu", baud: 115_200, unit: 1, relays: 8, inputs: 8 },
      { kind: "modbus-rtu", baud: 115_200, unit: 7, relays: 16, inputs: 0 },
    ],
  });
  expect(switched).toEqual([]);
  const gateway = await run({ ...one, openAt: () => one.openAt(115_200) }, { isGateway: true });
  expect(gateway.outcome).toMatchObject({ findings: [{ unit: 1, baud: undefined }, { unit: 7 }] });
});

test("OSDP readers answer a call to all and are told apart by their addresses; one with a key of its own is found too, and no session is opened", async () => {
  const one = port(38_400);
  const pds = [0, 5, 126].map((address) => virtualPd({ wire: one.far, clock: one.clock, randomBytes: seededBytes(1), address, outputs: 2, inputs: 3, hasAes: address !== 5, ...(address === 126 ? { scbk: new Uint8Array(16).fill(7) } : {}) })); // prettier-ignore
  const { outcome } = await run(one);
  expect(outcome).toMatchObject({
    findings: [
      {
        kind: "osdp",
        baud: 38_400,
        address: 0,
        check: "crc",
        identity: { vendor: "000ee3", firmware: "2.2.0" },
        capabilities: { outputs: 2, inputs: 3, hasAes: true },
      },
      { kind: "osdp", address: 5, capabilities: { hasAes: false } },
      { kind: "osdp", address: 126 },
    ],
  });
  expect(pds.map((pd) => pd.isSecure)).toEqual([false, false, false]);
  expect(new Set(pds.flatMap((pd) => [...pd.done.keys()]))).toEqual(new Set(["id", "capabilities"]));
});

test("an adapter that hears itself is not taken for readers that answer", async () => {
  const one = port(9_600);
  one.far.onBytes((bytes) => one.far.write(bytes));
  expect((await run(one)).outcome).toEqual({ kind: "scanned", findings: [] });
});

test("StandardFirmata says what it is, and nothing but its own light changes", async () => {
  const one = port(57_600);
  const uno = await virtualUno({ wire: one.far, clock: one.clock, hex: standardFirmataHex() });
  const driven: string[] = [];
  uno.onPin((pin, state) => void (state === "high" && pin !== 13 && driven.push(`${pin} ${state}`)));
  const { outcome } = await run(one);
  uno.close();
  expect(outcome).toEqual({ kind: "scanned", findings: [{ kind: "firmata", baud: 57_600, name: expect.stringContaining("StandardFirmata"), version: "2.4" }] });
  expect(driven).toEqual([]);
});

test("a relay board of ours says what it is, and no relay of it changes", async () => {
  const one = port(57_600);
  const uno = await virtualUno({ wire: one.far, clock: one.clock, hex: relayAvrHex("active-high") });
  uno.setPower(false); // a processor without power costs nothing until its turn comes
  const energized: number[] = [];
  uno.onPin((pin, state) => void (state === "high" && energized.push(pin)));
  const { outcome } = await run(one, { onProbe: ({ about }) => about.startsWith("our relay board") && uno.setPower(true) });
  uno.close();
  expect(outcome).toEqual({ kind: "scanned", findings: [{ kind: "relay-avr", baud: 57_600, version: 1, isActiveLow: false }] });
  expect(energized.filter((pin) => RELAY_PINS.includes(pin))).toEqual([]);
});

test("a QR head of the GM65 family is found at its rate; a silent one when somebody shows it a code, of which nothing is kept", async () => {
  const clock = simulatedClock();
  const head = virtualGm65();
  expect((await run({ clock, openAt: (baud) => head.wireAt(baud as 9_600) })).outcome).toEqual({ kind: "scanned", findings: [{ kind: "gm65", baud: 9_600 }] });

  const one = port(115_200);
  const silent = await run(one);
  expect(silent.outcome).toEqual({ kind: "scanned", findings: [] });
  const shown = await run(one, {
    listenMs: 20_000,
    onProbe: ({ about, baud }) => void (about.startsWith("show") && baud === 115_200 && one.far.write(new TextEncoder().encode("04A1B2C3\r\n"))),
  });
  expect(shown.outcome).toEqual({ kind: "scanned", findings: [{ kind: "scanner", baud: 115_200, terminator: "crlf" }] });
  expect(JSON.stringify(shown.outcome)).not.toContain("04A1B2C3");
  const garbage = await run(one, { onProbe: ({ about }) => void (about === "OSDP at 115200 baud" && one.far.write(Uint8Array.of(1, 2, 3))) });
  expect(garbage.outcome).toMatchObject({ findings: [{ kind: "unknown" }] });
});

test("its time is known before it begins, it ends when it is told to, and a port that cannot be had says why", async () => {
  const one = port(9_600);
  const { tookMs } = await run(one, { isThorough: true });
  expect(tookMs - silentScanMs({ ...SCAN, isThorough: true })).toBeLessThan(100);
  expect(silentScanMs(SCAN)).toBeLessThan(30_000);
  expect((await run(one, { limitMs: 1_000 })).outcome).toEqual({ kind: "out-of-time" });
  const interruption = new AbortController();
  const interrupted = await run(one, { interrupted: interruption.signal, onProbe: () => interruption.abort() });
  expect([interrupted.outcome.kind, interrupted.probes.length]).toEqual(["interrupted", 1]);
  one.line.cut();
  expect((await run(one)).outcome).toEqual({ kind: "closed", trouble: "unplugged" });
});

/** Everything that is ever sent: to a port on which nobody answers, and to one on which every OSDP address is called. */
function everythingSent(): Probe[] {
  const sent: Probe[] = [];
  const probing = portProbes({ isGateway: false, unitMax: 247, isThorough: true, listenMs: 1_000 });
  for (let step = probing.next(); step.done !== true; step = probing.next(new Uint8Array())) sent.push(step.value);
  return sent;
}

test("nothing that is sent can switch, set or open anything: reads, calls by name, beats; and Firmata is asked before any other byte", () => {
  const sent = everythingSent();
  const allowed = sent.map(({ about, send }) => {
    if (about.startsWith("Firmata")) return send.join() === "240,121,247";
    if (about.startsWith("Modbus")) return hasModbusCrc(send) && (send[1] === 1 || send[1] === 2);
    if (about.startsWith("our relay board")) return send[3] === 0 && send[4] === 0;
    if (about.startsWith("a QR head")) return send[2] === 7 && findGm65Reply(send) === undefined;
    if (about.startsWith("show")) return send.length === 0;
    const [frame] = osdpDeframing().push(send);
    const command = frame?.kind === "frame" ? decodeCommand(frame.frame.code, frame.frame.payload) : undefined;
    return command?.ok === true && ["id", "capabilities"].includes(command.value.kind);
  });
  expect(sent.filter((_, nth) => !allowed[nth]).map(({ about }) => about)).toEqual([]);
  const firstOther = sent.findIndex(({ about }) => !about.startsWith("Firmata"));
  expect(sent.slice(firstOther).filter(({ about }) => about.startsWith("Firmata"))).toEqual([]);
  // Boards that obey four bytes and answer nothing: A0, relay, state, sum.
  const line = sent.flatMap(({ send }) => [...send]);
  expect(line.filter((byte, at) => byte === 0xa0 && ((0xa0 + line[at + 1]! + line[at + 2]!) & 0xff) === line[at + 3] && line[at + 2]! <= 1)).toEqual([]);
});
