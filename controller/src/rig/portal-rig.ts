import type { CredentialId } from "@portico/card-protocol";
import {
  type Feedback,
  type MemoryWirePair,
  memoryWirePair,
  modbusBus,
  modbusRelayBoard,
  type RelayBoard,
  seededRandom,
  type Wire,
} from "@portico/firmware-ts";
import { DeviceWatch } from "../device-watch.ts";
import type { Act, BoardUser, PortalParts } from "../portal/portal.ts";
import { grantedEvent } from "./granted-event.ts";
import { CREDENTIAL } from "./people.ts";
import { RigStore } from "./rig-store.ts";
import { ScriptedBoard } from "./scripted-board.ts";

const WRITE_COIL = 0x05;
/** How often the driver reads the inputs, ms. */
export const POLL_MS = 50;

/** A door's or lane's surroundings: the real driver of one board `board` on a memory wire, at its far end a {@link ScriptedBoard}, and a real store. */
export class PortalRig extends RigStore {
  readonly wire: MemoryWirePair;
  readonly far: ScriptedBoard;
  readonly board: RelayBoard;
  /** Called with each frame in the very moment in which the driver writes it. */
  onSent: (frame: Uint8Array) => void = () => {};
  readonly acts: Act[] = [];
  readonly feedback: Feedback[] = [];
  #watch: DeviceWatch | undefined;

  constructor() {
    super();
    this.wire = memoryWirePair({ name: "board", clock: this.time, random: seededRandom(1) });
    this.far = new ScriptedBoard(this.wire.far, this.time);
    const { near } = this.wire;
    const heard: Wire = {
      ...near,
      get state() {
        return near.state;
      },
      get trouble() {
        return near.trouble;
      },
      write: (frame) => {
        this.onSent(frame);
        return near.write(frame);
      },
    };
    this.board = modbusRelayBoard({
      id: "board",
      bus: modbusBus({ wire: heard, clock: this.time, silenceMs: 0 }),
      unit: 1,
      relays: 8,
      inputs: 8,
      pollMs: POLL_MS,
    });
  }

  get parts(): PortalParts {
    return {
      board: () => this.board,
      clock: this.clock,
      recorder: this.recorder,
      onAct: (act) => this.acts.push(act),
      onFire: () => {},
      onFeedback: (_, feedback) => this.feedback.push(feedback),
    };
  }

  /** Watches the board as a controller does, and waits until it answers. */
  async online(user: BoardUser): Promise<void> {
    this.#watch = new DeviceWatch(this.board, this.time, {
      lost: (error, detail) => user.boardLost("board", error, detail),
      back: () => user.boardBack("board"),
    });
    await this.time.until(() => this.board.input(7) !== undefined, 1_000);
  }

  /** A grant that is recorded, as an access point does it. @returns its number */
  grant(accessPoint: string, credential: CredentialId = CREDENTIAL.zhang): number {
    const seq = this.recorder.decision(grantedEvent(accessPoint, { credential }));
    if (seq === undefined) throw new Error("the grant could not be recorded");
    return seq;
  }

  /** Presses, opens or closes a contact, and passes time until it is read. */
  async contact(input: number, closed: boolean): Promise<void> {
    this.far.inputs[input] = closed;
    await this.time.pass(2 * POLL_MS);
  }

  /** From now on: what stood in the log whenever the driver wrote a command for this relay, in the very moment of writing. */
  logAtCommands(relay: number): string[][] {
    const seen: string[][] = [];
    this.onSent = (frame) => void (frame[1] === WRITE_COIL && frame[3] === relay && seen.push(this.log()));
    return seen;
  }

  /** Everything that was recorded, as `name` or `name detail`. */
  log(): string[] {
    return this.events().map(({ name, fields }) => {
      const { cause, mode, error, active, count } = fields as Readonly<Record<string, string | number | boolean | undefined>>;
      const detail = cause ?? mode ?? error ?? active ?? count;
      return detail === undefined ? name : `${name} ${detail}`;
    });
  }

  override end(): void {
    this.#watch?.close();
    super.end();
  }
}
