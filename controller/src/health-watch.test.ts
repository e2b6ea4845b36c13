import { detailInChinese, eventOf, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { type RelayBoard, type Scan, type Scanner, simulatedClock } from "@portico/firmware-ts";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Battery } from "./batteries.ts";
import { DeviceWatch } from "./device-watch.ts";
import { HealthWatch } from "./health-watch.ts";
import { ControllerRig } from "./rig/controller-rig.ts";
import { START } from "./rig/people.ts";
import { rigConfiguration } from "./rig/rig-configuration.ts";
import { RigStore } from "./rig/rig-store.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const nothing = (): void => {};

/** Health alone, with a reader and a board that do what a test says, on a clock that may pass days. */
class HealthRig {
  readonly time = simulatedClock(START);
  readonly store = new RigStore({ time: this.time });
  batteries: readonly Battery[] = [];
  trustList: { readonly sequence: number; readonly validUntil: UnixSeconds } | undefined;
  readonly state = { unreadable: 0, isOffline: false };
  readonly stuck = new Set<number>();
  readonly #scans = new Set<(scan: Scan) => void>();
  readonly #inputs = new Set<(input: number, closed: boolean) => void>();
  readonly #closed = new Map<number, boolean>();
  readonly #watch: HealthWatch;

  constructor() {
    const { state, time } = this;
    const scanner: Scanner = {
      id: "library-in",
      get health() {
        return state.isOffline
          ? { kind: "offline" as const, error: "Disconnected" as const, detail: "", since: time.monotonic() }
          : { kind: "online" as const };
      },
      onHealth: () => nothing,
      onScan: (listener) => {
        this.#scans.add(listener);
        return () => this.#scans.delete(listener);
      },
      get unreadable() {
        return state.unreadable;
      },
      close: () => Promise.resolve(),
    };
    const board: RelayBoard = {
      id: "library",
      relays: 8,
      inputs: 8,
      timesPulse: true,
      health: { kind: "online" },
      onHealth: () => nothing,
      pulse: () => Promise.resolve({ ok: true }),
      set: () => Promise.resolve({ ok: true }),
      input: (input) => this.#closed.get(input),
      onInput: (listener) => {
        this.#inputs.add(listener);
        return () => this.#inputs.delete(listener);
      },
      isStuck: (relay) => this.stuck.has(relay),
      close: () => Promise.resolve(),
    };
    const scanners = new Map([["library-in", scanner]]);
    const boards = new Map([["library", board]]);
    this.#watch = new HealthWatch({
      configuration: rigConfiguration({ folder: this.store.folder }),
      hardware: { scanners, boards },
      watches: [scanner, board].map((device) => new DeviceWatch(device, this.time, { lost: nothing, back: nothing })),
      clock: this.store.clock,
      recorder: this.store.recorder,
      store: this.store.store,
      batteries: () => this.batteries,
      trustList: () => this.trustList,
    });
  }

  start(): void {
    this.#watch.start();
  }

  end(): void {
    this.#watch.close();
    this.store.end();
  }

  scan(): void {
    for (const listener of this.#scans) listener({ bytes: new Uint8Array(1), receivedAt: this.time.monotonic() });
  }

  input(input: number, closed: boolean): void {
    this.#closed.set(input, closed);
    for (const listener of this.#inputs) listener(input, closed);
  }

  /** What was told, newest last: `found` or `over`, subject and finding. */
  told(): string[] {
    return this.store
      .named("HealthFound", "HealthRestored")
      .map(({ name, fields }) => `${name === "HealthFound" ? "found" : "over"} ${fields.subject} ${fields.finding}`);
  }

  details(): string[] {
    return this.store.named("HealthFound").map(({ fields }) => fields.detail);
  }

  get findings(): string[] {
    return this.#watch.findings.map(({ subject, finding, detail }) => `${subject} ${finding}: ${detail}`);
  }
}

let rig: HealthRig;
beforeEach(() => {
  rig = new HealthRig();
  return () => rig.end();
});

test("a reader that nobody was read at for longer than its habits explain is silent, and well again once it is used", async () => {
  rig.start();
  await rig.time.pass(HOUR_MS);
  for (let hour = 0; hour < 80; hour++) {
    rig.scan();
    await rig.time.pass(HOUR_MS);
  }
  await rig.time.pass(HOUR_MS - 2 * MINUTE_MS);
  expect(rig.told()).toEqual([]);
  await rig.time.pass(3 * MINUTE_MS);
  expect(rig.told()).toEqual(["found library-in ReaderSilent"]);
  expect(rig.details()).toEqual(["nobody was read for 2 h"]);
  rig.scan();
  await rig.time.pass(32 * MINUTE_MS);
  expect(rig.told()).toEqual(["found library-in ReaderSilent", "over library-in ReaderSilent"]);
  expect(rig.findings).toEqual([]);
});

test("habits are known from the log of earlier runs; a reader that is off line is not told twice", async () => {
  const { events } = rig.store.store;
  for (let hour = 0; hour < 80; hour++)
    events.append(
      eventOf("AccessDenied", {
        accessPoint: "library-in",
        reason: "CredentialNotFound",
        detail: "",
        credential: null,
        presentation: "card",
        counter: null,
        signedAt: null,
        pass: null,
        uncertaintyS: 1,
        listVersion: 1,
      }),
      { at: unixSeconds(START - (80 - hour) * 3_600), ms: 0 },
    );
  rig.state.isOffline = true;
  rig.start();
  await rig.time.pass(4 * HOUR_MS);
  expect(rig.told()).toEqual([]);
  rig.state.isOffline = false;
  await rig.time.pass(MINUTE_MS);
  expect(rig.told()).toEqual(["found library-in ReaderSilent"]);
});

test("a scanner of which much more is unreadable than is usual there", async () => {
  rig.start();
  for (let nth = 0; nth < 20; nth++) rig.scan();
  await rig.time.pass(MINUTE_MS);
  for (let nth = 0; nth < 12; nth++) rig.scan();
  rig.state.unreadable = 8;
  await rig.time.pass(MINUTE_MS);
  expect(rig.told()).toEqual(["found library-in ScansUnreadable"]);
  expect(rig.details()).toEqual(["40 % of what it hears is no scan; usual here are 2 %"]);
});

test("a contact that changes twenty times within ten seconds is told at once, once, with what hangs on it", async () => {
  rig.start();
  for (let nth = 0; nth < 100; nth++) {
    rig.input(0, nth % 2 === 0);
    await rig.time.pass(50);
  }
  expect(rig.told()).toEqual(["found library/0 ContactChattering"]);
  expect(rig.details()).toEqual(["input 0, contact of library, changed 20 times within 10 s"]);
  await rig.time.pass(32 * MINUTE_MS);
  expect(rig.told()).toEqual(["found library/0 ContactChattering", "over library/0 ContactChattering"]);
});

test("an exit button that is pressed for two minutes is stuck; one that is pressed often is used", async () => {
  rig.start();
  for (let nth = 0; nth < 10; nth++) {
    rig.input(1, true);
    await rig.time.pass(MINUTE_MS);
    rig.input(1, false);
    await rig.time.pass(MINUTE_MS);
  }
  expect(rig.told()).toEqual([]);
  rig.input(1, true);
  await rig.time.pass(3 * MINUTE_MS);
  expect(rig.told()).toEqual(["found library ExitButtonStuck"]);
});

test("a door that stood open too long ten times within an hour is held", async () => {
  rig.start();
  for (let nth = 0; nth < 9; nth++) {
    rig.store.recorder.event(eventOf("DoorOpenTooLong", { door: "library" }));
    await rig.time.pass(5 * MINUTE_MS);
  }
  expect(rig.told()).toEqual([]);
  rig.store.recorder.event(eventOf("DoorOpenTooLong", { door: "library" }));
  await rig.time.pass(MINUTE_MS);
  expect(rig.told()).toEqual(["found library DoorHeldOften"]);
  expect(rig.details()).toEqual(["10 times within 46 min"]);
});

test("a clock that runs away from the time frames", async () => {
  rig.start();
  const { clock } = rig.store;
  for (let hour = 0; hour < 6; hour++) {
    const nonce = new Uint8Array(16).fill(hour);
    clock.timeRequested(nonce);
    clock.timeFrame(nonce, unixSeconds(START + hour * 3_602));
    await rig.time.pass(HOUR_MS);
  }
  expect(rig.told()).toEqual(["found gate-house ClockDrifting"]);
  expect(rig.details()[0]).toMatch(/^5\d\d ppm slow$/);
});

test("a battery that is low, and a relay that heeds nobody", async () => {
  rig.batteries = [
    { id: "ups", isLow: true, detail: "12 %" },
    { id: "rtc0", isLow: false, detail: "3.01 V" },
  ];
  rig.stuck.add(3);
  rig.start();
  await rig.time.pass(10 * MINUTE_MS);
  expect(rig.told()).toEqual(["found ups BatteryLow", "found library RelayStuck"]);
  expect(rig.findings).toEqual(["ups BatteryLow: 12 %", "library RelayStuck: relay 3 stays otherwise than it is told"]);
});

test("a trust list is told thirty days before its end, and over once the next one is in force", async () => {
  const DAY_S = 86_400;
  rig.trustList = { sequence: 4, validUntil: unixSeconds(START + 30 * DAY_S + 10 * 60) };
  rig.start();
  await rig.time.pass(9 * MINUTE_MS);
  expect(rig.told()).toEqual([]);
  await rig.time.pass(10 * MINUTE_MS);
  expect([rig.told(), rig.details()]).toEqual([["found gate-house TrustListEnding"], ["list 4 holds until 2027-02-10T00:10:00Z"]]);
  rig.trustList = { sequence: 4, validUntil: unixSeconds(START) };
  await rig.time.pass(2 * MINUTE_MS);
  expect(rig.findings).toEqual(["gate-house TrustListEnding: list 4 has ended at 2027-01-11T00:00:00Z"]);
  expect(detailInChinese("list 4 has ended at 2027-01-11T00:00:00Z")).toBe("信任列表 4 已于 2027-01-11T00:00:00Z 到期");
  rig.trustList = { sequence: 5, validUntil: unixSeconds(START + 90 * DAY_S) };
  await rig.time.pass(HOUR_MS);
  expect(rig.told().at(-1)).toBe("over gate-house TrustListEnding");
});

test("status of a running controller tells what wants to be looked at: a relay that a board takes wishes for and does not move", async () => {
  const whole = new ControllerRig();
  onTestFinished(() => whole.end());
  await whole.start();
  whole.boards.library.welded = 5;
  await whole.time.pass(61_000);
  expect(whole.ask("GET /v1/status").findings).toEqual([
    {
      subject: "library",
      finding: "RelayStuck",
      detail: "relay 5 stays otherwise than it is told",
      detailZh: "继电器 5 的状态与指令不符",
      sinceS: 1,
      remedy: expect.stringContaining("replace the board"),
      remedyZh: expect.stringContaining("更换控制板"),
    },
  ]);
  await whole.stop();
  expect(whole.events().filter(({ name }) => name === "HealthFound")).toHaveLength(1);
});
