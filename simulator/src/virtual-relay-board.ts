import type { Clock } from "@portico/card-protocol";
import { listeners, MODBUS_BUSY, type Wire } from "@portico/firmware-ts";
import type { BoardSide } from "./board-side.ts";
import { answer, findRequest, ILLEGAL_FUNCTION, refusal } from "./modbus-unit.ts";

export interface VirtualRelayBoardOptions {
  /** The device's end of the line. Several boards may share it. */
  readonly wire: Wire;
  readonly clock: Clock;
  /** 1..247; default 1. */
  readonly unit?: number;
  /** Default 8. */
  readonly relays?: number;
  /** Default 8. */
  readonly inputs?: number;
  /** How long the board thinks before it answers; default 0: within the turn that brought the request. */
  readonly answerAfterMs?: number;
}

/** A Modbus RTU relay board that answers real bytes, times pulses itself and never lies about a coil. */
export interface VirtualRelayBoard extends BoardSide {
  /** True: it neither answers nor obeys, as with a wrong unit number or a cut A-B pair. */
  setMute(mute: boolean): void;
  /** Obeys, but its answers are lost. */
  setDumb(dumb: boolean): void;
  /** Answers every request that it is busy, and does nothing. @param exception  5 (accepted, takes long) or 6; default 6 */
  setBusy(busy: boolean, exception?: number): void;
  /** A function that it does not know, as older boards do not know 0F; undefined: it knows all. @param isFeigned  it answers as if it did */
  setUnknown(code: number | undefined, isFeigned?: boolean): void;
  /** Power goes and comes back: every relay drops. */
  powerCycle(): void;
  /** The contact wired to an input is closed. */
  input(input: number): boolean;
  /** Undamaged requests for this unit so far. */
  readonly requests: number;
  /** Lets go of wire and timers. */
  close(): void;
}

/** A frame that is not whole after this much silence is dropped. Real boards wait 3.5 characters; lines of this simulation chop frames more roughly. */
const GAP_MS = 50;
const RECEIVED_BYTES_MAX = 512;

/** Runs with a simulated clock in tests and with the system's as a process of its own. */
export function virtualRelayBoard(options: VirtualRelayBoardOptions): VirtualRelayBoard {
  const { wire, clock, unit = 1, relays = 8, inputs = 8, answerAfterMs = 0 } = options;
  const coils = Array.from({ length: relays }, () => false);
  const contacts = Array.from({ length: inputs }, () => false);
  const cancelDrops = new Map<number, () => void>();
  const changes = listeners<[number, boolean]>();
  let received = new Uint8Array();
  let heardAt = 0;
  let requests = 0;
  let isMute = false;
  let isDumb = false;
  let busyWith: number | undefined;
  let unknown: number | undefined;
  let isFeigned = false;
  const bank = { relays, inputs, relay: (relay: number) => coils[relay] === true, input: (input: number) => contacts[input] === true, write, pulse };

  const stop = wire.onBytes((bytes) => {
    if (clock.monotonic() - heardAt > GAP_MS) received = new Uint8Array();
    heardAt = clock.monotonic();
    received = Uint8Array.from([...received, ...bytes]).slice(-RECEIVED_BYTES_MAX);
    for (let found = findRequest(received); found !== undefined; found = findRequest(received)) {
      received = received.slice(found.used);
      if (found.frame[0] === unit && !isMute) obey(found.frame);
    }
  });

  function obey(frame: Uint8Array): void {
    requests++;
    const isUnknown = frame[1] === unknown;
    const refused = busyWith ?? (isUnknown && !isFeigned ? ILLEGAL_FUNCTION : undefined);
    const reply = refused === undefined ? answer(frame, isUnknown ? { ...bank, write: () => {} } : bank) : refusal(frame, refused);
    if (isDumb) return;
    if (answerAfterMs === 0) wire.write(reply);
    else clock.after(answerAfterMs, () => void wire.write(reply));
  }

  function write(relay: number, energized: boolean): void {
    cancelDrops.get(relay)?.();
    cancelDrops.delete(relay);
    if (coils[relay] === energized) return;
    coils[relay] = energized;
    changes.tell(relay, energized);
  }

  function pulse(relay: number, ms: number): void {
    write(relay, true);
    cancelDrops.set(
      relay,
      clock.after(ms, () => write(relay, false)),
    );
  }

  return {
    onRelay: changes.add,
    relay: bank.relay,
    input: bank.input,
    setInput(input, closed) {
      if (input < 0 || input >= inputs) throw new RangeError(`the board has no input ${input}`);
      contacts[input] = closed;
    },
    setUnknown(code, feigned = false) {
      unknown = code;
      isFeigned = feigned;
    },
    setMute: (mute) => void (isMute = mute),
    setDumb: (dumb) => void (isDumb = dumb),
    setBusy: (busy, exception = MODBUS_BUSY) => void (busyWith = busy ? exception : undefined),
    powerCycle: () => coils.forEach((_, relay) => write(relay, false)),
    get requests() {
      return requests;
    },
    close() {
      stop();
      for (const cancel of cancelDrops.values()) cancel();
    },
  };
}
