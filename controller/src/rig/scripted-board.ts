import { hasModbusCrc, modbusFrame, PULSE_UNIT_MS, type SimulatedClock, TIMED_PULSE_ADDRESS, type Wire } from "@portico/firmware-ts";

/** A relay command that the board was sent. */
export interface BoardWrite {
  readonly atMs: number;
  readonly relay: number;
  /** A pulse in ms, or a level. */
  readonly what: number | "on" | "off";
}

const READ_COILS = 0x01;
const READ_INPUTS = 0x02;
const WRITE_COIL = 0x05;
const WRITE_COILS = 0x0f;
const FRAME_BYTES = 8;

/**
 * The far end of a Modbus line, written by hand: one unit of 8 relays and 8 inputs that does what a test lets it. Each request of the driver comes in one
 * piece, because memory wires do not split unless they are told to.
 */
export class ScriptedBoard {
  /** Every relay command that arrived, obeyed or not. */
  readonly writes: BoardWrite[] = [];
  readonly relays: boolean[] = Array.from({ length: 8 }, () => false);
  readonly inputs: boolean[] = Array.from({ length: 8 }, () => false);
  /** Neither obeys nor answers. */
  isMute = false;
  /** A relay whose contacts are welded: it takes every command and stays energised. */
  welded: number | undefined;
  /** Called before a command is answered: what else the world has done by then. */
  onWrite: (write: BoardWrite) => void = () => {};
  readonly #clock: SimulatedClock;
  readonly #wire: Wire;
  readonly #drops = new Map<number, () => void>();

  constructor(wire: Wire, clock: SimulatedClock) {
    this.#wire = wire;
    this.#clock = clock;
    wire.onBytes((frame) => {
      if (!hasModbusCrc(frame)) throw new Error(`the driver sent no whole frame: ${Buffer.from(frame).toString("hex")}`);
      this.#take(frame);
    });
  }

  /** The commands for one relay, without their times. */
  told(relay: number): BoardWrite["what"][] {
    return this.writes.filter((write) => write.relay === relay).map(({ what }) => what);
  }

  /** Power goes and comes back. */
  powerCycle(): void {
    this.relays.fill(false);
  }

  #take(frame: Uint8Array): void {
    const code = frame[1]!;
    const address = (frame[2]! << 8) | frame[3]!;
    const value = (frame[4]! << 8) | frame[5]!;
    if (code === WRITE_COIL) {
      const isPulse = address >= TIMED_PULSE_ADDRESS;
      const write: BoardWrite = {
        atMs: this.#clock.monotonic(),
        relay: isPulse ? address - TIMED_PULSE_ADDRESS : address,
        what: isPulse ? value * PULSE_UNIT_MS : value === 0 ? "off" : "on",
      };
      this.writes.push(write);
      this.onWrite(write);
      if (!this.isMute) this.#obey(write);
    } else if (code === WRITE_COILS && !this.isMute)
      for (let bit = 0; bit < value; bit++)
        this.#obey({ atMs: this.#clock.monotonic(), relay: address + bit, what: ((frame[7 + (bit >> 3)]! >> (bit & 7)) & 1) === 1 ? "on" : "off" });
    if (this.isMute) return;
    if (this.welded !== undefined) this.relays[this.welded] = true;
    if (code === READ_COILS) this.#answer([code, 1, packed(this.relays.slice(0, value))]);
    else if (code === READ_INPUTS) this.#answer([code, 1, packed(this.inputs.slice(0, value))]);
    else this.#wire.write(modbusFrame([...frame.subarray(0, FRAME_BYTES - 2)]));
  }

  #obey({ relay, what }: BoardWrite): void {
    this.#drops.get(relay)?.();
    this.relays[relay] = what !== "off";
    if (typeof what === "number")
      this.#drops.set(
        relay,
        this.#clock.after(what, () => void (this.relays[relay] = false)),
      );
  }

  #answer(rest: readonly number[]): void {
    this.#wire.write(modbusFrame([1, ...rest]));
  }
}

const packed = (bits: readonly boolean[]): number => bits.reduce((byte, on, bit) => byte | (on ? 1 << bit : 0), 0);
