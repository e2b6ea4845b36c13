import { type MemoryWirePair, memoryWirePair, seededRandom, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { beforeEach, expect, test } from "vitest";
import type { Configuration, WireConfiguration } from "./configuration/configuration.ts";
import { buildHardware, type Hardware } from "./hardware.ts";
import type { WireUse } from "./real-wire.ts";
import { rigConfiguration } from "./rig/rig-configuration.ts";
import { ScriptedBoard } from "./rig/scripted-board.ts";
import { WIRES_ALONE } from "./wires-alone.ts";

/** The preset pause between two questions. */

let time: SimulatedClock;
let opened: string[];
let pairs: Map<string, MemoryWirePair>;
let frames: Map<string, number[]>;
beforeEach(() => {
  time = simulatedClock();
  opened = [];
  pairs = new Map();
  frames = new Map();
});

function build(configuration: Configuration): Promise<Hardware> {
  return buildHardware(
    configuration,
    time,
    {
      openWire: ({ id }: WireConfiguration, use: WireUse) => {
        opened.push(`${id} ${use}`);
        const pair = memoryWirePair({ name: id, clock: time, random: seededRandom(1) });
        const heard: number[] = [];
        pair.far.onBytes(() => heard.push(time.monotonic()));
        pairs.set(id, pair);
        frames.set(id, heard);
        return pair.near;
      },
      ...WIRES_ALONE,
    },
    (length) => new Uint8Array(length),
  );
}
const change = (make: (configuration: Configuration) => Partial<Configuration>): Configuration => {
  const configuration = rigConfiguration({ folder: "/nowhere" });
  return { ...configuration, ...make(configuration) };
};

test("every wire is opened once, for what hangs on it, and every device is there by its id", async () => {
  const { scanners, boards, devices } = await build(rigConfiguration({ folder: "/nowhere" }));
  expect([...opened].sort()).toEqual(["gate-1 relay-board", "gate-1-in scanner", "gate-1-out scanner", "library relay-board", "library-in scanner"]);
  expect([[...boards.keys()], [...scanners.keys()]]).toEqual([
    ["gate-1", "library"],
    ["gate-1-in", "gate-1-out", "library-in"],
  ]);
  expect(devices.map(({ device, kind, wire }) => `${device.id} ${kind} ${wire}`)).toEqual([
    "gate-1-in scanner gate-1-in",
    "gate-1-out scanner gate-1-out",
    "library-in scanner library-in",
    "gate-1 relay-board gate-1",
    "library relay-board library",
  ]);
});

test("boards of one line share it: one exchange at a time, each unit for itself", async () => {
  const { boards } = await build(
    change(({ relayBoards: [first] }) => ({
      relayBoards: [first!, { ...first!, id: "second", unit: 2 } as typeof first & object],
      scanners: [],
    })),
  );
  expect(opened).toEqual(["gate-1 relay-board"]);
  const units: number[] = [];
  pairs.get("gate-1")!.far.onBytes((frame) => units.push(frame[0]!));
  await time.pass(1_000);
  expect(new Set(units)).toEqual(new Set([1, 2]));
  expect([...boards.values()].map(({ health }) => health.kind)).toEqual(["offline", "offline"]);
});

test.each<[string, WireConfiguration, number]>([
  ["a gateway", { kind: "tcp", id: "gate-1", host: "10.0.0.7", port: 502 }, 100],
  ["115,200 baud", { kind: "serial", id: "gate-1", device: "/dev/x", baud: 115_200 }, 83],
  ["9,600 baud", { kind: "serial", id: "gate-1", device: "/dev/x", baud: 9_600 }, 108],
])("behind %s an answer is waited for as long as the line takes for it", async (_, wire, waitsMs) => {
  await build(
    change(({ wires, relayBoards: [first] }) => ({
      wires: [wire, ...wires.filter(({ id }) => id !== "gate-1")],
      relayBoards: [first!, { ...first!, id: "second", unit: 2 } as typeof first & object],
      scanners: [],
    })),
  );
  await time.pass(1_000);
  // The other board of the line is asked as soon as the first is not waited for any more.
  const [first = 0, second = 0] = frames.get("gate-1")!;
  expect(second - first).toBe(waitsMs);
});

test("closing asks every output off and lets go of every wire", async () => {
  const hardware = await build(rigConfiguration({ folder: "/nowhere" }));
  const far = new ScriptedBoard(pairs.get("library")!.far, time);
  await time.pass(100);
  void hardware.boards.get("library")!.set(3, true);
  await time.pass(100);
  expect(far.relays[3]).toBe(true);
  let isClosed = false;
  void hardware.close().then(() => (isClosed = true));
  expect(await time.until(() => isClosed, 2_000)).toBe(true);
  expect([far.relays[3], [...pairs.values()].map(({ near }) => near.state)]).toEqual([false, ["closed", "closed", "closed", "closed", "closed"]]);
  expect(time.pending).toBe(0);
});
