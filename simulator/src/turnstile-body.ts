import { type Clock, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import { listeners } from "@portico/firmware-ts";
import type { BoardSide } from "./board-side.ts";

export type Direction = "entry" | "exit";

export interface TurnstileWiring {
  readonly entryRelay: number;
  readonly exitRelay: number;
  readonly passEntryInput: number;
  readonly passExitInput: number;
  /** Normally closed: open means fire. Absent: no fire input is wired. */
  readonly fireInput?: number;
  /** Closed while it takes a pulse: not while its arm turns, nor while somebody stands between its sensors. Absent: not wired. */
  readonly readyInput?: number;
  /** Closed while somebody stands between its sensors. Absent: not wired. */
  readonly alarmInput?: number;
  /** `pulse`, the default: the unit times the passage itself. `level`: the arm is free as long as the relay is energised. */
  readonly style?: "pulse" | "level";
}

/** Why the arm gave way: a pulse for one passage; a relay that is held for everybody; somebody close behind another; fire. */
export type PassageCause = "release" | "free way" | "tailgating" | "fire";

/** Somebody went through the arm. */
export interface BodyPassage {
  readonly direction: Direction;
  readonly at: MonotonicMs;
  readonly cause: PassageCause;
}

/** A tripod turnstile as a physical thing: a pulse frees the arm for one passage, the PASS contact tells that somebody went through. */
export interface TurnstileBody {
  /** A body pushes. True when it got through; false at a secured arm, and while the arm still turns. */
  push(direction: Direction): boolean;
  /** Somebody presses through close behind another, without a pulse of their own. False when nobody has gone that way just now. */
  tailgate(direction: Direction): boolean;
  /** Opens or closes the fire loop; nothing happens where none is wired. */
  fire(burning: boolean): void;
  /** Somebody or something stands between the sensors, or no longer: the arm does not turn, the unit is not ready and in alarm. */
  jam(jammed: boolean): void;
  /** How often the arm of a direction was freed: rising edges of its relay. */
  releases(direction: Direction): number;
  readonly passages: readonly BodyPassage[];
  onPassage(listener: (passage: BodyPassage) => void): () => void;
}

/** How long a turnstile's own electronics keep the arm free after a pulse. Makers' default: 5 s. */
export const UNIT_WAIT_MS = 5_000;
/** A relay held so long is no pulse: everybody may pass until it drops. */
const HELD_MS = 1_000;
/** How long a PASS contact stays closed as a body goes through. */
const PASS_CONTACT_MS = 200;
/** Until then the arm turns, and nobody else gets through. */
const TURN_MS = 400;
/** So long behind a passage the arm can be held up for another body. */
const FOLLOW_MS = 1_500;

interface Arm {
  energizedAt: MonotonicMs | undefined;
  /** A pulse has freed it for one passage until then. */
  freeUntil: number;
  releases: number;
  passedAt: number;
}

/** Wires a turnstile to a board; it goes by what the relays do from now on. */
export function turnstileBody(board: BoardSide, wiring: TurnstileWiring, clock: Clock): TurnstileBody {
  const arms = { entry: securedArm(), exit: securedArm() };
  const told = listeners<[BodyPassage]>();
  const passages: BodyPassage[] = [];
  let burning = false;
  let turningUntil = 0;
  let isJammed = false;
  for (const input of [wiring.passEntryInput, wiring.passExitInput]) board.setInput(input, false);
  if (wiring.fireInput !== undefined) board.setInput(wiring.fireInput, true);
  board.onRelay((relay, energized) => {
    if (relay === wiring.entryRelay) switched(arms.entry, energized);
    if (relay === wiring.exitRelay) switched(arms.exit, energized);
  });
  for (const [arm, relay] of [[arms.entry, wiring.entryRelay] as const, [arms.exit, wiring.exitRelay] as const]) if (board.relay(relay)) switched(arm, true);

  speak();

  /** What the unit says of itself now. */
  function speak(): void {
    if (wiring.readyInput !== undefined) board.setInput(wiring.readyInput, !isJammed && clock.monotonic() >= turningUntil);
    if (wiring.alarmInput !== undefined) board.setInput(wiring.alarmInput, isJammed);
  }

  function switched(arm: Arm, energized: boolean): void {
    const now = clock.monotonic();
    if (energized) {
      arm.releases++;
      arm.freeUntil = now + UNIT_WAIT_MS;
    } else if (arm.energizedAt !== undefined && now - arm.energizedAt >= HELD_MS) arm.freeUntil = 0; // it was held open and is secured now
    arm.energizedAt = energized ? now : undefined;
  }

  /** Why the arm would give way now; undefined: it is secured. */
  function causeNow(arm: Arm): PassageCause | undefined {
    const now = clock.monotonic();
    if (burning) return "fire";
    if (wiring.style === "level") return arm.energizedAt === undefined ? undefined : "release";
    if (arm.energizedAt !== undefined && now - arm.energizedAt >= HELD_MS) return "free way";
    return now < arm.freeUntil ? "release" : undefined;
  }

  function turn(direction: Direction, cause: PassageCause): void {
    const now = clock.monotonic();
    const arm = arms[direction];
    if (cause === "release") arm.freeUntil = 0;
    arm.passedAt = now;
    turningUntil = now + TURN_MS;
    const input = direction === "entry" ? wiring.passEntryInput : wiring.passExitInput;
    board.setInput(input, true);
    clock.after(PASS_CONTACT_MS, () => board.setInput(input, false));
    speak();
    clock.after(TURN_MS, speak);
    const passage = { direction, at: monotonicMs(now), cause };
    passages.push(passage);
    told.tell(passage);
  }

  return {
    push(direction) {
      const cause = causeNow(arms[direction]);
      if (isJammed || cause === undefined || clock.monotonic() < turningUntil) return false;
      turn(direction, cause);
      return true;
    },
    tailgate(direction) {
      const now = clock.monotonic();
      if (now - arms[direction].passedAt > FOLLOW_MS) return false;
      const squeeze = (): void => {
        const waitMs = turningUntil - clock.monotonic();
        if (waitMs > 0) clock.after(waitMs, squeeze);
        else turn(direction, "tailgating");
      };
      squeeze();
      return true;
    },
    fire(now) {
      if (wiring.fireInput === undefined) return;
      burning = now;
      board.setInput(wiring.fireInput, !now);
    },
    jam(now) {
      isJammed = now;
      speak();
    },
    releases: (direction) => arms[direction].releases,
    passages,
    onPassage: told.add,
  };
}

const securedArm = (): Arm => ({ energizedAt: undefined, freeUntil: 0, releases: 0, passedAt: Number.NEGATIVE_INFINITY });
