import { monotonicMs, unixSeconds } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type ClockInput,
  clockKind,
  clockMs,
  type ClockRecord,
  clockRecord,
  type ClockSettings,
  type ClockState,
  startClock,
  stepClock,
  untrustedWindow,
  wallTime,
} from "./clock-state.ts";

const BUILD = unixSeconds(1_790_000_000);
const NOW = BUILD + 1_000_000;
const frames: ClockSettings = { trustedBy: "time-frames", uncertaintyS: 1, buildDate: BUILD };
const system: ClockSettings = { ...frames, trustedBy: "system" };
const nonce = new Uint8Array(16).fill(7);

const request: ClockInput = { kind: "time-request", nonce };
const frame = (now: number, answering = nonce): ClockInput => ({ kind: "time-frame", nonce: answering, now: unixSeconds(now) });
const ntp = (seconds: number, uncertaintyS = 0.02): ClockInput => ({ kind: "ntp", wallMs: seconds * 1000, uncertaintyS });
const host = (seconds: number): ClockInput => ({ kind: "system", wallMs: seconds * 1000 });
const tick: ClockInput = { kind: "tick" };

/** Runs a script of [at in s, input] and says, behind each step, who vouches, the time as an offset from NOW, and u. */
function play(script: readonly (readonly [number, ClockInput])[], settings = frames, kept?: ClockRecord, battery?: number): string[] {
  let clock = startClock(settings, kept, battery === undefined ? undefined : unixSeconds(battery), monotonicMs(0));
  return script.map(([atS, input]) => {
    const at = monotonicMs(atS * 1000);
    ({ clock } = stepClock(clock, input, at, settings));
    return said(clock, atS);
  });
}
function said(clock: ClockState, atS: number): string {
  const at = monotonicMs(atS * 1000);
  const wall = wallTime(clock, at);
  return wall === "untrusted" ? clockKind(clock, at) : `${clockKind(clock, at)} ${wall.now - NOW} ± ${wall.uncertaintyS}`;
}

test("a time frame that answers the request within 2 s sets the clock", () => {
  expect(
    play([
      [10, request],
      [10.4, frame(NOW)],
      [20, tick],
    ]),
  ).toEqual(["untrusted", "synchronised 0 ± 1", "synchronised 10 ± 1"]);
});

test.each<[string, readonly (readonly [number, ClockInput])[]]>([
  ["that nobody asked for", [[10, frame(NOW)]]],
  [
    "with another nonce",
    [
      [10, request],
      [10.1, frame(NOW, new Uint8Array(16))],
    ],
  ],
  [
    "that took longer than 2 s",
    [
      [10, request],
      [12.001, frame(NOW)],
    ],
  ],
  [
    "that answers twice",
    [
      [10, request],
      [12.5, frame(NOW)],
      [12.6, frame(NOW)],
    ],
  ],
  [
    "to a request that a newer one replaced",
    [
      [10, request],
      [11, { kind: "time-request", nonce: new Uint8Array(16) }],
      [11.1, frame(NOW)],
    ],
  ],
])("a time frame %s sets nothing", (_, script) => {
  expect(play(script).at(-1)).toBe("untrusted");
});

test("a slow answer leaves the clock less certain", () => {
  expect(
    play([
      [10, request],
      [12, frame(NOW)],
    ]).at(-1),
  ).toBe("holdover 1 ± 2");
});

test("without a source the uncertainty grows by 100 ppm, and beyond 300 s nobody trusts the clock", () => {
  const day = 86_400;
  expect(
    play([
      [0, request],
      [0, frame(NOW)],
      [1000, tick],
      [6000, tick],
      [day, tick],
      [30 * day, tick],
      [34 * day, tick],
      [35 * day, tick],
    ]).slice(1),
  ).toEqual([
    "synchronised 0 ± 1",
    "synchronised 1000 ± 1",
    "holdover 6000 ± 2",
    "holdover 86400 ± 10",
    "holdover 2592000 ± 260",
    "holdover 2937600 ± 295",
    "untrusted",
  ]);
});

test("NTP counts only beside a time frame, within 5 s of it", () => {
  expect(
    play([
      [0, ntp(NOW)],
      [1, request],
      [1, frame(NOW)],
      [11, ntp(NOW + 13)],
      [21, ntp(NOW + 26)],
      [7200, ntp(NOW + 7203)],
    ]),
  ).toEqual(["untrusted", "untrusted", "synchronised 0 ± 1", "synchronised 13 ± 1", "synchronised 23 ± 1", "synchronised 7203 ± 1"]);
});

test("a clock that is found to be a little ahead stands still, one that is far ahead is set back", () => {
  expect(
    play([
      [0, request],
      [0, frame(NOW)],
      [10, ntp(NOW + 10.1)],
      [10, ntp(NOW + 9)],
      [10, ntp(NOW + 7)],
    ]).slice(1),
  ).toEqual(["synchronised 0 ± 1", "synchronised 10 ± 1", "synchronised 10 ± 2", "synchronised 7 ± 1"]);
  expect(
    play([
      [0, request],
      [0, frame(NOW)],
      [10, ntp(NOW + 10.1, 0.5)],
    ]).at(-1),
  ).toBe("synchronised 10 ± 1");
});

const kept: ClockRecord = { ratchet: unixSeconds(NOW - 500), trusted: { now: unixSeconds(NOW - 400), uncertaintyS: 1 }, batteryAheadS: 0 };
test.each<[string, number | undefined, ClockRecord, string]>([
  ["that agreed carries the clock over a restart", NOW + 86_400, kept, "rtc 86400 ± 11"],
  ["that was ahead goes on from there, and is as uncertain as it was ahead", NOW + 20, { ...kept, batteryAheadS: 20 }, "rtc 0 ± 23"],
  ["that was behind goes on from there, too", NOW - 20, { ...kept, batteryAheadS: -20 }, "rtc 0 ± 23"],
  ["that was hours off, and may have been set right since, proves nothing", NOW + 3_600, { ...kept, batteryAheadS: 3_600 }, "untrusted"],
  ["that is not there, or has stood still, proves nothing", undefined, kept, "untrusted"],
  ["that nobody had read beside ours proves nothing", NOW, { ...kept, batteryAheadS: undefined }, "untrusted"],
  ["as far as ours was trusted last carries it on", NOW - 400, kept, "rtc -400 ± 2"],
  ["that went back behind our last reading proves nothing", NOW - 401, kept, "untrusted"],
  ["below the ratchet proves nothing", NOW - 505, { ...kept, trusted: { now: unixSeconds(NOW - 510), uncertaintyS: 1 } }, "untrusted"],
  ["beside which ours was never trusted proves nothing", NOW, { ...kept, trusted: undefined }, "untrusted"],
  ["that ran alone for too long is not trusted", NOW + 3_000_000, kept, "untrusted"],
])("a battery clock %s", (_, battery, record, wanted) => {
  expect(play([[0, tick]], frames, record, battery)).toEqual([wanted]);
});

test("where the configuration vouches for the host's clock a battery clock is not asked: the kernel has set the host's by it", () => {
  expect(play([[0, tick]], system, kept, NOW)).toEqual(["untrusted"]);
});

test("where the configuration vouches for the host's clock it is taken at once and followed", () => {
  expect(
    play(
      [
        [0, host(NOW)],
        [10, host(NOW + 10.3)],
        [60, host(NOW + 59.9)],
        [70, tick],
      ],
      system,
    ),
  ).toEqual(["synchronised 0 ± 1", "synchronised 10 ± 1", "synchronised 60 ± 2", "synchronised 69 ± 1"]);
  expect(play([[0, host(NOW)]], frames)).toEqual(["untrusted"]);
});

test("a host's clock that jumps is not trusted until it has run evenly for 10 s", () => {
  for (const jump of [3600, -3600])
    expect(
      play(
        [
          [0, host(NOW)],
          [10, host(NOW + 10 + jump)],
          [15, host(NOW + 15 + jump)],
          [20, host(NOW + 20 + jump)],
        ],
        system,
      ),
    ).toEqual(["synchronised 0 ± 1", "untrusted", "untrusted", `synchronised ${20 + jump} ± 1`]);
  expect(
    play(
      [
        [0, host(NOW)],
        [10, host(NOW + 3600)],
        [18, host(NOW + 9000)],
        [20, host(NOW + 9002)],
        [28, host(NOW + 9010)],
      ],
      system,
    ).slice(2),
  ).toEqual(["untrusted", "untrusted", "synchronised 9010 ± 1"]);
});

test("a host's clock below the build date or the ratchet is not trusted", () => {
  expect(
    play(
      [
        [0, host(BUILD - 1)],
        [20, host(BUILD + 19)],
        [60, host(BUILD + 59)],
      ],
      system,
    ),
  ).toEqual(["untrusted", "untrusted", "untrusted"]);
  expect(play([[0, host(BUILD)]], system)).toEqual([`synchronised ${BUILD - NOW} ± 1`]);
  expect(play([[0, host(NOW - 501)]], system, kept)).toEqual(["untrusted"]);
});

test("a host that falls silent is in holdover", () => {
  expect(
    play(
      [
        [0, host(NOW)],
        [3600, tick],
      ],
      system,
    ),
  ).toEqual(["synchronised 0 ± 1", "holdover 3600 ± 2"]);
});

test("the ratchet stands at the build date at first, rises with time and frames, and opens a window of a day", () => {
  let clock = startClock(frames, undefined, undefined, monotonicMs(0));
  expect(untrustedWindow(clock, monotonicMs(5000))).toEqual({ from: BUILD + 5, until: BUILD + 5 + 86_400 });
  for (const input of [request, frame(NOW)]) ({ clock } = stepClock(clock, input, monotonicMs(5000), frames));
  expect(untrustedWindow(clock, monotonicMs(6000)).from).toBe(NOW + 1);
  expect(clockRecord(clock, monotonicMs(6000), unixSeconds(NOW + 4))).toEqual({
    ratchet: NOW + 1,
    trusted: { now: NOW + 1, uncertaintyS: 1 },
    batteryAheadS: 3,
  });
  expect(clockRecord(clock, monotonicMs(6000), undefined).batteryAheadS).toBeUndefined();
});

test("a frame that moves the ratchet is kept before anything is decided by it; one below it, and a reset, say so", () => {
  const clock = startClock(frames, kept, undefined, monotonicMs(0));
  const asked = stepClock(clock, request, monotonicMs(0), frames);
  expect(asked.effects).toEqual([]);
  const higher = stepClock(asked.clock, frame(NOW), monotonicMs(100), frames);
  expect(higher.effects).toEqual([
    {
      kind: "event",
      event: { name: "ClockChanged", fields: { from: "untrusted", to: `synchronised ${new Date(NOW * 1000 + 550).toISOString()}`, uncertaintyS: 1 } },
    },
    { kind: "keep" },
  ]);
  const lower = stepClock(asked.clock, frame(NOW - 9000), monotonicMs(100), frames);
  expect(
    lower.effects.map((effect) => (effect.kind === "event" && effect.event.name === "ClockChanged" ? effect.event.fields.from.slice(0, 7) : effect.kind)),
  ).toEqual(["untrust", "ratchet", "keep"]);
  const reset = stepClock(clock, { kind: "ratchet-reset", to: BUILD }, monotonicMs(0), frames);
  expect(reset.effects.at(-1)).toEqual({ kind: "keep" });
  expect(clockRecord(reset.clock, monotonicMs(0), unixSeconds(NOW))).toEqual({ ratchet: BUILD, trusted: undefined, batteryAheadS: undefined });
});

test("a frame tells whole seconds: one each minute lowers nothing by the fraction that the last one happened to leave out", () => {
  let clock = startClock(frames, undefined, undefined, monotonicMs(0));
  const told: string[] = [];
  for (const [atMs, shownS] of [
    [0, 0],
    [60_900, 60],
    [120_100, 120],
    [180_950, 180],
    [241_000, 240],
  ] as const)
    for (const input of [request, frame(NOW + shownS)]) {
      const { clock: next, effects } = stepClock(clock, input, monotonicMs(atMs), frames);
      clock = next;
      told.push(...effects.flatMap((effect) => (effect.kind === "event" ? [Object.values(effect.event.fields).join(" ")] : [])));
    }
  expect(told).toEqual([expect.stringMatching(/^untrusted synchronised/)]);
  for (const input of [request, frame(NOW + 290)]) ({ clock } = stepClock(clock, input, monotonicMs(300_000), frames));
  expect(untrustedWindow(clock, monotonicMs(300_000)).from, "one that is below it by more does").toBe(NOW + 290);
});

test("passing from one kind to another is told once", () => {
  let clock = startClock(frames, undefined, undefined, monotonicMs(0));
  const told: string[] = [];
  for (const [atS, input] of [
    [0, request],
    [0, frame(NOW)],
    [10, tick],
    [7000, tick],
    [7001, tick],
    [4_000_000, tick],
  ] as const) {
    const step = stepClock(clock, input, monotonicMs(atS * 1000), frames);
    clock = step.clock;
    for (const effect of step.effects)
      if (effect.kind === "event" && effect.event.name === "ClockChanged") told.push(`${atS} ${effect.event.fields.to.split(" ")[0]}`);
  }
  expect(told).toEqual(["0 synchronised", "7000 holdover", "4000000 untrusted"]);
});

const someInput: fc.Arbitrary<ClockInput> = fc.oneof(
  fc.constant(request),
  fc.integer({ min: -400_000, max: 400_000 }).map((by) => frame(NOW + by)),
  fc.tuple(fc.integer({ min: -8000, max: 8000 }), fc.nat(3)).map(([by, u]) => ntp(NOW + by / 1000, u)),
  fc.oneof(fc.integer({ min: -7000, max: 7000 }), fc.integer({ min: -4_000_000, max: 4_000_000 })).map((by) => host(NOW + by / 1000)),
  fc.constant(tick),
);
const someScript = fc.array(fc.tuple(fc.oneof(fc.nat(3000), fc.nat(100_000_000)), someInput), { maxLength: 40 });

test("under any inputs the clock runs backwards only with an event, the ratchet never but by a time frame, and nothing below 300 s is called trusted", () => {
  fc.assert(
    fc.property(someScript, fc.constantFrom(frames, system), (script, settings) => {
      let clock = startClock(settings, undefined, undefined, monotonicMs(0));
      let at = monotonicMs(0);
      for (const [pause, relative] of script) {
        const input = shifted(relative, at + pause);
        const [wallBefore, ratchetBefore] = [clockMs(clock, at), untrustedWindow(clock, at).from];
        at = monotonicMs(at + pause);
        const step = stepClock(clock, input, at, settings);
        const wall = clockMs(step.clock, at);
        if (wall !== undefined && wallBefore !== undefined && wall < wallBefore) expect(step.effects.map(({ kind }) => kind)).toContain("event");
        if (input.kind !== "time-frame") expect(untrustedWindow(step.clock, at).from).toBeGreaterThanOrEqual(ratchetBefore);
        const trusted = wallTime(step.clock, at);
        if (trusted !== "untrusted") expect(trusted.uncertaintyS).toBeLessThanOrEqual(300);
        expect(trusted === "untrusted").toBe(clockKind(step.clock, at) === "untrusted");
        clock = step.clock;
      }
    }),
    { numRuns: 500 },
  );
});

/** Sources speak of the time that it is now, more or less. */
function shifted(input: ClockInput, at: number): ClockInput {
  if (input.kind === "time-frame") return { ...input, now: unixSeconds(input.now + Math.floor(at / 1000)) };
  return input.kind === "ntp" || input.kind === "system" ? { ...input, wallMs: input.wallMs + at } : input;
}
