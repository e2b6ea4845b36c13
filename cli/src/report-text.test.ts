import type { ControllerReport } from "@portico/controller";
import { expect, test } from "vitest";
import { clockText, frameText, reportText } from "./report-text.ts";
import { timeText } from "./time-text.ts";

const AT = 1_799_625_600;
const judged: Extract<ControllerReport, { kind: "judged" }> = {
  kind: "judged",
  shadow: false,
  accessPoint: "gate-1-in",
  atMs: AT * 1000 + 7,
  presentation: "H",
  credential: "a1a2a3a4a5a6a7a8",
  outcome: "granted",
  accessProfile: "gates",
  reason: null,
  detail: "",
  seq: 12,
  phoneClockOffsetS: null,
};
const when = `${timeText(AT)}.007`;

test.each<[string, ControllerReport, string]>([
  [
    "the start",
    { kind: "started", site: "campus-east", controller: "gate-house", accessPoints: ["gate-1-in", "library-in"] },
    "controller gate-house of campus-east is running: gate-1-in, library-in",
  ],
  ["a grant", judged, `${when}  gate-1-in  H a1a2a3a4a5a6a7a8  event 12  granted, gates`],
  [
    "a refusal by time, with the phone's clock",
    { ...judged, outcome: "denied", accessProfile: null, reason: "PassExpired", detail: "30 s too late", phoneClockOffsetS: -62 },
    `${when}  gate-1-in  H a1a2a3a4a5a6a7a8  event 12  refused: PassExpired (30 s too late); the phone's clock is 62 s slow`,
  ],
  [
    "a scan of nobody, which is no event",
    { ...judged, presentation: null, credential: null, outcome: "denied", accessProfile: null, reason: "PassMalformed", detail: "length of a pass", seq: null },
    `${when}  gate-1-in  nobody  refused: PassMalformed (length of a pass)`,
  ],
  [
    "a card that nobody knows, without a clock",
    { ...judged, atMs: null, presentation: "card", credential: null, outcome: "denied", accessProfile: null, reason: "CredentialNotFound", detail: "no row" },
    "clock unknown            gate-1-in  card unknown  event 12  refused: CredentialNotFound (no row)",
  ],
  [
    "a relay that moved",
    { kind: "acted", grantedSeq: 12, accessPoint: "gate-1-in", device: "gate-1", frame: "010502000003", afterMs: 3.456 },
    `${" ".repeat(23)}  gate-1-in  gate-1 after 3.5 ms: 01 05 02 00 00 03`,
  ],
  [
    "a relay whose protocol has no frame for it",
    { kind: "acted", grantedSeq: 12, accessPoint: "gate-1-in", device: "gate-1", frame: null, afterMs: 3 },
    `${" ".repeat(23)}  gate-1-in  gate-1 after 3.0 ms`,
  ],
  [
    "a version of the feed that is kept",
    { kind: "followed", partition: "zone/gates", epoch: 1, version: 7, publish: 12 },
    `${" ".repeat(23)}  zone/gates  version 1:7 is kept, publication 12`,
  ],
  [
    "an event",
    {
      kind: "event",
      event: {
        seq: 3,
        at: AT,
        ms: 7,
        name: "DoorForcedOpen",
        source: "library",
        severity: "alarm",
        text: "Door library was opened.",
        textZh: "",
        fields: {},
        hash: "",
      },
    },
    `${when}  event 3  Door library was opened.`,
  ],
])("one line tells of %s", (_, report, line) => expect(reportText(report)).toBe(line));

test("the same lines are there in Chinese", () => {
  const refused = { ...judged, outcome: "denied", accessProfile: null, reason: "PassExpired", detail: "not after its time: 30 s too late, ± 1 s", phoneClockOffsetS: -62 } as const; // prettier-ignore
  const acted = { kind: "acted", grantedSeq: 12, accessPoint: "gate-1-in", device: "gate-1", frame: "0105", afterMs: 3.5 } as const;
  expect([judged, refused, acted].map((report) => reportText(report, undefined, "zh"))).toEqual([
    `${when}  gate-1-in  H a1a2a3a4a5a6a7a8  事件 12  放行，gates`,
    `${when}  gate-1-in  H a1a2a3a4a5a6a7a8  事件 12  拒绝：PassExpired，未过失效时间：晚 30 秒，误差 ±1 秒；手机时钟慢 62 秒`,
    `${" ".repeat(23)}  gate-1-in  gate-1，3.5 毫秒后：01 05`,
  ]);
});

test("lines of scans and relays align, with a clock and without", () => {
  expect([when.length, "clock unknown".padEnd(23).length]).toEqual([23, 23]);
});

test("a frame is shown as a line monitor does, an offset in words", () => {
  expect([frameText("01ab00"), frameText(""), clockText(-62), clockText(5)]).toEqual(["01 AB 00", "", "62 s slow", "5 s fast"]);
});
