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
  /** Somebody pushes. True when the leaf is open then: it falls shut `openMs` later, unless it is wedged. False at a latched door. */
  push(openMs: number): boolean;
  /** Opens whatever the latch says: a shoulder, a crowbar. */
  force(openMs: number): void;
  /** A wedge under the leaf: it stays open until {@link shut}. False at a latched door. */
  wedge(): boolean;
  /** Takes the wedge away and pulls the leaf shut. */
  shut(): void;
  /** Presses the exit button. */
  pressExit(): void;
  readonly isOpen: boolean;
  /** How often the leaf has left its frame. */
  readonly openings: number;
}

/** Hangs a door on a board: shut, its latch as the strike's relay says. */
export function doorBody(board: BoardSide, wiring: DoorWiring, clock: Clock): DoorBody {
  let isOpen = false;
  let isWedged = false;
  let openings = 0;
  let cancelClosing = (): void => {};
  let cancelPress = (): void => {};
  board.setInput(wiring.contactInput, true);
  board.setInput(wiring.rexInput, false);

  const isFree = (): boolean => isOpen || board.relay(wiring.strikeRelay) === (wiring.fail === "secure");

  function open(openMs: number): void {
    cancelClosing();
    if (!isOpen) {
      isOpen = true;
      openings++;
      board.setInput(wiring.contactInput, false);
    }
    if (!isWedged) cancelClosing = clock.after(openMs, shut);
  }

  function shut(): void {
    cancelClosing();
    isWedged = false;
    if (!isOpen) return;
    isOpen = false;
    board.setInput(wiring.contactInput, true);
  }

  return {
    push(openMs) {
      if (!isFree()) return false;
      open(openMs);
      return true;
    },
    force: open,
    wedge() {
      if (!isFree()) return false;
      isWedged = true;
      open(0);
      return true;
    },
    shut,
    pressExit() {
      cancelPress();
      board.setInput(wiring.rexInput, true);
      cancelPress = clock.after(PRESS_MS, () => board.setInput(wiring.rexInput, false));
    },
    get isOpen() {
      return isOpen;
    },
    get openings() {
      return openings;
    },
  };
}
