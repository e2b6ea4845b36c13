import { readFileSync } from "node:fs";
import type { EventExplanation, EventLine } from "@portico/controller";
import { describe, expect, test } from "vitest";
import { LIGHTS } from "../src/campus/campus.ts";
import { ROOM } from "./room-hands.ts";
import { type RoomLockCampus, roomLockCampus } from "./room-lock-campus.ts";

/** The board of the reader's lights. */
const BOARD = "library";
const LOOK_EVERY_MS = 50;
/** Longer than a lock may take to answer. */
const WATCH_MS = 12_000;
/** A lock is asked every minute, the watch over batteries looks every minute, and so does whoever tries again. */
const NOTICED_MS = 90_000;

interface Failure {
  readonly name: string;
  readonly breakIt: (bench: RoomLockCampus) => void;
  readonly mendIt: (bench: RoomLockCampus) => void;
}

const FAILURES: readonly Failure[] = [
  { name: "the system bus, or `bluetoothd`", breakIt: ({ gatt }) => gatt.setBusAlive(false), mendIt: ({ gatt }) => gatt.setBusAlive(true) },
  { name: "the Bluetooth adapter, switched off", breakIt: ({ gatt }) => gatt.setPowered(false), mendIt: ({ gatt }) => gatt.setPowered(true) },
  { name: "the lock, out of reach", breakIt: ({ place }) => place(false), mendIt: ({ place }) => place(true) },
  { name: "its battery, below 20 %", breakIt: ({ lock }) => lock.setBattery(12), mendIt: ({ lock }) => lock.setBattery(90) },
  { name: "its battery, below 5 %", breakIt: ({ lock }) => lock.setBattery(3), mendIt: ({ lock }) => lock.setBattery(90) },
  { name: "its battery, at nothing", breakIt: ({ lock }) => lock.setBattery(0), mendIt: ({ lock }) => lock.setBattery(90) },
  { name: "its bolt, which sticks", breakIt: ({ lock }) => lock.setMechanismStuck(true), mendIt: ({ lock }) => lock.setMechanismStuck(false) },
];

/** What somebody who holds a phone before the reader sees, and what stands in the log of it. */
interface Tried {
  readonly seen: readonly string[];
  readonly events: readonly EventLine[];
}

/** Holds a new pass before the reader, and watches its lights. */
async function tryIt(bench: RoomLockCampus): Promise<Tried> {
  const { campus, code, pass, told } = bench;
  await told();
  const board = campus.devices.boards.get(BOARD)!;
  const seen: string[] = [];
  await campus.hands.scan("library-in", code("li"));
  for (let ms = 0; ms < WATCH_MS; ms += LOOK_EVERY_MS) {
    await pass(LOOK_EVERY_MS);
    const light = board.relay(LIGHTS.in.granted) ? "green" : board.relay(LIGHTS.in.denied) ? "red" : undefined;
    if (light !== undefined && seen.at(-1) !== light) seen.push(light);
  }
  return { seen, events: (await told()).filter(({ name }) => TOLD.has(name)) };
}

const TOLD = new Set(["AccessGranted", "AccessDenied", "AccessTaken", "AccessNotTaken", "DoorFault", "DeviceOffline", "HealthFound", "LockJammed"]);
const BACK = new Set(["DoorFaultCleared", "DeviceOnline", "HealthRestored"]);

/** `DoorFault TimedOut`, `HealthFound BatteryLow`: an event with what tells it from others of its name. */
const told = ({ name, fields }: EventLine): string => {
  const more = name === "DoorFault" || name === "DeviceOffline" ? fields["error"] : name === "HealthFound" ? fields["finding"] : undefined;
  return more === undefined ? name : `${name} ${String(more)}`;
};
const listed = (words: readonly string[]): string => (words.length === 0 ? "nothing" : [...new Set(words)].join(", "));

/** The rows of the table in docs/room-locks.md, by what fails. */
const DOCUMENT = new Map(
  readFileSync(new URL("../../docs/room-locks.md", import.meta.url), "utf8")
    .split(/^## What fails$/m)[1]!
    .split(/^## /m)[0]!
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line): [string, readonly string[]] => {
      const cells = line.split("|").map((cell) => cell.trim());
      return [cells[1]!, cells.slice(2, -1)];
    }),
);

describe("rule 2.8: what fails at a room lock: what the person sees, what the log says, and that it comes back by itself, as the document has it", () => {
  test.each(FAILURES)("$name", async ({ name, breakIt, mendIt }) => {
    const bench = await roomLockCampus();
    const { lock, pass, roomOf, personOf, control } = bench;
    await roomOf(await personOf("li"));
    await pass(5_000);
    expect((await tryIt(bench)).seen, "before").toEqual(["green"]);
    await pass(30_000);

    breakIt(bench);
    const atOnce = await tryIt(bench);
    await pass(NOTICED_MS);
    const between = (await bench.told()).filter((event) => TOLD.has(event.name));
    const later = await tryIt(bench);
    const isOpen = later.seen.at(-1) === "green";

    mendIt(bench);
    await pass(NOTICED_MS);
    const after = await tryIt(bench);
    const back = (await bench.campus.controller("library-house").events()).filter((event) => BACK.has(event.name) && isOf(event));
    expect([after.seen, after.events.map((event) => event.name)], "after").toEqual([["green"], ["AccessGranted", "AccessTaken"]]);
    expect(lock.memory.bolt).toBe("locked");

    const row = [
      atOnce.seen.join(", then "),
      listed([...atOnce.events, ...between].map(told)),
      later.seen.join(", then "),
      listed(later.events.map(told)),
      listed(back.map((event) => event.name)),
    ];
    expect(DOCUMENT.get(name)).toEqual(row);

    // Nobody is told yes and left standing: whoever asks why is answered, and an opening that was promised and not kept stands as one.
    const denied = later.events.find((event) => event.name === "AccessDenied");
    const promised = [...atOnce.events, ...later.events].filter((event) => event.name === "AccessGranted").length;
    const kept = [...atOnce.events, ...later.events].filter((event) => event.name === "AccessTaken" || event.name === "AccessNotTaken").length;
    expect(kept).toBe(promised);
    if (denied === undefined) return expect(isOpen || later.events.some((event) => event.name === "AccessNotTaken")).toBe(true);
    const why = await control<EventExplanation>("GET /v1/events/:seq/explain", { seq: String(denied.seq) });
    expect(why).toMatchObject({ outcome: "denied", denial: { reason: "Other" }, event: { text: expect.stringContaining(`the lock ${ROOM} does not answer`) } });
  });
});

const isOf = ({ fields }: EventLine): boolean => [fields["door"], fields["device"], fields["subject"]].includes(ROOM);
