import type { HeardReport } from "@portico/simulator";
import type { ControllerReport, EventLine } from "@portico/controller";
import { expect, test } from "vitest";
import { SimLog } from "./sim-log.ts";
import { displayWidth } from "./terminal.ts";

type Judged = Extract<ControllerReport, { readonly kind: "judged" }>;

/** 2026-11-26T08:30:05Z. */
const AT = 1_795_681_805;

/** A log whose time passes when it is told to. */
function logged(people: readonly string[] = ["zhang", "li"]) {
  const lines: string[] = [];
  const waits: number[] = [];
  const waiting: (() => void)[] = [];
  const log = new SimLog({
    out: (line) => lines.push(line),
    after: (delayMs, callback) => {
      waits.push(delayMs);
      waiting.push(callback);
      return () => void waiting.splice(waiting.indexOf(callback), 1);
    },
    now: () => AT,
    personOf: (credential) => ({ "00000000000000a1": people[0], "00000000000000b2": people[1] })[credential],
    people,
    places: ["gate-1/entry", "gate-1-in"],
    stillReaders: new Set(),
    roomReaders: new Set(["room-301"]),
    zone: "UTC",
  });
  return { log, lines, waiting, waits };
}

const judged = (fields: Partial<Judged> = {}): Judged => ({
  kind: "judged",
  shadow: false,
  accessPoint: "gate-1-in",
  atMs: AT * 1000 + 120,
  presentation: "H",
  credential: "00000000000000a1",
  outcome: "granted",
  accessProfile: "campus",
  reason: null,
  detail: "",
  seq: 41,
  phoneClockOffsetS: null,
  ...fields,
});
const acted = (grantedSeq: number, afterMs = 3.21): ControllerReport => ({
  kind: "acted",
  grantedSeq,
  accessPoint: "gate-1-in",
  device: "gate-1",
  frame: "0105020000038db1",
  afterMs,
});
const event = (fields: Partial<EventLine>): ControllerReport => ({
  kind: "event",
  event: { seq: 42, at: AT + 1, ms: 0, name: "AccessTaken", source: "gate-1-in", severity: "notice", text: "", textZh: "", fields: {}, hash: "", ...fields },
});
const refused: Partial<Judged> = { outcome: "denied", accessProfile: null, reason: "PassExpired", detail: "30 s too late", seq: 43 };

test("a grant is told with the time to the relay and the frame that moved it, its passage with the person who took it", () => {
  const { log, lines } = logged();
  log.report(judged());
  expect(lines).toEqual([]);
  log.report(acted(41));
  log.report(event({ fields: { grantedSeq: 41 } }));
  expect([log.heading(), ...lines]).toEqual([
    "TIME       EVENT  WHO    WHERE         WHAT",
    "08:30:05      41  zhang  gate-1-in     granted     3.2 ms  01 05 02 00 00 03 8D B1",
    "08:30:06      42  zhang  gate-1-in     passed",
  ]);
});

test("a refusal is told with its reason, the detail and what is wrong with the phone's clock", () => {
  const { log, lines } = logged();
  log.report(judged({ ...refused, phoneClockOffsetS: -90 }));
  expect(lines).toEqual(["08:30:05      43  zhang  gate-1-in     refused  PassExpired: 30 s too late; the phone's clock is 90 s slow"]);
});

test("a scan that is only counted has no number, and without a holding signature nobody's name", () => {
  const { log, lines } = logged();
  log.report(judged({ ...refused, reason: "SignatureInvalid", detail: "x", seq: null, credential: null, presentation: null }));
  log.report(judged({ ...refused, seq: 44, credential: "00000000000000ff", presentation: "card" }));
  expect(lines).toEqual([
    "08:30:05       -  ?      gate-1-in     refused  SignatureInvalid: x",
    "08:30:05      44  0000…  gate-1-in     refused  PassExpired: 30 s too late  card",
  ]);
});

test("lines keep their order: what happens while a grant waits for its relay is told behind it", () => {
  const { log, lines } = logged();
  log.report(judged());
  log.report(judged({ ...refused, credential: "00000000000000b2" }));
  log.note("*", "the controller says something");
  expect(lines).toEqual([]);
  log.report(acted(41, 12.34));
  expect(lines.map((line) => line.slice(10, 17).trim())).toEqual(["41", "43", "*"]);
});

test("a grant whose relay does not move is told after a while, and then no relay is awaited any more", () => {
  const { log, lines, waiting } = logged();
  log.report(judged({ presentation: "card" }));
  for (const callback of Array.from(waiting)) callback();
  log.report(acted(41));
  expect(lines).toEqual(["08:30:05      41  zhang  gate-1-in     granted  no relay has moved  card"]);
  expect(waiting).toEqual([]);
});

test("a room's bolt is awaited for longer than a relay: its lock may have to be connected first", () => {
  const { log, lines, waits } = logged();
  log.report(judged());
  log.report(judged({ accessPoint: "room-301", seq: 44 }));
  expect(waits).toEqual([500, 2_000]);
  log.report(acted(41));
  log.report({ kind: "acted", grantedSeq: 44, accessPoint: "room-301", device: "room-301", frame: null, afterMs: 740 });
  expect(lines.at(-1)).toMatch(/room-301 +granted +740\.0 ms$/);
});

test("what still waits when the log ends is told", () => {
  const { log, lines, waiting } = logged();
  log.report(judged());
  log.report(judged({ seq: 45, credential: "00000000000000b2" }));
  log.close();
  expect(lines).toEqual(["08:30:05      41  zhang  gate-1-in     granted", "08:30:05      45  li     gate-1-in     granted"]);
  expect(waiting).toEqual([]);
});

test("events are told as sentences at their place, digests by their beginning, a passage that did not come by its cause", () => {
  const { log, lines } = logged();
  log.report(event({ name: "Tailgating", source: "gate-1/entry", text: "1 more than were let in passed gate-1 (entry)." }));
  log.report(event({ name: "ListLoaded", source: null, at: null, text: `digest ${"ab".repeat(32)}; reason: x.` }));
  log.report(event({ name: "AccessNotTaken", fields: { grantedSeq: 7, cause: "timeout" } }));
  expect(lines).toEqual([
    "08:30:06      42         gate-1/entry  1 more than were let in passed gate-1 (entry).",
    "--:--:--      42                       digest abababab…; reason: x.",
    "08:30:06      42         gate-1-in     did not pass: timeout",
  ]);
});

test("Chinese names take two columns a character, and the columns behind them stay where they are", () => {
  const { log, lines } = logged(["张伟", "欧阳娜娜"]);
  log.report(judged());
  log.report(acted(41));
  log.report(judged({ ...refused, credential: "00000000000000b2" }));
  expect(lines[0]).toBe("08:30:05      41  张伟      gate-1-in     granted     3.2 ms  01 05 02 00 00 03 8D B1");
  const columns = [log.heading(), ...lines].map((line) => displayWidth(line.slice(0, line.search(/WHERE|gate-1-in/))));
  expect(new Set(columns).size).toBe(1);
});

test("each controller counts by itself: a grant of the same number at another place is another's", () => {
  const { log, lines } = logged();
  log.report(judged());
  log.report(judged({ accessPoint: "library-in", credential: "00000000000000b2" }));
  log.report({ ...(acted(41, 2) as Extract<ControllerReport, { readonly kind: "acted" }>), accessPoint: "library-in" });
  log.report(acted(41, 1));
  log.report(event({ source: "library-in", fields: { grantedSeq: 41 } }));
  expect(lines.map((line) => line.slice(17, 46).trim().split(/ {2,}/).join(" "))).toEqual([
    "zhang gate-1-in granted",
    "li library-in granted",
    "li library-in passed",
  ]);
});

test("what a controller keeps of the cloud is told when its zone's list has changed, and which controller misses the cloud", () => {
  const { log, lines } = logged();
  const followed = (partition: "global" | "zone/gates", version: number, publish: number): HeardReport => ({
    kind: "followed",
    controller: "gate-house",
    partition,
    epoch: 1,
    version,
    publish,
  });
  for (const report of [followed("global", 4, 9), followed("zone/gates", 2, 9), followed("zone/gates", 2, 10), followed("zone/gates", 3, 11)])
    log.report(report);
  log.report({ ...event({ name: "DeviceOffline", source: "cloud", text: "cloud does not answer: Disconnected (x)." }), controller: "gate-house" });
  expect(lines).toEqual([
    "08:30:05       *         gate-house    keeps publication 9: zone gates, version 2",
    "08:30:05       *         gate-house    keeps publication 11: zone gates, version 3",
    "08:30:06      42         gate-house    cloud does not answer: Disconnected (x).",
  ]);
});

test("nothing that is told can drive a terminal", () => {
  const { log, lines } = logged();
  log.report(judged({ ...refused, detail: "\u001b[2J\u0007\u202e" }));
  log.note("*", "controller: \u001b]0;x\u0007");
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  expect(lines.join("\n")).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});
