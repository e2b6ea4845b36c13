import type { InputFault } from "@portico/card-protocol";
import { isContact } from "../core/supervised-loop.ts";
import type { DeviceError, DeviceHealth, DeviceResult, InputSupervision, RelayBoard } from "../device.ts";
import { listeners } from "../listeners.ts";
import { type FirmataReport, type JohnnyFiveBoard, REPORT_VERSION, firmataKnock, johnnyFiveBoard, portOf } from "./johnny-five-board.ts";
import { BEAT_MS, SILENT_BEATS_MAX, KNOCK_MS, DRAIN_MS, CONFIGURE_MS, STALL_MS, PULLED_UP, type FirmataRelayBoardSettings } from "./firmata-settings.ts";
import { WRITES_MAX, relayLines } from "./relay-lines.ts";
import { supervisedInputs } from "./supervised-inputs.ts";

type Phase = "closed" | "knocking" | "draining" | "resetting" | "configuring" | "online" | "ended";

/**
 * A board with unmodified StandardFirmata (2.4 or later) as a relay board, through johnny-five.
 *
 * ```
 *   closed ──wire opens──▶ knocking ──version──▶ draining ──40 ms──▶ resetting ──version──▶ configuring ──all confirmed──▶ online
 *     ▲                      ▲                      ▲ ▲                   │                       │ three times in vain      │ │
 *     │                      │                      │ └─ the board booted ┼───────────────────────┼──────────────────────────┘ │
 *     └──── wire closes ─────┴─── no answer ────────┼─────────────────────┴───────────────────────┴────────── silent ──────────┘
 * ```
 *
 * Knocking and resetting drop every relay. A board that boots keeps the first 64 bytes that came meanwhile and loses the rest, so nothing that matters is said
 * before it has drained.
 *
 * Firmata does not acknowledge a write and has no checksum. After each write the driver asks for the pin's state; messages are handled in order, so the
 * answer tells whether the write was taken: that is the acknowledgement. Every 250 ms all relays are read back and all inputs asked for; what differs from the
 * wish is written again, so a garbled frame lives that long.
 *
 * Not promised: that a pulse ends when this program or the wire dies. StandardFirmata then keeps its pins as they are for ever, so Firmata alone never guards
 * a strike that must drop. On return every relay is dropped first; then the levels still wished are written, and confirmed before the board counts as online.
 * When the loop stood still for a second, every pulse ends.
 *
 * A contact that is closed to ground meets a pin that StandardFirmata drives low from its boot until the driver makes it an input, never one driven high; a
 * series resistor of 1 kΩ at each input protects the pin from every other program.
 *
 * A board that lacks a configured pin stays offline as `Unsupported`. Never throws.
 */
export function firmataRelayBoard(settings: FirmataRelayBoardSettings): RelayBoard {
  const { wire, clock, relayPins, inputPins, supervised } = settings;
  const measured = supervisedInputs(inputPins, supervised, clock);
  const { pins: supervisedPins } = measured;
  const contactPins = inputPins.filter((pin) => !supervisedPins.includes(pin));
  const faults = listeners<[input: number, fault: InputFault | undefined]>();
  const healths = listeners<[DeviceHealth]>();
  const inputs = listeners<[input: number, closed: boolean]>();
  const closed: (boolean | undefined)[] = inputPins.map(() => undefined);
  /** One pin of each group of eight with an input: groups report together. */
  const reportingPins = [...new Set(contactPins.map(portOf))].map((port) => contactPins.find((pin) => portOf(pin) === port)!);
  let phase: Phase = "closed";
  let health: DeviceHealth = { kind: "offline", error: "Disconnected", detail: wire.trouble || "not asked yet", since: clock.monotonic() };
  let board: JohnnyFiveBoard | undefined;
  let cancelStep = (): void => {};
  let silentBeats = 0;
  /** While configuring: input pins that are not confirmed as inputs, then those not confirmed as pulled up, then whether their levels were asked for. */
  let modesDue = new Set<number>();
  let pullUpsDue = new Set<number>();
  let areLevelsAsked = false;
  /** Pins that answered with a foreign mode once: a garbled answer or a board that forgot. */
  const doubted = new Set<number>();
  let ending: Promise<void> | undefined;

  const lines = relayLines(relayPins.length, clock, {
    get trouble() {
      return health.kind === "offline" ? health : undefined;
    },
    write(relay) {
      if (phase !== "online" && phase !== "configuring") return undefined;
      const frame = board!.writeRelay(relay, lines.energized);
      board!.askPin(relayPins[relay]!);
      return frame;
    },
    ask: (relay) => board!.askPin(relayPins[relay]!),
  });
  const offBytes = wire.onBytes(receive);
  const offState = wire.onState((state) => (state === "open" ? knock() : leave("closed", "Disconnected", wire.trouble)));
  if (wire.state === "open") knock();

  // In each step the timer comes before the bytes: a wire may break under a write, and leaving cancels the timer.
  function knock(): void {
    cancelStep();
    phase = "knocking";
    cancelStep = clock.after(KNOCK_MS, () => {
      if (health.kind === "offline" && health.error === "Disconnected")
        toOffline("TimedOut", `no Firmata answers on ${wire.name}: is StandardFirmata on the board, the line at 57600 baud?`);
      knock();
    });
    wire.write(firmataKnock(settings));
    board?.nudge();
  }

  /** The board spoke. It reads on with whatever had piled up for it; then it is reset once more, on a line that is clear. */
  function drain(): void {
    cancelStep();
    phase = "draining";
    cancelStep = clock.after(DRAIN_MS, () => {
      phase = "resetting";
      cancelStep = clock.after(KNOCK_MS, knock);
      wire.write(firmataKnock(settings));
    });
  }

  function configure(attempt: number): void {
    const lack = board!.lack();
    if (lack !== undefined) {
      phase = "knocking";
      toOffline("Unsupported", lack);
      return board!.askCapabilities();
    }
    cancelStep();
    phase = "configuring";
    forget("Disconnected", "the board is being configured");
    modesDue = new Set(inputPins);
    pullUpsDue = new Set(contactPins);
    areLevelsAsked = false;
    cancelStep = clock.after(CONFIGURE_MS, () => (attempt < WRITES_MAX ? configure(attempt + 1) : leave("knocking", "BadReply", whatIsMissing())));
    board!.configure(lines.energized);
    for (const [relay, pin] of relayPins.entries()) {
      lines.asked(relay);
      board!.askPin(pin);
    }
    for (const pin of inputPins) board!.askPin(pin);
  }

  function whatIsMissing(): string {
    if (!lines.areConfirmed) return "the board does not confirm its relay pins";
    if (modesDue.size > 0 || pullUpsDue.size > 0) return "the board does not confirm its input pins";
    return "the board does not report its inputs when asked: StandardFirmata 2.4 or later is needed";
  }

  /** Takes the next step of configuring when the one before it is confirmed. */
  function settle(): void {
    if (phase !== "configuring" || modesDue.size > 0 || pullUpsDue.size > 0 || !lines.areConfirmed) return;
    if (!areLevelsAsked) {
      areLevelsAsked = true;
      for (const pin of reportingPins) board!.askLevels(pin);
      for (const pin of supervisedPins) board!.askVoltage(pin);
    }
    if (!measured.areRead || contactPins.some((pin) => closed[inputPins.indexOf(pin)] === undefined)) return;
    cancelStep();
    phase = "online";
    silentBeats = 0;
    doubted.clear();
    scheduleBeat();
    health = { kind: "online" };
    healths.tell(health);
    for (const [input, isClosed] of closed.entries()) {
      if (health.kind !== "online") continue;
      if (isClosed === undefined) faults.tell(input, measured.fault(input));
      else inputs.tell(input, isClosed);
    }
  }

  function leave(to: "closed" | "knocking", error: DeviceError, detail: string): void {
    cancelStep();
    phase = to;
    forget(error, detail);
    toOffline(error, detail);
    if (to === "knocking") knock();
  }

  function forget(error: DeviceError, detail: string): void {
    closed.fill(undefined);
    measured.forget();
    lines.forget(error, detail);
  }

  function toOffline(error: DeviceError, detail: string): void {
    const wasOnline = health.kind === "online";
    health = { kind: "offline", error, detail, since: health.kind === "offline" ? health.since : clock.monotonic() };
    if (wasOnline) healths.tell(health);
  }

  function receive(bytes: Uint8Array): void {
    if (phase === "closed") return;
    const hasVersion = bytes.includes(REPORT_VERSION);
    if (board === undefined) {
      if (!hasVersion) return;
      board = johnnyFiveBoard({ ...settings, supervisedPins }, (frame) => void wire.write(frame));
    }
    for (const report of board.receive(bytes)) hear(report);
    if (!hasVersion || !board.isReady) return;
    if (phase === "knocking") drain();
    else if (phase === "resetting") configure(1);
  }

  function hear(report: FirmataReport): void {
    silentBeats = 0;
    switch (report.kind) {
      case "ready":
        if (phase === "knocking") drain();
        return;
      case "firmware":
        // A boot drops every pin: relays open, pull-ups gone.
        if (phase === "configuring" || phase === "online") restart("the board booted");
        return;
      case "pin-state":
        if (phase === "configuring" || phase === "online") hearPin(report.pin, report.mode, report.state);
        return;
      case "level":
        // Before the levels are asked for they may be those of pins without their pull-ups.
        if (phase === "online" || (phase === "configuring" && areLevelsAsked)) hearLevel(inputPins.indexOf(report.pin), !report.isHigh);
        return;
      case "voltage":
        if (phase === "online" || (phase === "configuring" && areLevelsAsked)) hearVoltage(inputPins.indexOf(report.pin), report.thousandths);
    }
  }

  function hearVoltage(input: number, thousandths: number): void {
    const change = measured.measured(input, thousandths);
    if (change === undefined) return;
    closed[input] = isContact(change.now) ? change.now === "closed" : undefined;
    if (phase !== "online") return settle();
    if (closed[input] === undefined || !isContact(change.before ?? "closed")) faults.tell(input, measured.fault(input));
    if (closed[input] !== undefined) inputs.tell(input, closed[input]);
  }

  function hearLevel(input: number, isClosed: boolean): void {
    if (closed[input] === isClosed) return;
    closed[input] = isClosed;
    if (phase === "online") inputs.tell(input, isClosed);
    else settle();
  }

  function hearPin(pin: number, mode: number, state: number): void {
    const relay = relayPins.indexOf(pin);
    const isMode = board!.isModeOf(pin, mode);
    if (phase === "online") {
      if (isMode && (relay >= 0 || supervisedPins.includes(pin) || state === PULLED_UP)) doubted.delete(pin);
      else if (doubted.has(pin)) return restart(`pin ${pin} lost its mode`);
      else doubted.add(pin);
    }
    if (relay >= 0) {
      lines.answered(relay, isMode && (state === 1) === board!.isHighWhile(lines.energized[relay]!));
    } else if (phase === "configuring" && isMode) {
      if (modesDue.delete(pin) && modesDue.size === 0) {
        board!.pullUp(lines.energized);
        for (const input of inputPins) board!.askPin(input);
      } else if (modesDue.size === 0 && contactPins.includes(pin) && state === PULLED_UP) pullUpsDue.delete(pin);
    }
    settle();
  }

  /** The board forgot what it was told: everything is written again before it counts as online. */
  function restart(detail: string): void {
    forget("Disconnected", detail);
    toOffline("Disconnected", detail);
    drain();
  }

  function scheduleBeat(): void {
    const dueAt = clock.monotonic() + BEAT_MS;
    cancelStep = clock.after(BEAT_MS, () => {
      if (clock.monotonic() - dueAt > STALL_MS) lines.endPulses();
      if (++silentBeats > SILENT_BEATS_MAX) return leave("knocking", "TimedOut", `the board has not answered for ${SILENT_BEATS_MAX * BEAT_MS} ms`);
      scheduleBeat();
      lines.readBack();
      for (const pin of inputPins) board!.askPin(pin);
      for (const pin of reportingPins) board!.askLevels(pin);
      const lost = measured.beat(SILENT_BEATS_MAX);
      if (lost !== undefined) return restart(`pin ${lost} is not measured any more`);
      for (const pin of supervisedPins) board!.askVoltage(pin);
    });
  }

  async function end(): Promise<void> {
    const offs = relayPins.map((_, relay) => lines.wish(relay, false, undefined));
    await Promise.all(offs);
    if (phase !== "closed" && phase !== "online") wire.write(firmataKnock(settings));
    phase = "ended";
    cancelStep();
    offBytes();
    offState();
    lines.close();
    board?.close();
    toOffline("Disconnected", "closed");
  }

  /** After {@link end} began, nothing is energised any more. */
  const wish = (relay: number, energized: boolean, holdMs: number | undefined): Promise<DeviceResult> =>
    ending === undefined ? lines.wish(relay, energized, holdMs) : Promise.resolve({ ok: false, error: "Disconnected", detail: "closed" });

  const supervision: InputSupervision = { fault: (input) => (health.kind === "online" ? measured.fault(input) : undefined), onFault: faults.add };
  return {
    id: settings.id,
    relays: relayPins.length,
    inputs: inputPins.length,
    timesPulse: false,
    get health() {
      return health;
    },
    onHealth: healths.add,
    pulse: (relay, holdMs) => wish(relay, true, holdMs),
    set: (relay, energized) => wish(relay, energized, undefined),
    input: (input) => (health.kind === "online" ? closed[input] : undefined),
    onInput: inputs.add,
    ...(supervised && { supervision }),
    close: () => (ending ??= end()),
  };
}
