import { eventOf, monotonicMs } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Judged } from "./access-point-parts.ts";
import type { ControllerReport } from "./controller-report.ts";
import { Reports } from "./reports.ts";
import { CREDENTIAL } from "./rig/people.ts";
import { RigStore } from "./rig/rig-store.ts";

let rig: RigStore;
let told: ControllerReport[];
let reports: Reports;
beforeEach(() => {
  rig = new RigStore();
  told = [];
  reports = new Reports((report) => told.push(report), rig.clock.eventTime);
});
afterEach(() => rig.end());

const granted = (seq: number, scannedAtMs: number): Judged => ({
  accessPoint: "gate-1-in",
  decision: { kind: "granted", accessProfile: "gates", extended: false, partySize: 1 },
  presentation: "H",
  credential: CREDENTIAL.zhang,
  seq,
  scannedAt: monotonicMs(scannedAtMs),
  phoneClockOffsetS: undefined,
  shadow: false,
});
const act = (grantedSeq: number, atMs: number, frame?: Uint8Array): Parameters<Reports["acted"]>[0] => ({
  grantedSeq,
  device: "gate-1",
  frame,
  at: monotonicMs(atMs),
});

test("a judged scan is told with its time, and what is not known as null", () => {
  rig.time.advance(1_250);
  reports.judged(granted(7, 0));
  reports.judged({
    accessPoint: "gate-1-in",
    decision: { kind: "denied", reason: "PassMalformed", check: "pass holds", detail: "length of a pass: 3 characters" },
    presentation: undefined,
    credential: undefined,
    seq: undefined,
    scannedAt: monotonicMs(0),
    phoneClockOffsetS: undefined,
    shadow: false,
  });
  const atMs = rig.now() * 1000 + 250;
  expect(told).toEqual([
    {
      kind: "judged",
      shadow: false,
      accessPoint: "gate-1-in",
      atMs,
      presentation: "H",
      credential: CREDENTIAL.zhang,
      outcome: "granted",
      accessProfile: "gates",
      reason: null,
      detail: "",
      seq: 7,
      phoneClockOffsetS: null,
    },
    {
      kind: "judged",
      shadow: false,
      accessPoint: "gate-1-in",
      atMs,
      presentation: null,
      credential: null,
      outcome: "denied",
      accessProfile: null,
      reason: "PassMalformed",
      detail: "length of a pass: 3 characters",
      seq: null,
      phoneClockOffsetS: null,
    },
  ]);
});

test("a scan that was judged without a clock has no time", () => {
  new Reports(
    (report) => told.push(report),
    () => ({ at: null, ms: 0 }),
  ).judged(granted(7, 0));
  expect(told).toMatchObject([{ atMs: null }]);
});

test("the relay of a grant is told once, with its frame as hex and how long behind the scan's last byte it was", () => {
  reports.judged(granted(7, 100));
  reports.acted(act(7, 104.5, Uint8Array.of(0x01, 0xab)));
  reports.acted(act(7, 900));
  expect(told.slice(1)).toEqual([{ kind: "acted", grantedSeq: 7, accessPoint: "gate-1-in", device: "gate-1", frame: "01ab", afterMs: 4.5 }]);
  reports.judged(granted(8, 200));
  reports.acted(act(8, 210));
  expect(told.at(-1)).toMatchObject({ kind: "acted", frame: null });
});

test("a relay whose scan nobody remembers is not told, and of grants whose relay never moved only the last 64 are remembered", () => {
  reports.acted(act(1, 5));
  for (let seq = 1; seq <= 65; seq++) reports.judged(granted(seq, seq));
  told.length = 0;
  reports.acted(act(1, 100));
  reports.acted(act(2, 100));
  expect(told).toMatchObject([{ grantedSeq: 2 }]);
});

test("every event is told as it was recorded, but decisions, which are told as judged", () => {
  rig.store.events.onEvent((event) => reports.event(event));
  rig.recorder.event(eventOf("DoorForcedOpen", { door: "library" }));
  rig.recorder.event(
    eventOf("AccessDenied", {
      accessPoint: "gate-1-in",
      reason: "Unauthorized",
      detail: "",
      credential: null,
      presentation: "card",
      counter: null,
      signedAt: null,
      pass: null,
      uncertaintyS: 1,
      listVersion: 1,
    }),
  );
  expect(told).toMatchObject([{ kind: "event", event: { seq: 1, name: "DoorForcedOpen", source: "library", severity: "alarm" } }]);
});

test("a record that cannot be read is told as such, with its number", () => {
  const hash = new Uint8Array(32).fill(0xab);
  reports.event({ seq: 9, name: "DoorNormal", hash, bytes: new Uint8Array(), record: { ok: false, error: "EventMalformed", detail: "layout 2 is not known" } });
  expect(told).toEqual([
    {
      kind: "event",
      event: {
        seq: 9,
        at: null,
        ms: 0,
        name: "Unreadable",
        source: null,
        severity: "alarm",
        text: "This record cannot be read: layout 2 is not known.",
        textZh: "此记录无法读取：layout 2 is not known。",
        fields: {},
        hash: "ab".repeat(32),
      },
    },
  ]);
});
