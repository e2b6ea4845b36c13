import type { Clock } from "@portico/card-protocol";
import type { BoardSide } from "./board-side.ts";

export interface DoorWiring {
  readonly strikeRelay: number;
  /** Fail-secure: energised frees the latch. Fail-safe (a magnet): energised holds it. */
  readonly fail: "secure" | "safe";
  /** Closed while the door leaf is shut. */
  readonly contactInput: number;
  readonly rexInput: number;
}

/** How long a finger stays on the exit button. */
const PRESS_MS = 300;

/** A hinged door with strike, contact and exit button, as a physical thing. */
export interface DoorBody {
  /** Somebody pushes. True when the leaf moved; it falls shut after `openMs` unless held. */
  push(openMs: number): boolean;
  /** Opens whatever the latch says: a shoulder, a crowbar. */
  force(openMs: number): void;
  /** A wedge under the leaf: it stays open until {@link shut}. */
  wedge(): boolean;
  shut(): void;
  /** Presses the exit button. */
  pressExit(): void;
  readonly isOpen: boolean;
  readonly openings: number;
}

export function doorBody(board: BoardSide, wiring: DoorWiring, clock: Clock): DoorBody {
  let isOpen = false;
  let openings = 0;
  let cancelClosing = (): void => {};
  board.setInput(wiring.contactInput, true);
  board.setInput(wiring.rexInput, false);

  const isFree = (): boolean => board.relay(wiring.strikeRelay) === (wiring.fail === "secure");

  function open(openMs: number | undefined): void {
    cancelClosing();
    if (!isOpen) {
      isOpen = true;
      openings++;
      board.setInput(wiring.contactInput, false);
    }
    cancelClosing = openMs === undefined ? (): void => {} : clock.after(openMs, shut);
  }

  function shut(): void {
    cancelClosing();
    if (!isOpen) return;
    isOpen = false;
    board.setInput(wiring.contactInput, true);
  }

  return {
    push(openMs) {
      if (!isOpen && !isFree()) return false;
      open(openMs);
      return true;
    },
    force: open,
    wedge() {
      if (!isOpen && !isFree()) return false;
      open(undefined);
      return true;
    },
    shut,
    pressExit() {
      board.setInput(wiring.rexInput, true);
      clock.after(PRESS_MS, () => board.setInput(wiring.rexInput, false));
    },
    get isOpen() {
      return isOpen;
    },
    get openings() {
      return openings;
    },
  };
}
