import type { MonotonicMs } from "@portico/card-protocol";
import { laterException, modbusExceptionText, readCoils, readInputs, writeCoils, type ModbusReply, type ModbusRequest } from "./core/modbus-frame.ts";
import { HOLD_MS_MAX, isTimeableHold } from "./core/pulse-hold.ts";
import type { DeviceError, DeviceHealth, DeviceResult, RelayBoard } from "./device.ts";
import { listeners } from "./listeners.ts";
import type { ModbusBus, ModbusExchange, ModbusOutcome } from "./modbus-bus.ts";
import { BUSY_MS_MAX, BUSY_WAIT_MS, relayWishes } from "./relay-wishes.ts";
import type { WantedRelay } from "./relay-batch.ts";

export interface ModbusRelayBoardOptions {
  readonly id: string;
  /** Shared by every unit on the line. */
  readonly bus: ModbusBus;
  /** 1..247, as set on the board. */
  readonly unit: number;
  /** 1..64. */
  readonly relays: number;
  /** 0..64. */
  readonly inputs: number;
  /** Pause between two readings of the inputs; default 50. At 9,600 baud a reading keeps the line busy for about 20 ms. */
  readonly pollMs?: number;
}

const POLL_MS = 50;
/**
 * How often the relays are read back: finds a board that lost power for a moment, and whatever else switched a relay. A board that does not answer, and a
 * question that it refuses, are asked as seldom: the line stays free for the others.
 */
const SELDOM_MS = 1_000;
/** So many exchanges in a row must fail before a board counts as offline. */
const FAILURES_MAX = 3;
/** How often a closing driver asks for every output off. */
const ALL_OFF_ATTEMPTS = 3;
/** More relays or inputs than any board of this kind has. */
const BITS_MAX = 64;

type Question = "coils" | "inputs";

/**
 * A relay board that speaks Modbus RTU and times pulses itself (Waveshare Modbus RTU/ETH Relay and alike).
 *
 * - A pulse is one frame (function 05 at address 0x0200 + relay); the board drops the relay even when we are dead. A frame without answer is repeated for
 *   what remains of the hold only (see {@link pulseUnits}); longer holds than the board can time are `Unsupported`. Four or more of many that are
 *   wished together are energised by one frame (function 0F) and timed one after another behind it.
 * - A wish made while the wire is closed answers `Disconnected` at once: a pulse is forgotten, a set is asserted when the wire opens. So does a wish that
 *   the wire closes under. An error answer to a pulse means that the relay is asked off and does not energise later.
 * - What was never wished is off. The relays are read back after every outage and once a second, and what differs from its wish is asserted again, without
 *   end; an acknowledged pulse is the board's and never repeated.
 */
export function modbusRelayBoard(options: ModbusRelayBoardOptions): RelayBoard {
  const { id, bus, unit, relays, inputs, pollMs = POLL_MS } = options;
  const { wire, clock } = bus;
  if (!(unit >= 1 && unit <= 247)) throw new RangeError(`${id}: unit ${unit} is not in 1..247`);
  if (!(relays >= 1 && relays <= BITS_MAX && inputs >= 0 && inputs <= BITS_MAX)) throw new RangeError(`${id}: 1..${BITS_MAX} relays and 0..${BITS_MAX} inputs`);
  const wishes = relayWishes({ id, unit, relays });
  /** The same frames many times a second, for years. */
  const questions: Readonly<Record<Question, ModbusRequest>> = { coils: readCoils(unit, 0, relays), inputs: readInputs(unit, 0, inputs) };
  const healths = listeners<[DeviceHealth]>();
  const changes = listeners<[number, boolean]>();
  let contacts: readonly boolean[] = [];
  let isAnswering = false;
  let failures = 0;
  let changedAt = clock.monotonic();
  let told: DeviceHealth["kind"] = "offline";
  /** What the board refuses to be asked. */
  const refusals = new Map<Question, string>();
  const dueAt = { coils: 0, inputs: 0 };
  /** Since when it has answered nothing but that it is busy. */
  let busySince: MonotonicMs | undefined;
  let timer: { readonly at: number; readonly cancel: () => void } | undefined;
  let closing: { readonly done: Promise<void>; readonly finish: () => void; attempts: number; oneByOne: boolean; dueAt: number } | undefined;
  let isClosed = false;

  const leave = bus.join({ next });
  const stopState = wire.onState((state) => {
    if (state === "open") return;
    failures = 0;
    forget();
    wishes.disconnected(wire.trouble);
    closing?.finish();
    judge();
  });
  bus.wake();

  function next(urgent: boolean): ModbusExchange | undefined {
    const now = clock.monotonic();
    if (closing !== undefined) return urgent ? (closing.oneByOne ? command(now) : now >= closing.dueAt ? allOff() : undefined) : undefined;
    if (urgent) return command(now);
    if (now >= dueAt.coils) return poll("coils");
    if (inputs > 0 && isAnswering && now >= dueAt.inputs) return poll("inputs");
    return undefined;
  }

  function command(now: MonotonicMs): ModbusExchange | undefined {
    const exchange = wishes.next(now);
    if (exchange === undefined) return undefined;
    return {
      ...exchange,
      settled(outcome, at) {
        hear(outcome, at);
        exchange.settled(outcome, at);
        if (closing !== undefined && wishes.isQuiet) closing.finish();
        schedule();
      },
    };
  }

  function poll(question: Question): ModbusExchange {
    return {
      request: questions[question],
      sent: () => {},
      settled(outcome, at) {
        hear(outcome, at);
        const reply = outcome.kind === "replied" ? outcome.reply : undefined;
        if (isBusyForNow(at)) {
          dueAt[question] = at + BUSY_WAIT_MS;
          return schedule();
        }
        const isSeldom = failures >= FAILURES_MAX || reply?.kind === "exception" || (question === "coils" && reply !== undefined);
        dueAt[question] = at + (isSeldom ? SELDOM_MS : pollMs);
        if (reply !== undefined) note(question, reply, at);
        schedule();
      },
    };
  }

  function note(question: Question, reply: ModbusReply, at: MonotonicMs): void {
    if (reply.kind === "exception") refusals.set(question, `${question === "coils" ? "relays" : "inputs"} cannot be read: ${modbusExceptionText(reply.code)}`);
    else refusals.delete(question);
    judge();
    if (reply.kind !== "bits") return;
    if (question === "coils") return wishes.compare(reply.bits, at);
    const before = contacts;
    contacts = reply.bits;
    contacts.forEach((closed, input) => closed !== before[input] && changes.tell(input, closed));
  }

  /** One lost answer is nothing; several in a row take the board off line, one good answer brings it back. */
  function hear(outcome: ModbusOutcome, at: MonotonicMs): void {
    const { kind } = outcome;
    if (kind === "disconnected") return;
    failures = kind === "replied" ? 0 : failures + 1;
    noteBusy(outcome, at);
    if (kind === "replied") isAnswering = true;
    else if (failures >= FAILURES_MAX && isAnswering) forget();
    judge();
  }

  function noteBusy(outcome: ModbusOutcome, at: MonotonicMs): void {
    if (outcome.kind === "replied") busySince = laterException(outcome.reply) === undefined ? undefined : (busySince ?? at);
  }

  /** It is busy, but not for so long that something must be wrong with it. */
  const isBusyForNow = (at: MonotonicMs): boolean => busySince !== undefined && at - busySince < BUSY_MS_MAX;

  /** The board may be another one, or have lost power, by the time it answers again. */
  function forget(): void {
    isAnswering = false;
    contacts = [];
    dueAt.coils = dueAt.inputs = 0;
  }

  /** Asked anew each time: what keeps a wire closed may change. */
  function health(): DeviceHealth {
    const offline = (error: DeviceError, detail: string): DeviceHealth => ({ kind: "offline", error, detail, since: changedAt });
    if (wire.state === "closed") return offline("Disconnected", wire.trouble);
    if (!isAnswering) return offline("TimedOut", `unit ${unit} does not answer: check power, the pair A and B, baud rate and unit number`);
    const [refusal] = refusals.values();
    return refusal === undefined ? { kind: "online" } : offline("BadReply", refusal);
  }

  function judge(): void {
    const { kind } = health();
    if (kind === told) return;
    told = kind;
    changedAt = clock.monotonic();
    healths.tell(health());
  }

  /** The bus asks whenever it is free; this wakes it for what falls due while it has nothing to do. */
  function schedule(): void {
    const command = closing === undefined || closing.oneByOne ? (wishes.dueAt ?? Infinity) : closing.dueAt;
    const polls = closing === undefined ? Math.min(dueAt.coils, inputs > 0 && isAnswering ? dueAt.inputs : Infinity) : Infinity;
    const at = Math.min(command, polls);
    const now = clock.monotonic();
    if (isClosed || at <= now || at === Infinity || (timer !== undefined && timer.at <= at)) return;
    timer?.cancel();
    const cancel = clock.after(at - now, () => {
      timer = undefined;
      bus.wake();
      schedule();
    });
    timer = { at, cancel };
  }

  function wish(relay: number, wanted: WantedRelay): Promise<DeviceResult> {
    const refused = (name: DeviceError, why: string): Promise<DeviceResult> =>
      Promise.resolve({ ok: false, error: name, detail: `${id} relay ${relay}: ${why}` });
    if (!Number.isInteger(relay) || relay < 0 || relay >= relays) return refused("Unsupported", `the board has relays 0..${relays - 1}`);
    if (closing !== undefined) return refused("Disconnected", "the driver was closed");
    if (wanted.kind === "pulse" && !isTimeableHold(wanted.holdMs)) return refused("Unsupported", `the board times holds of 1..${HOLD_MS_MAX} ms`);
    if (wire.state === "closed") {
      if (wanted.kind === "pulse") return refused("Disconnected", wire.trouble);
      wishes.wish(relay, wanted);
      return refused("Disconnected", `${wire.trouble}; it will be switched ${wanted.kind} when the wire opens`);
    }
    return new Promise((resolve) => {
      wishes.wish(relay, wanted, resolve);
      bus.wake();
    });
  }

  function allOff(): ModbusExchange {
    return {
      request: writeCoils(
        unit,
        0,
        Array.from({ length: relays }, () => false),
      ),
      sent: () => {},
      settled(outcome, at) {
        if (closing === undefined) return;
        noteBusy(outcome, at);
        const refuses = outcome.kind === "replied" && outcome.reply.kind === "exception";
        if (isBusyForNow(at)) {
          closing.dueAt = at + BUSY_WAIT_MS;
          schedule();
        } else if (refuses && busySince === undefined) closing.oneByOne = true;
        else if (outcome.kind !== "timed-out" || ++closing.attempts >= ALL_OFF_ATTEMPTS) closing.finish();
      },
    };
  }

  function close(): Promise<void> {
    if (closing !== undefined) return closing.done;
    let finish = (): void => {};
    const done = new Promise<void>((resolve) => {
      finish = () => {
        isClosed = true;
        leave();
        stopState();
        timer?.cancel();
        resolve();
      };
    });
    closing = { done, finish, attempts: 0, oneByOne: false, dueAt: 0 };
    wishes.allOff();
    if (wire.state === "closed") finish();
    else bus.wake();
    return done;
  }

  return {
    id,
    relays,
    inputs,
    timesPulse: true,
    get health() {
      return health();
    },
    onHealth: healths.add,
    pulse: (relay, holdMs, isOneOfMany = false) => wish(relay, { kind: "pulse", holdMs, isOneOfMany }),
    set: (relay, energized) => wish(relay, { kind: energized ? "on" : "off" }),
    isStuck: (relay) => wishes.isStuck(relay),
    input: (input) => contacts[input],
    onInput: changes.add,
    close,
  };
}
