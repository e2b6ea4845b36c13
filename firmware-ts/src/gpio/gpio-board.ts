import type { Clock, MonotonicMs } from "@portico/card-protocol";
import {
  dialectOf,
  driveCall,
  type GpioBias,
  type GpioCall,
  type GpioDialect,
  type GpioLine,
  linesCall,
  readLines,
  versionCall,
} from "../core/gpio/gpio-tools.ts";
import type { DeviceError, DeviceHealth, DeviceResult, RelayBoard } from "../device.ts";
import { listeners } from "../listeners.ts";
import { askedTool, endedTool, type ToolAnswer } from "./ended-tool.ts";
import { type GpioContactWatch, gpioContactWatch } from "./gpio-contacts.ts";
import { type GpioRelayLine, gpioRelayLine } from "./gpio-relay-line.ts";
import { gpioTroubleText, heldText, KEPT_TEXT, lostLineText } from "./gpio-words.ts";
import type { ToolEnd, ToolRunner } from "./tool-runner.ts";
import { driverClosing } from "../driver-closing.ts";
import { takeWish } from "../taken-wish.ts";
import type { WantedRelay } from "../relay-batch.ts";

/** The longest hold, in milliseconds: an hour. */
export const GPIO_HOLD_MS_MAX = 3_600_000;

/** A line by its number on the chip, or by its name. */
export type GpioLineName = number | string;

export interface GpioBoardOptions {
  readonly id: string;
  readonly tools: ToolRunner;
  readonly clock: Clock;
  /** `gpiochip0` */
  readonly chip: string;
  /** Relay n hangs on the nth of these; 1..16. */
  readonly relayLines: readonly GpioLineName[];
  /** A low line energises the relay. */
  readonly activeLow: boolean;
  readonly inputLines: readonly GpioLineName[];
  /** `pull-up`: a closed contact pulls its line to ground; `pull-down`: to the supply. */
  readonly bias: GpioBias;
  /** Whether the kernel leaves outputs as they were when the tool that held them is gone; undefined: it does not say. */
  readonly keepsOutputs: () => boolean | undefined;
}

const ANSWER_MS = 300;
const FAILURES_MAX = 3;
const MEET_AGAIN_MS = 500;
/** How often the kernel is asked who has the lines. */
const LOOK_MS = 1_000;
/** A tool that was started is looked for so often. */
const LOOK_AGAIN_MS = 10;
const READ_EVERY_MS = 500;
const CLOSING_MS_MAX = 500;
const NOT_YET = "its lines have not been read yet";

/**
 * Relays and contacts on the lines of a GPIO chip, by the tools of libgpiod, version 1 or 2.
 *
 * A line is driven for as long as a tool holds it, and every tool ends with this program, however that dies; then the kernel lets the line go, and the relay
 * drops. A kernel that would keep it is refused. A pulse is ended by us, and at twice its hold by the tool itself. A wish is acknowledged when the kernel says
 * that the line is held and driven. What a computer that hangs does to its lines nobody can end.
 */
export function gpioBoard(options: GpioBoardOptions): RelayBoard {
  const { id, tools, clock, chip, relayLines, activeLow, inputLines, bias, keepsOutputs } = options;
  const healths = listeners<[DeviceHealth]>();
  const changes = listeners<[number, boolean]>();
  let health: DeviceHealth = { kind: "offline", error: "TimedOut", detail: NOT_YET, since: clock.monotonic() };
  let dialect: GpioDialect = 1;
  /** Of each relay, once the chip was looked at. */
  let offsets: readonly number[] = [];
  let contacts: readonly boolean[] = [];
  let watch: GpioContactWatch | undefined;
  let failures = 0;
  let forgetAsked = (): void => {};
  let isLooking = false;
  let cancelMeeting = (): void => {};
  let cancelLook = (): void => {};
  let cancelReading = (): void => {};
  const closing = driverClosing({
    clock,
    withinMs: CLOSING_MS_MAX,
    askOff() {
      for (const relay of relays) relay.wish({ kind: "off" });
      if (health.kind === "offline") closing.finish();
      else leaveWhenQuiet();
    },
    letGo() {
      cancelMeeting();
      cancelLook();
      cancelReading();
      forgetAsked();
      watch?.release();
      for (const relay of relays) relay.release();
    },
  });
  const parts = { tools, clock };

  const relays: readonly GpioRelayLine[] = relayLines.map((_, relay) =>
    gpioRelayLine({
      name: `${id} relay ${relay}`,
      clock,
      drive: (isActive, limitMs, ended) =>
        endedTool(parts, driveCall(dialect, { chip, offset: offsets[relay]!, isActive, activeLow, limitMs }), {
          ended(end) {
            ended(end);
            if (closing.isBegun) leaveWhenQuiet();
          },
        }),
      onStarted: () => plan(LOOK_AGAIN_MS),
      onTrouble: troubled,
    }),
  );
  cancelMeeting = clock.after(0, meet);

  /** Which tools there are, which lines, and whether they are free. */
  function meet(): void {
    if (closing.isOver) return;
    if (keepsOutputs() === true) return toOffline("BadReply", KEPT_TEXT);
    ask(versionCall, ({ output }) => {
      const found = dialectOf(output);
      if (found === undefined) return toOffline("BadReply", "the libgpiod tools here are of no version that is known: 1.6 and 2.x are");
      dialect = found.dialect;
      ask(linesCall(dialect, chip), (answer) => resolve(readLines(answer.output)));
    });
  }

  function resolve(lines: readonly GpioLine[]): void {
    const find = (wanted: GpioLineName): GpioLine | undefined => lines.find(({ offset, name }) => (typeof wanted === "number" ? offset : name) === wanted);
    const missing = [...relayLines, ...inputLines].find((wanted) => find(wanted) === undefined);
    if (missing !== undefined) return toOffline("BadReply", lostLineText(chip, missing));
    const isOurs = [...relays.map(({ isHeld }) => isHeld), ...inputLines.map(() => watch?.isHeld === true)];
    const held = [...relayLines, ...inputLines].find((wanted, place) => !isOurs[place] && find(wanted)!.consumer !== undefined);
    if (held !== undefined) return toOffline("BadReply", heldText(held, find(held)!.consumer!));
    const all = [...relayLines, ...inputLines].map((wanted) => find(wanted)!.offset);
    const twice = all.find((offset, place) => all.indexOf(offset) < place);
    if (twice !== undefined) return toOffline("BadReply", `line ${twice} is listed twice, by its number and by its name`);
    offsets = all.slice(0, relayLines.length);
    for (const relay of relays) relay.allow();
    if (inputLines.length === 0) return toOnline([]);
    watch?.release();
    watch = gpioContactWatch({
      ...parts,
      dialect,
      contacts: { chip, offsets: all.slice(relayLines.length), bias },
      readEveryMs: READ_EVERY_MS,
      answerMs: ANSWER_MS,
      onContacts: toOnline,
      onTrouble(answer) {
        judged(answer);
        cancelReading();
        if (!closing.isOver && health.kind === "online") cancelReading = clock.after(LOOK_AGAIN_MS, () => watch?.begin());
        else if (health.kind === "offline") meetAgain();
      },
    });
    watch.begin();
  }

  /** One tool that answers, at a time. */
  function ask(call: GpioCall, answered: (answer: ToolEnd) => void, failed: () => void = meetAgain): void {
    forgetAsked();
    forgetAsked = askedTool(parts, call, ANSWER_MS, (answer) => {
      forgetAsked = () => {};
      const good = judged(answer);
      if (good !== undefined) answered(good);
      else if (!closing.isOver) failed();
    });
  }

  /** Counts what goes wrong in a row, and takes the board off line for it. */
  function judged(answer: ToolAnswer): ToolEnd | undefined {
    if (closing.isOver) return undefined;
    if (answer?.isGood === true) {
      failures = 0;
      return answer;
    }
    failures++;
    if (answer !== undefined) troubled(answer.trouble);
    else if (failures >= FAILURES_MAX) toOffline("TimedOut", "the libgpiod tools do not answer");
    return undefined;
  }

  function meetAgain(): void {
    if (closing.isOver) return;
    cancelMeeting();
    cancelMeeting = clock.after(MEET_AGAIN_MS, meet);
  }

  function troubled(trouble: string): void {
    const [error, detail] = gpioTroubleText(trouble, chip);
    // One tool that fails is started again; a chip or tools that are gone concern all of them.
    if (error === "Disconnected" || failures >= FAILURES_MAX) toOffline(error, detail);
  }

  /** Looks who has the lines, within so many milliseconds. */
  function plan(inMs: number): void {
    if (closing.isOver || isLooking || health.kind === "offline") return;
    cancelLook();
    cancelLook = clock.after(inMs, look);
  }

  function look(): void {
    const since = clock.monotonic();
    isLooking = true;
    const looked = (): void => {
      isLooking = false;
      plan(relays.some(({ isUnseen }) => isUnseen) ? LOOK_AGAIN_MS : LOOK_MS);
    };
    ask(
      linesCall(dialect, chip),
      ({ output }) => {
        const lines = readLines(output);
        offsets.forEach((wanted, relay) => relays[relay]!.seen(lines.find(({ offset }) => offset === wanted), since)); // prettier-ignore
        if (closing.isBegun) leaveWhenQuiet();
        looked();
      },
      looked,
    );
  }

  function toOnline(closed: readonly boolean[]): void {
    if (closing.isOver || closing.isBegun) return;
    const before = health.kind === "online" ? contacts : [];
    contacts = closed;
    const wasOnline = health.kind === "online";
    if (!wasOnline) {
      health = { kind: "online" };
      plan(LOOK_AGAIN_MS);
      healths.tell(health);
    }
    contacts.forEach((each, input) => each !== before[input] && !closing.isOver && changes.tell(input, each));
  }

  function toOffline(error: DeviceError, detail: string): void {
    if (closing.isOver) return;
    const wasOnline = health.kind === "online";
    const since: MonotonicMs = health.kind === "offline" ? health.since : clock.monotonic();
    health = { kind: "offline", error, detail, since };
    contacts = [];
    failures = 0;
    isLooking = false;
    forgetAsked();
    cancelLook();
    cancelReading();
    watch?.release();
    for (const relay of relays) relay.fail(error, detail);
    if (closing.isBegun) return closing.finish();
    meetAgain();
    if (wasOnline) healths.tell(health);
  }

  const wish = (relay: number, wanted: WantedRelay): Promise<DeviceResult> =>
    takeWish(
      {
        id,
        relays: relays.length,
        holdMsMax: GPIO_HOLD_MS_MAX,
        isClosing: () => closing.isBegun,
        unheard: () => (health.kind === "offline" ? health : undefined),
        put: (relay, ...wished) => relays[relay]!.wish(...wished),
        next: () => {},
      },
      relay,
      wanted,
    );

  function leaveWhenQuiet(): void {
    if (relays.every(({ isQuiet }) => isQuiet)) closing.finish();
  }

  return {
    id,
    relays: relayLines.length,
    inputs: inputLines.length,
    timesPulse: true,
    get health() {
      return health;
    },
    onHealth: healths.add,
    pulse: (relay, holdMs) => wish(relay, { kind: "pulse", holdMs }),
    set: (relay, energized) => wish(relay, { kind: energized ? "on" : "off" }),
    input: (input) => (health.kind === "online" ? contacts[input] : undefined),
    onInput: changes.add,
    close: () => closing.begin(),
  };
}
