import type { Clock, MonotonicMs } from "@portico/card-protocol";
import { TIMED_PULSE_ADDRESS, type Wire } from "@portico/firmware-ts";
import {
  findRequest,
  listenTcpWire,
  type TcpListenerWire,
  virtualRelayBoard,
  virtualScanner,
  type VirtualRelayBoard,
  type VirtualScanner,
} from "@portico/simulator";
import { CONTACT_INPUT, type Entrance, STRIKE_RELAY } from "./entrances.ts";
import type { LoopTurns } from "./loop-turns.ts";

/** A frame that asks for the strike to be energised, as the board read it. */
export interface StrikeFrame {
  /** Unix ms. */
  readonly wallMs: number;
  /** The answer left while the controller lived. */
  isAnswered: boolean;
}

/** How long the strike was energised once, on the board's own clock. */
export interface StrikeTime {
  /** How much longer than its hold, ms; negative: less long. */
  readonly overHoldMs: number;
  /** How much of that the board itself was late at most, because the loop that it lives in stood still, ms: in reading the last frame, and in dropping. */
  readonly lateMs: number;
  /** A frame has not ended it, but the board itself. */
  readonly isEndedByBoard: boolean;
}

interface Energized {
  readonly from: MonotonicMs;
  until?: MonotonicMs;
  lateMs: number;
  isEndedByBoard: boolean;
}

/** Which requests get no answer. The board obeys all the same. */
export type Withheld = "nothing" | "strike frames" | "everything";

interface Reply {
  readonly bytes: Uint8Array;
  /** The strike frame that it answers, if it is one. */
  readonly strikeFrame: StrikeFrame | undefined;
}

/** What the far ends measure with, and whom they tell that something has happened. */
export interface FarEndParts {
  readonly clock: Clock;
  /** Unix ms. */
  readonly wallMs: () => number;
  readonly turns: LoopTurns;
  readonly onChange: () => void;
}

/** The devices of one entrance: a scanner and a relay board that times pulses itself, at the ends of TCP wires that outlive every controller. */
export class FarEnd {
  readonly entrance: Entrance;
  readonly strikeFrames: StrikeFrame[] = [];
  readonly #energized: Energized[] = [];
  readonly #parts: FarEndParts;
  readonly #scannerWire: TcpListenerWire;
  readonly #boardWire: TcpListenerWire;
  readonly #scanner: VirtualScanner;
  readonly #board: VirtualRelayBoard;
  #withheld: Withheld = "nothing";
  #unsent: Reply | undefined;
  #received: Uint8Array = new Uint8Array();
  /** For each request that the board has not answered yet: whether it was a strike frame. */
  #asked: (StrikeFrame | undefined)[] = [];
  #isObeying = false;
  #inputReadings = 0;

  /** Listens at ports that the system chooses. */
  static async open(entrance: Entrance, parts: FarEndParts): Promise<FarEnd> {
    return new FarEnd(entrance, parts, await listenTcpWire(entrance.accessPoint), await listenTcpWire(entrance.board));
  }

  private constructor(entrance: Entrance, parts: FarEndParts, scannerWire: TcpListenerWire, boardWire: TcpListenerWire) {
    const { clock, onChange } = parts;
    this.entrance = entrance;
    this.#parts = parts;
    this.#scannerWire = scannerWire;
    this.#boardWire = boardWire;
    this.#scanner = virtualScanner({ wire: scannerWire, clock, random: () => 0 });
    this.#board = virtualRelayBoard({ wire: this.#watched(boardWire), clock });
    this.#board.onRelay((relay, energized) => void (relay === STRIKE_RELAY && this.#noteStrike(energized)));
    this.rest();
    scannerWire.onState(onChange);
    boardWire.onState((state) => {
      if (state === "open") this.#inputReadings = 0;
      this.#unsent = undefined;
      this.#received = new Uint8Array();
      onChange();
    });
  }

  /** Where on 127.0.0.1 each of the two wires is listened for. */
  get ports(): ReadonlyMap<string, number> {
    return new Map([this.#scannerWire, this.#boardWire].map(({ name, port }) => [name, port]));
  }

  get isConnected(): boolean {
    return this.#scannerWire.state === "open" && this.#boardWire.state === "open";
  }

  /** Nobody is connected, and everything that was sent has been read. */
  get isDeserted(): boolean {
    return this.#scannerWire.state === "closed" && this.#boardWire.state === "closed";
  }

  /** How often this connection has asked for the inputs. The second question shows that the answer to the first was taken in. */
  get inputReadings(): number {
    return this.#inputReadings;
  }

  /** A request waits for an answer that was withheld, so the line is busy. */
  get isWithholding(): boolean {
    return this.#unsent !== undefined;
  }

  /** Each time that the strike was energised; one that still is counts up to now. */
  get strikes(): StrikeTime[] {
    return this.#energized.map(({ from, until, lateMs, isEndedByBoard }) => ({
      overHoldMs: (until ?? this.#parts.clock.monotonic()) - from - this.entrance.holdMs,
      lateMs,
      isEndedByBoard,
    }));
  }

  get isStrikeEnergized(): boolean {
    return this.#board.relay(STRIKE_RELAY);
  }

  withhold(what: Withheld): void {
    this.#withheld = what;
  }

  /** Gives the answer that was withheld; those to strike frames stay so. */
  answer(): void {
    this.#withheld = "strike frames";
    if (this.#unsent?.strikeFrame === undefined) this.#send(this.#unsent);
  }

  /** Reads a whole code. */
  scan(text: string): void {
    void this.#scanner.scan(text);
  }

  /** The first bytes of a scan, and no more. */
  beginScan(text: string, length: number): void {
    this.#scannerWire.write(Uint8Array.from(text.slice(0, length), (char) => char.charCodeAt(0)));
  }

  /** Somebody passes: the contact changes and stays so until {@link rest}. */
  pass(): void {
    this.#board.setInput(CONTACT_INPUT, !this.entrance.contactAtRest);
  }

  rest(): void {
    this.#board.setInput(CONTACT_INPUT, this.entrance.contactAtRest);
  }

  async close(): Promise<void> {
    this.#board.close();
    await Promise.all([this.#scannerWire.close(), this.#boardWire.close()]);
  }

  /** The board's wire with an eye on what comes, and a hand on what goes. */
  #watched(wire: Wire): Wire {
    return {
      name: wire.name,
      get state() {
        return wire.state;
      },
      get trouble() {
        return wire.trouble;
      },
      onState: (listener) => wire.onState(listener),
      onBytes: (listener) =>
        wire.onBytes((bytes) => {
          this.#noteRequests(bytes);
          this.#isObeying = true;
          listener(bytes);
          this.#isObeying = false;
          this.#parts.onChange();
        }),
      write: (bytes) => {
        const reply: Reply = { bytes, strikeFrame: this.#asked.shift() };
        if (this.#withheld === "everything" || (this.#withheld === "strike frames" && reply.strikeFrame !== undefined)) this.#unsent = reply;
        else this.#send(reply);
        return true;
      },
      close: () => wire.close(),
    };
  }

  #send(reply: Reply | undefined): void {
    this.#unsent = undefined;
    if (reply === undefined) return;
    if (reply.strikeFrame !== undefined) reply.strikeFrame.isAnswered = true;
    this.#boardWire.write(reply.bytes);
  }

  #noteRequests(bytes: Uint8Array): void {
    this.#received = Uint8Array.from([...this.#received, ...bytes]);
    for (let found = findRequest(this.#received); found !== undefined; found = findRequest(this.#received)) {
      const { frame, used } = found;
      if (frame[1] === READ_INPUTS) this.#inputReadings++;
      const strikeFrame = energizesStrike(frame) ? { wallMs: this.#parts.wallMs(), isAnswered: false } : undefined;
      const last = this.#energized.at(-1);
      if (strikeFrame !== undefined && last !== undefined && last.until === undefined) last.lateMs = this.#parts.turns.stoodStillMs;
      if (strikeFrame !== undefined) this.strikeFrames.push(strikeFrame);
      this.#asked.push(strikeFrame);
      this.#received = this.#received.slice(used);
    }
  }

  #noteStrike(energized: boolean): void {
    const { clock, turns, onChange } = this.#parts;
    const at = clock.monotonic();
    const last = this.#energized.at(-1);
    if (energized) this.#energized.push({ from: at, lateMs: 0, isEndedByBoard: false });
    else if (last !== undefined) {
      last.until = at;
      last.isEndedByBoard = !this.#isObeying;
      last.lateMs += turns.stoodStillMs;
    }
    onChange();
  }
}

const READ_INPUTS = 0x02;
const WRITE_COIL = 0x05;
const WRITE_COILS = 0x0f;

/** Any frame that switches the strike on: for a time, for good, or among others. */
function energizesStrike(frame: Uint8Array): boolean {
  const address = (frame[2]! << 8) | frame[3]!;
  const value = (frame[4]! << 8) | frame[5]!;
  if (frame[1] === WRITE_COIL) return (address === TIMED_PULSE_ADDRESS + STRIKE_RELAY || address === STRIKE_RELAY) && value !== 0;
  return frame[1] === WRITE_COILS && address === STRIKE_RELAY && (frame[7]! & 1) === 1;
}
