import { type ControllerEvent, unixSeconds } from "@portico/card-protocol";
import { type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerClock } from "./controller-clock.ts";
import type { ClockRecord, ClockSettings } from "./core/clock-state.ts";
import { START } from "./rig/people.ts";
import { openStore, RigStore } from "./rig/rig-store.ts";
import { ClockRecordStore } from "./store/clock-record-store.ts";

const BUILD = unixSeconds(START - 86_400);
const HOUR_MS = 3_600_000;

let rig: RigStore;
let time: SimulatedClock;
let hostErrorMs: number;
/** How far the battery clock is ahead of the right time, s; undefined: there is none. */
let batteryAheadS: number | undefined;
let events: ControllerEvent[];
let kept: number;
beforeEach(() => {
  rig = new RigStore();
  time = simulatedClock(START);
  hostErrorMs = 0;
  batteryAheadS = undefined;
  events = [];
  kept = 0;
});
afterEach(() => rig.end());

/** A clock over the record that the database holds, at the next boot: monotonic time begins anew and the host's goes on. */
function booted(change: Partial<ClockSettings> = {}, hostMs = (): number => START * 1000 + time.monotonic() + hostErrorMs): ControllerClock {
  const clock = new ControllerClock({
    clock: time,
    hostWallMs: hostMs,
    batteryClock: () => (batteryAheadS === undefined ? undefined : unixSeconds(START + batteryAheadS + Math.floor(time.monotonic() / 1000))),
    settings: { trustedBy: "system", uncertaintyS: 1, buildDate: BUILD, ...change },
    kept: rig.store.clockRecord.kept(),
    keep: (record) => {
      kept++;
      rig.store.clockRecord.keep(record);
    },
    onEvent: (event) => events.push(event),
  });
  clock.start();
  return clock;
}

test("a clock that the computer keeps is believed from the first reading on, and tells so", () => {
  time.advance(1_234);
  const clock = booted();
  expect([clock.kind, clock.wall(), clock.eventTime()]).toEqual(["synchronised", { now: START + 1, uncertaintyS: 1 }, { at: START + 1, ms: 234 }]);
  expect(events).toMatchObject([{ name: "ClockChanged", fields: { from: "untrusted", to: expect.stringMatching(/^synchronised 2027-01-11/) } }]);
  time.advance(500);
  expect(clock.eventTime()).toEqual({ at: START + 1, ms: 734 });
});

test("a clock that signed frames keep is untrusted until one comes: events have no time, and only passes near the ratchet count", () => {
  const clock = booted({ trustedBy: "time-frames" });
  time.advance(60_000);
  expect([clock.kind, clock.wall(), clock.eventTime(), events]).toEqual(["untrusted", "untrusted", { at: null, ms: 0 }, []]);
  expect(clock.untrustedWindow).toEqual({ from: BUILD + 60, until: BUILD + 60 + 86_400 });
});

test("a step of the host's clock is noticed within ten seconds, and believed when it has run evenly for ten more", () => {
  const clock = booted();
  events.length = 0;
  hostErrorMs = 3_600_000;
  time.advance(9_999);
  expect(clock.kind).toBe("synchronised");
  time.advance(1);
  expect([clock.kind, events]).toMatchObject(["untrusted", [{ name: "ClockChanged", fields: { to: "untrusted", uncertaintyS: null } }]]);
  time.advance(10_000);
  expect([clock.kind, clock.wall()]).toEqual(["synchronised", { now: START + 3_600 + 20, uncertaintyS: 1 }]);
});

test("what is known is kept once an hour and at an orderly end; a crash keeps nothing", () => {
  const clock = booted();
  time.advance(HOUR_MS - 1);
  expect(kept).toBe(0);
  time.advance(1);
  expect(kept).toBe(1);
  expect(rig.store.clockRecord.kept()).toEqual({ ratchet: BUILD + 3_600, trusted: { now: START + 3_600, uncertaintyS: 1 }, batteryAheadS: undefined });
  time.advance(HOUR_MS / 2);
  clock.close();
  expect(rig.store.clockRecord.kept()?.trusted?.now).toBe(START + 5_400);
  const next = booted();
  time.advance(60_000);
  next.abandon();
  expect(kept).toBe(2);
});

test("the ratchet outlives a reboot: a host's clock that has fallen below it is not believed, one that has not is", () => {
  const first = booted();
  time.advance(10 * HOUR_MS);
  first.close();
  rig.store.close();
  const store = openStore(rig.folder, time);
  const record = new ClockRecordStore(store.database).kept();
  expect(record?.ratchet).toBe(BUILD + 36_000);
  const atBoot = (hostS: number): ControllerClock => {
    time = simulatedClock(START);
    const clock = new ControllerClock({
      clock: time,
      hostWallMs: () => hostS * 1000 + time.monotonic(),
      batteryClock: () => undefined,
      settings: { trustedBy: "system", uncertaintyS: 1, buildDate: BUILD },
      kept: record,
      keep: () => {},
      onEvent: () => {},
    });
    clock.start();
    time.advance(60_000);
    return clock;
  };
  expect([atBoot(BUILD + 35_000).kind, atBoot(BUILD + 36_000).kind]).toEqual(["untrusted", "synchronised"]);
  store.close();
});

test("before the first time nothing is kept, and what is kept says whether the clock was trusted", () => {
  const { clockRecord } = rig.store;
  expect(clockRecord.kept()).toBeUndefined();
  for (const record of [
    { ratchet: BUILD, trusted: undefined, batteryAheadS: undefined },
    { ratchet: START, trusted: { now: START, uncertaintyS: 0 }, batteryAheadS: undefined },
    { ratchet: START, trusted: { now: START, uncertaintyS: 0 }, batteryAheadS: -3 },
  ] as const) {
    clockRecord.keep(record as ClockRecord);
    expect(clockRecord.kept()).toEqual(record);
  }
});

test("a clock that signed frames keep is carried over a restart by the battery clock, and without one is untrusted until the next frame", () => {
  batteryAheadS = 4;
  const nonce = new Uint8Array(16).fill(9);
  const first = booted({ trustedBy: "time-frames" });
  first.timeRequested(nonce);
  first.timeFrame(nonce, unixSeconds(START));
  expect([first.kind, rig.store.clockRecord.kept()?.batteryAheadS]).toEqual(["synchronised", 4]);
  first.abandon(); // a power cut: nothing more is kept
  time.advance(HOUR_MS);
  const second = booted({ trustedBy: "time-frames" });
  expect([second.kind, second.wall()]).toEqual(["rtc", { now: START + 3_600, uncertaintyS: 7 }]);
  second.abandon();
  batteryAheadS = undefined;
  expect(booted({ trustedBy: "time-frames" }).kind).toBe("untrusted");
});

test("a clock that was closed or abandoned leaves no timer", () => {
  const before = time.pending;
  booted().close();
  booted().abandon();
  expect(time.pending).toBe(before);
});

test("a frame that answers the nonce in time makes the clock known, and one that does not is no frame", () => {
  const clock = booted({ trustedBy: "time-frames" });
  const [nonce, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
  clock.timeRequested(nonce);
  clock.timeFrame(other, unixSeconds(START + 500));
  expect(clock.wall()).toBe("untrusted");
  time.advance(300);
  clock.timeFrame(nonce, unixSeconds(START + 500));
  expect(clock.wall()).toMatchObject({ now: START + 500 });
  expect(events).toMatchObject([{ name: "ClockChanged", fields: { from: "untrusted", to: expect.stringMatching(/^synchronised/) } }]);
  time.advance(10_000);
  clock.timeRequested(other);
  time.advance(2_001);
  clock.timeFrame(other, unixSeconds(START + 9_000));
  expect(clock.wall()).toMatchObject({ now: START + 512 });
});
