import type { MonotonicMs } from "@portico/card-protocol";
import type { BoardTime } from "../core/uhppote/board-time.ts";
import { isButton, isRestart, type UhppoteSwipe, swipeOf } from "../core/uhppote/event.ts";
import { contactsOf, decodeReply, type UhppoteStatus } from "../core/uhppote/reply.ts";
import type { UhppoteRequest } from "../core/uhppote/request.ts";
import type { DeviceError, DeviceHealth, DeviceResult } from "../device.ts";
import { listeners } from "../listeners.ts";
import { boardQuestions } from "./ask-board.ts";
import { type MeetingStep, meetingSteps } from "./board-meeting.ts";
import { UHPPOTE_INPUTS_MAX, UHPPOTE_RELAYS_MAX, type UhppoteBoard, type UhppoteBoardOptions } from "./board-options.ts";
import { doorWishes, UHPPOTE_HOLD_MS_MAX, type UhppoteOutcome } from "./door-wishes.ts";
import { eventCursor, type ToldEvent } from "./event-cursor.ts";
import { driverClosing } from "../driver-closing.ts";
import { takeWish } from "../taken-wish.ts";
import type { WantedRelay } from "../relay-batch.ts";

const POLL_MS = 100;
/** What it pushes brings the next reading forward to this. */
const PUSHED_POLL_MS = 10;
/** So many questions in a row must find silence before the board counts as off line: a second. */
const FAILURES_MAX = 4;
const MEET_AGAIN_MS = 500;
/** One door's setting is read back so often. */
const VERIFY_MS = 2_000;
const SET_TIME_MS = 3_600_000;
/** How often the board is told up to where its log was read: it may wear out. */
const KEEP_INDEX_MS = 30_000;
/** A card that is found when the board was last heard longer ago may be an old one. */
const FRESH_MS = 1_500;
const CLOSING_MS_MAX = 1_500;
const NOT_YET = "the board has not answered yet";

/**
 * A board on a network, which is anybody's who is on it: the protocol knows neither keys nor checksums.
 *
 * The board times an opening itself, in whole seconds, so it ends when we are dead; a door that is held open stays so. Cards are left to us: the board must
 * have none of its own. What it pushes is never believed: it makes us look. A card that was read before the board was heard, or while it was not, is told as
 * late and is nobody's key.
 */
export function uhppoteBoard(options: UhppoteBoardOptions): UhppoteBoard {
  const { id, link, serial, clock, relays, inputs, pollMs = POLL_MS, listener, localTime } = options;
  if (!(relays >= 1 && relays <= UHPPOTE_RELAYS_MAX && inputs >= 0 && inputs <= UHPPOTE_INPUTS_MAX))
    throw new RangeError(`${id}: 1..4 relays and 0..10 inputs`);
  const wishes = doorWishes({ id, serial, relays });
  const questions = boardQuestions({ link, serial, clock });
  const events = eventCursor();
  const healths = listeners<[DeviceHealth]>();
  const changes = listeners<[number, boolean]>();
  const swipes = listeners<[UhppoteSwipe, MonotonicMs]>();
  const lateSwipes = listeners<[UhppoteSwipe, MonotonicMs, BoardTime | undefined]>();
  let health: DeviceHealth = { kind: "offline", error: "TimedOut", detail: NOT_YET, since: clock.monotonic() };
  let contacts: readonly boolean[] = [];
  let steps: readonly MeetingStep[] = [];
  let storedIndex = 0;
  let isMet = false;
  let failures = 0;
  let heardAt = Number.NEGATIVE_INFINITY;
  let doorToVerify = 0;
  const dueAt = { meet: 0, poll: 0, verify: 0, time: 0, index: 0 };
  let cancelTimer = (): void => {};
  const closing = driverClosing({
    clock,
    withinMs: CLOSING_MS_MAX,
    askOff() {
      wishes.allOff();
      if (health.kind === "offline") closing.finish();
      else next();
    },
    letGo() {
      cancelTimer();
      questions.abandon();
      for (const stop of stops) stop();
    },
  });

  const stops = [link.onState((state) => (state === "open" ? meet(0) : disconnected())), link.onPushed(pushed)];
  if (link.state === "open") meet(0);
  else toOffline("Disconnected", link.trouble);

  function meet(inMs: number): void {
    isMet = false;
    steps = meetingSteps({ relays, listener, time: localTime() });
    dueAt.meet = clock.monotonic() + inMs;
    dueAt.time = clock.monotonic() + SET_TIME_MS;
    if (link.state === "open" && health.kind === "offline" && health.error === "Disconnected") health = { ...health, error: "TimedOut", detail: NOT_YET };
    next();
  }

  function next(): void {
    if (closing.isOver || questions.isWaiting || link.state === "closed") return;
    cancelTimer();
    const now = clock.monotonic();
    const order = isMet ? wishes.next(now) : undefined;
    if (order !== undefined) {
      order.sent(now);
      return ask(order.request, (outcome, at) => order.settled(outcome, at));
    }
    if (closing.isBegun && wishes.isQuiet) return leave();
    const seldom = isMet ? seldomQuestion(now) : meetingQuestion(now);
    if (seldom !== undefined) return seldom();
    const at = isMet ? Math.min(wishes.dueAt, dueAt.poll, dueAt.verify) : dueAt.meet;
    cancelTimer = clock.after(Math.max(0, at - now), next);
  }

  function meetingQuestion(now: MonotonicMs): (() => void) | undefined {
    if (now < dueAt.meet) return undefined;
    const [step, ...others] = steps;
    if (step === undefined) return () => askStatus(true);
    return () =>
      ask(step.request, ({ kind, ...rest }) => {
        if (kind !== "replied" || !("reply" in rest)) return;
        const lack = step.judge(rest.reply);
        if (lack !== undefined) return toOffline("BadReply", lack);
        if (rest.reply.kind === "door") wishes.found(rest.reply, clock.monotonic());
        if (rest.reply.kind === "eventIndex") storedIndex = rest.reply.index;
        steps = others;
      });
  }

  function seldomQuestion(now: MonotonicMs): (() => void) | undefined {
    if (now >= dueAt.poll) return () => askStatus(false);
    const unread = events.next();
    if (unread !== undefined)
      return () => ask(unread, (outcome) => void (outcome.kind === "replied" && outcome.reply.kind === "event" && tell(events.take(outcome.reply.event))));
    if (now >= dueAt.verify) {
      dueAt.verify = now + VERIFY_MS;
      doorToVerify = (doorToVerify % relays) + 1;
      return () =>
        ask(
          { kind: "door", door: doorToVerify },
          (outcome, at) => void (outcome.kind === "replied" && outcome.reply.kind === "door" && wishes.found(outcome.reply, at)),
        );
    }
    if (events.told !== storedIndex && now >= dueAt.index) return () => keepIndex(() => {});
    const time = now >= dueAt.time ? localTime() : undefined;
    if (time === undefined) return undefined;
    dueAt.time = now + SET_TIME_MS;
    return () => ask({ kind: "setTime", time }, () => {});
  }

  function keepIndex(then: () => void): void {
    const index = events.told;
    dueAt.index = clock.monotonic() + KEEP_INDEX_MS;
    ask({ kind: "setEventIndex", index }, (outcome) => {
      if (outcome.kind === "replied") storedIndex = index;
      then();
    });
  }

  /** The last word of a closing driver. */
  function leave(): void {
    if (isMet && events.told !== storedIndex) keepIndex(() => closing.finish());
    else closing.finish();
  }

  function askStatus(isFirst: boolean): void {
    ask({ kind: "status" }, (outcome, at) => {
      dueAt.poll = at + pollMs;
      if (outcome.kind === "replied" && outcome.reply.kind === "status") take(outcome.reply, isFirst, at);
    });
  }

  function ask(request: UhppoteRequest, settled: (outcome: UhppoteOutcome, at: MonotonicMs) => void): void {
    questions.ask(request, (outcome, at) => {
      failures = outcome.kind === "replied" ? 0 : failures + 1;
      settled(outcome, at);
      if (failures >= FAILURES_MAX) silence();
      else next();
    });
  }

  function silence(): void {
    failures = 0;
    toOffline("TimedOut", `no board with serial number ${serial} answers: check its power, the network, its address and the number printed on it`);
  }

  function take(status: UhppoteStatus, isFirst: boolean, at: MonotonicMs): void {
    const isLate = isFirst || at - heardAt > FRESH_MS;
    heardAt = at;
    if (isFirst) events.begin(storedIndex, status.event?.index ?? 0);
    tell(events.see(status.event, isLate));
    if (closing.isOver) return;
    status.isPressed.forEach((isPressed, relay) => isPressed && wishes.opensByItself(relay, at));
    // What the board does by itself may be in a row that was not read yet.
    if (events.next() === undefined) wishes.compare(status, at);
    const before = health.kind === "online" ? contacts : [];
    contacts = contactsOf(status).slice(0, inputs);
    if (isFirst) toOnline();
    contacts.forEach((closed, input) => closed !== before[input] && !closing.isOver && changes.tell(input, closed));
  }

  function tell(told: readonly ToldEvent[]): void {
    for (const { event, isLate } of told) {
      if (closing.isOver) return;
      if (isButton(event) && !isLate) wishes.opensByItself(event.door - 1, clock.monotonic());
      const swipe = swipeOf(event);
      if (swipe !== undefined && isLate) lateSwipes.tell(swipe, clock.monotonic(), event.time);
      else if (swipe !== undefined) swipes.tell(swipe, clock.monotonic());
      // What it was told may be forgotten: who decides, above all.
      if (isRestart(event) && !isLate && isMet) meet(0);
    }
  }

  function pushed(bytes: Uint8Array): void {
    if (decodeReply(bytes)?.serial !== serial) return;
    dueAt.poll = Math.min(dueAt.poll, Math.max(clock.monotonic(), heardAt + PUSHED_POLL_MS));
    next();
  }

  function toOnline(): void {
    isMet = true;
    if (health.kind === "online") return;
    health = { kind: "online" };
    healths.tell(health);
  }

  function toOffline(error: DeviceError, detail: string): void {
    const wasOnline = health.kind === "online";
    const since = health.kind === "offline" ? health.since : clock.monotonic();
    health = { kind: "offline", error, detail, since };
    contacts = [];
    wishes.fail(error, detail);
    if (closing.isBegun) return closing.finish();
    if (wasOnline) healths.tell(health);
    if (!closing.isOver) meet(MEET_AGAIN_MS);
  }

  function disconnected(): void {
    cancelTimer();
    questions.abandon();
    failures = 0;
    toOffline("Disconnected", link.trouble);
  }

  const wish = (relay: number, wanted: WantedRelay): Promise<DeviceResult> =>
    takeWish(
      {
        id,
        relays,
        holdMsMax: UHPPOTE_HOLD_MS_MAX,
        isClosing: () => closing.isBegun,
        unheard: () => (health.kind === "offline" ? health : undefined),
        put: (...wished) => wishes.wish(...wished),
        next,
      },
      relay,
      wanted,
    );

  return {
    id,
    relays,
    inputs,
    timesPulse: true,
    get health() {
      return health.kind === "offline" && link.state === "closed" ? { ...health, detail: link.trouble } : health;
    },
    onHealth: healths.add,
    pulse: (relay, holdMs) => wish(relay, { kind: "pulse", holdMs }),
    set: (relay, energized) => wish(relay, { kind: energized ? "on" : "off" }),
    input: (input) => (health.kind === "online" ? contacts[input] : undefined),
    onInput: changes.add,
    isStuck: (relay) => wishes.isStuck(relay),
    onSwipe: swipes.add,
    onLateSwipe: lateSwipes.add,
    close: () => closing.begin(),
  };
}
