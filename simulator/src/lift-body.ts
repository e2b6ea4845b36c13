import { type Clock, type MonotonicMs } from "@portico/card-protocol";
import type { BoardSide } from "./board-side.ts";

/** How one button of the cabin is wired. */
export interface LiftButton {
  readonly floor: string;
  /** Its relay, between button and control; absent: the button works always. */
  readonly relay?: { readonly board: BoardSide; readonly relay: number };
  /** `secure`, the default: current makes it work. `safe`: current keeps it from working. */
  readonly fail?: "secure" | "safe";
  /** Closed while its call stands; absent: nobody sees it. */
  readonly call?: { readonly board: BoardSide; readonly input: number };
}

/** A call that the lift has taken. */
export interface LiftCall {
  readonly floor: string;
  readonly at: MonotonicMs;
}

/** A lift's cabin as a physical thing: a panel of buttons of which some work, and calls that stand until the cabin has been there. */
export interface LiftBody {
  /** Somebody presses a button. True where it works: its call stands from then on, if it did not already. */
  press(floor: string): boolean;
  /** The buttons that work now. */
  working(): readonly string[];
  /** Every call that was taken, the oldest first. */
  readonly calls: readonly LiftCall[];
}

/** How long the cabin takes to where it is called. */
const RIDE_MS = 4_000;

/** Wires a panel to relays and inputs; it goes by what the relays do. */
export function liftBody(buttons: readonly LiftButton[], clock: Clock): LiftBody {
  const standing = new Set<string>();
  const calls: LiftCall[] = [];
  for (const { call } of buttons) call?.board.setInput(call.input, false);
  const works = ({ relay, fail = "secure" }: LiftButton): boolean => relay === undefined || relay.board.relay(relay.relay) === (fail === "secure");
  return {
    press(floor) {
      const button = buttons.find((each) => each.floor === floor);
      if (button === undefined) throw new RangeError(`the panel has no button ${floor}`);
      if (!works(button)) return false;
      if (standing.has(floor)) return true;
      standing.add(floor);
      calls.push({ floor, at: clock.monotonic() });
      button.call?.board.setInput(button.call.input, true);
      clock.after(RIDE_MS, () => {
        standing.delete(floor);
        button.call?.board.setInput(button.call.input, false);
      });
      return true;
    },
    working: () => buttons.filter(works).map(({ floor }) => floor),
    calls,
  };
}
