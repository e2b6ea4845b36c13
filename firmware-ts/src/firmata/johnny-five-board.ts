import { EventEmitter } from "node:events";
import firmataIo, { type Firmata, type FirmataTransport } from "firmata-io";
import five from "johnny-five";

/** Pins of a board behind Firmata: numbers as the board prints them, analog pins after the digital ones (A0 of an Uno is 14). */
export interface FirmataPins {
  /** The pin of each relay, in relay order. */
  readonly relayPins: readonly number[];
  /** The pin of each input, in input order. A closed contact connects it to ground; the board pulls it up. */
  readonly inputPins: readonly number[];
  /** True: a relay draws while its pin is low, as most opto-coupled modules do. */
  readonly activeLow: boolean;
}

/** What the board told, in the order it was told. */
export type FirmataReport =
  | { readonly kind: "ready" }
  | { readonly kind: "pin-state"; readonly pin: number; readonly mode: number; readonly state: number }
  | { readonly kind: "level"; readonly pin: number; readonly isHigh: boolean }
  /** Measured, in thousandths of the supply. */
  | { readonly kind: "voltage"; readonly pin: number; readonly thousandths: number }
  /** The firmware introduced itself: it does so unasked at the end of its boot. */
  | { readonly kind: "firmware" };

/** Protocol bytes that go out without johnny-five. Source: firmata/protocol, protocol.md 2.5. */
const START_SYSEX = 0xf0;
const END_SYSEX = 0xf7;
const SYSTEM_RESET = 0xff;
const SET_PIN_MODE = 0xf4;
const REPORT_ANALOG = 0xc0;
/** What an Uno's converter says of its supply. */
const ANALOG_MAX = 1023;
export const REPORT_VERSION = 0xf9;
const DIGITAL_MESSAGE = 0x90;
const REPORT_FIRMWARE = 0x79;
const CAPABILITY_QUERY = 0x6b;
const ANALOG_MAPPING_QUERY = 0x69;
const PIN_STATE_QUERY = 0x6d;
/** Longer than any message of a 128-pin board. */
const MESSAGE_BYTES_MAX = 2_048;

export const portOf = (pin: number): number => pin >> 3;
const bitOf = (pin: number): number => 1 << (pin & 7);
const digitalMessage = (port: number, levels: number): number[] => [DIGITAL_MESSAGE | port, levels & 0x7f, levels >> 7];

/**
 * The bytes that make a Firmata board drop everything and say that it is alive: an end of whatever message was cut off, a system reset (every digital pin an
 * output at low, no reports), every relay pin at its idle level, a version request.
 *
 * On an active-low board the reset itself pulls relay pins low until the next message is read: 0.3 ms at 57,600 baud, less than a relay needs to move.
 */
export function firmataKnock({ relayPins, activeLow }: FirmataPins): Uint8Array {
  const idle = Array.from(new Set(relayPins.map(portOf)), (port) => {
    const bits = relayPins.filter((pin) => portOf(pin) === port).reduce((all, pin) => all | bitOf(pin), 0);
    return digitalMessage(port, activeLow ? bits : 0);
  });
  return Uint8Array.from([END_SYSEX, SYSTEM_RESET, ...idle.flat(), REPORT_VERSION]);
}

/**
 * One johnny-five board over our bytes.
 *
 * johnny-five keeps every board for ever and cannot reconnect one; so there is one for the life of a driver, and to it the line never breaks: after an outage
 * modes and levels are written again through the same objects.
 */
export interface JohnnyFiveBoard {
  /** johnny-five's hand-shake is complete: version, firmware, capabilities, analog mapping. */
  readonly isReady: boolean;
  /** Bytes from the board. Returns what they told; what firmata-io cannot digest is dropped up to the end of the chunk. */
  receive(bytes: Uint8Array): readonly FirmataReport[];
  /** Asks again for what the hand-shake lacks; nothing when it is complete. */
  nudge(): void;
  /** Why the board cannot carry these pins; undefined when it can. Only when ready. */
  lack(): string | undefined;
  /** Forgets the board's capabilities and asks anew: another board may be on the line, or a bit was flipped. */
  askCapabilities(): void;
  /** Input modes without pull-ups, output modes and levels, for every configured pin. */
  configure(energized: readonly boolean[]): void;
  /** Pull-ups of every input. Only when the board said that they are inputs: a pin that is still an output would be driven into a closed contact. */
  pullUp(energized: readonly boolean[]): void;
  /** Writes one relay (and with it its group of eight pins, as the protocol has it). Returns the frame. */
  writeRelay(relay: number, energized: readonly boolean[]): Uint8Array;
  /** Asks for mode and state of a pin: the board's only acknowledgement. */
  askPin(pin: number): void;
  /** Asks for the levels of the group of eight that holds this pin, now and at every change. */
  askLevels(pin: number): void;
  /** Has a supervised pin measured, now and at every sampling interval (19 ms). */
  askVoltage(pin: number): void;
  /** True when this mode is the one that {@link configure} gives the pin. */
  isModeOf(pin: number, mode: number): boolean;
  isHighWhile(energized: boolean): boolean;
  /** Lets go of every timer and listener. johnny-five still keeps the empty board object. */
  close(): void;
}

/** @param pins.supervisedPins  which of the inputs are measured: a loop with two end-of-line resistors, against a resistor to the supply */
export function johnnyFiveBoard(pins: FirmataPins & { readonly supervisedPins: readonly number[] }, write: (bytes: Uint8Array) => void): JohnnyFiveBoard {
  const { relayPins, inputPins, supervisedPins, activeLow } = pins;
  const contactPins = inputPins.filter((pin) => !supervisedPins.includes(pin));
  let told: FirmataReport[] = [];
  let relays: readonly five.Relay[] = [];
  let pullsUp = false;
  let isMapped = false;
  let lastFrame = new Uint8Array();
  const transport: FirmataTransport = Object.assign(new EventEmitter(), {
    write(bytes: Uint8Array, onWritten: () => void): void {
      lastFrame = Uint8Array.from(bytes);
      write(lastFrame);
      onWritten();
    },
  });
  const io: Firmata = new firmataIo.Firmata(transport);
  const board = new five.Board({ io, repl: false, debug: false, sigint: false } as five.BoardOption & { sigint: boolean });
  // An emitter without a listener for "error" throws; what went wrong shows as a hand-shake that does not end.
  board.on("error", () => {});
  board.on("ready", () => told.push({ kind: "ready" }));
  io.on("analog-mapping-query", () => {
    isMapped = true;
    if (io.isReady) told.push({ kind: "ready" });
  });
  // Only a booting board introduces itself unasked; firmata-io waits for it for ever.
  io.once("reportversion", () => raw(START_SYSEX, REPORT_FIRMWARE, END_SYSEX));
  io.on("queryfirmware", () => told.push({ kind: "firmware" }));
  for (const pin of new Set([...relayPins, ...inputPins]))
    io.on(`pin-state-${pin}`, () => told.push({ kind: "pin-state", pin, mode: io.pins[pin]?.mode ?? -1, state: io.pins[pin]?.state ?? -1 }));
  io.on("analog-read", ({ pin: channel, value }: { readonly pin: number; readonly value: number }) => {
    const pin = io.analogPins[channel];
    if (pin !== undefined && supervisedPins.includes(pin)) told.push({ kind: "voltage", pin, thousandths: Math.round((value * 1000) / ANALOG_MAX) });
  });
  for (const pin of contactPins) io.on(`digital-read-${pin}`, (value: 0 | 1) => told.push({ kind: "level", pin, isHigh: value === 1 }));
  transport.emit("open");

  function raw(...bytes: number[]): void {
    write(Uint8Array.from(bytes));
  }

  function inputMode(pin: number): number {
    return io.pins[pin]?.supportedModes.includes(io.MODES.PULLUP) === true ? io.MODES.PULLUP : io.MODES.INPUT;
  }

  /**
   * firmata-io keeps a cache of each group of eight, and a contact that reads low is low in it: written back, that would switch the contact's pull-up off.
   * So the whole group is set from what is wished before each write.
   */
  function setGroup(port: number, energized: readonly boolean[]): void {
    let levels = 0;
    for (const [relay, pin] of relayPins.entries()) if (portOf(pin) === port && (energized[relay] === true) !== activeLow) levels |= bitOf(pin);
    if (pullsUp) for (const pin of contactPins) if (portOf(pin) === port) levels |= bitOf(pin);
    io.ports[port] = levels;
  }

  /** johnny-five takes an analog pin by its printed name alone: the number 14 would become pin 0. */
  function nameOf(pin: number): number | string {
    const channel = io.analogPins.indexOf(pin);
    return channel < 0 ? pin : `A${channel}`;
  }

  function relayObjects(): readonly five.Relay[] {
    return relayPins.map((pin) => new five.Relay({ board, pin: nameOf(pin), type: activeLow ? "NC" : "NO" }));
  }

  function writeRelay(relay: number, energized: readonly boolean[]): Uint8Array {
    if (relays.length === 0) relays = relayObjects();
    setGroup(portOf(relayPins[relay]!), energized);
    if (energized[relay] === true) relays[relay]!.close();
    else relays[relay]!.open();
    return lastFrame;
  }

  return {
    get isReady() {
      return io.isReady && io.pins.length > 0 && isMapped;
    },
    receive(bytes) {
      try {
        transport.emit("data", bytes);
      } catch {
        // firmata-io indexes its tables with received bytes: a garbled reply is a TypeError or RangeError in there. Of our code nothing runs inside the try
        // but what collects reports and passes bytes to the wire; listeners hear of it after.
        io.buffer.length = 0;
        if (!io.isReady) io.pins.length = io.analogPins.length = 0;
      }
      if (io.buffer.length > MESSAGE_BYTES_MAX) io.buffer.length = 0;
      const reports = told;
      told = [];
      return reports;
    },
    nudge() {
      if (!io.versionReceived) raw(REPORT_VERSION);
      else if (io.firmware.name === undefined) raw(START_SYSEX, REPORT_FIRMWARE, END_SYSEX);
      else if (io.pins.length === 0) raw(START_SYSEX, CAPABILITY_QUERY, END_SYSEX);
      else if (!isMapped) raw(START_SYSEX, ANALOG_MAPPING_QUERY, END_SYSEX);
    },
    lack() {
      for (const [wanted, word, list] of [
        [io.MODES.OUTPUT, "an output", relayPins],
        [io.MODES.INPUT, "an input", contactPins],
        [io.MODES.ANALOG, "measured", supervisedPins],
      ] as const)
        for (const pin of list) {
          const modes = io.pins[pin]?.supportedModes;
          if (modes === undefined) return `pin ${pin} is not there: the board has pins 0 to ${io.pins.length - 1}`;
          if (!modes.includes(wanted)) return `pin ${pin} cannot be ${word} on this board`;
          if (modes.includes(io.MODES.ANALOG) && !io.analogPins.includes(pin)) return `the board did not name the analog channel of pin ${pin}`;
        }
      return undefined;
    },
    askCapabilities() {
      io.buffer.length = io.pins.length = io.analogPins.length = 0;
      isMapped = false;
      raw(START_SYSEX, CAPABILITY_QUERY, END_SYSEX);
    },
    configure(energized) {
      io.buffer.length = 0;
      pullsUp = false;
      for (const pin of contactPins) io.pinMode(pin, inputMode(pin));
      for (const pin of supervisedPins) raw(SET_PIN_MODE, pin, io.MODES.ANALOG);
      for (const [relay, pin] of relayPins.entries()) {
        // Setting the mode drives the pin low; its level follows in the same breath, for the sake of active-low relays.
        io.pinMode(pin, io.MODES.OUTPUT);
        writeRelay(relay, energized);
      }
    },
    pullUp(energized) {
      pullsUp = true;
      for (const pin of contactPins) {
        if (inputMode(pin) === io.MODES.PULLUP) continue;
        setGroup(portOf(pin), energized);
        io.digitalWrite(pin, 1);
      }
    },
    writeRelay,
    askPin: (pin) => io.sysexCommand([PIN_STATE_QUERY, pin]),
    askLevels: (pin) => io.reportDigitalPin(pin, 1),
    askVoltage: (pin) => raw(REPORT_ANALOG | io.analogPins.indexOf(pin), 1),
    isModeOf(pin, mode) {
      if (supervisedPins.includes(pin)) return mode === io.MODES.ANALOG;
      return mode === (relayPins.includes(pin) ? io.MODES.OUTPUT : inputMode(pin));
    },
    isHighWhile: (energized) => energized !== activeLow,
    close() {
      clearTimeout(io.reportVersionTimeoutId);
      clearTimeout((board as unknown as { readonly timer: NodeJS.Timeout | null }).timer ?? undefined);
      for (const emitter of [transport, io, board as unknown as EventEmitter]) emitter.removeAllListeners();
      // firmata-io's own timers may still run out.
      board.on("error", () => {});
    },
  };
}
