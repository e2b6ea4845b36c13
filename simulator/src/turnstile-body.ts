import type { Clock } from "@portico/card-protocol";
import type { BoardSide } from "./board-side.ts";

export type Direction = "entry" | "exit";

export interface TurnstileWiring {
  readonly entryRelay: number;
  readonly exitRelay: number;
  readonly passEntryInput: number;
  readonly passExitInput: number;
  /** Normally closed: open means fire. Absent: no fire input is wired. */
  readonly fireInput?: number;
}

/** How long a turnstile's own electronics keep the arm free after a pulse. Makers' default: 5 s. */
const UNIT_WAIT_MS = 5_000;
/** How long a PASS contact stays closed as a body goes through. */
const PASS_CONTACT_MS = 200;

/** A tripod turnstile as a physical thing: a pulse frees the arm for one passage, the PASS contact tells that somebody went through. */
export interface TurnstileBody {
  /** A body pushes. True when it got through. */
  push(direction: Direction): boolean;
  /** Somebody slips through without turning the arm anew: the PASS contact closes again although the unit counted one. */
  tailgate(direction: Direction): void;
  /** Opens or closes the fire loop; nothing happens where none is wired. */
  fire(burning: boolean): void;
  readonly passages: number;
}

export function turnstileBody(board: BoardSide, wiring: TurnstileWiring, clock: Clock): TurnstileBody {
  const arm = { entry: lockedArm(), exit: lockedArm() };
  let burning = false;
  let passages = 0;
  if (wiring.fireInput !== undefined) board.setInput(wiring.fireInput, true);
  board.onRelay((relay, energized) => {
    const direction = relay === wiring.entryRelay ? "entry" : relay === wiring.exitRelay ? "exit" : undefined;
    if (direction === undefined) return;
    arm[direction].relay = energized;
    if (energized) free(direction);
  });

  function free(direction: Direction): void {
    const one = arm[direction];
    one.free = true;
    one.cancel();
    one.cancel = clock.after(UNIT_WAIT_MS, () => void (one.free = false));
  }

  function pass(direction: Direction): void {
    passages++;
    const input = direction === "entry" ? wiring.passEntryInput : wiring.passExitInput;
    board.setInput(input, true);
    clock.after(PASS_CONTACT_MS, () => board.setInput(input, false));
  }

  return {
    push(direction) {
      const one = arm[direction];
      if (!one.free && !one.relay && !burning) return false;
      one.free = false;
      one.cancel();
      pass(direction);
      return true;
    },
    tailgate: pass,
    fire(now) {
      if (wiring.fireInput === undefined) return;
      burning = now;
      board.setInput(wiring.fireInput, !now);
    },
    get passages() {
      return passages;
    },
  };
}

const lockedArm = (): { free: boolean; relay: boolean; cancel: () => void } => ({ free: false, relay: false, cancel: () => {} });
