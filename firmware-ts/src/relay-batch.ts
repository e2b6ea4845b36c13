import type { MonotonicMs } from "@portico/card-protocol";

/** So many relays that are wished together go out in one frame; fewer go one by one, each timed at once. */
export const BATCH_MIN = 4;

/** A wish as far as a frame for many relays concerns it. */
export interface BatchedWish {
  readonly relay: number;
  readonly wanted: WantedRelay;
  readonly attempts: number;
  readonly dueAt: number;
  readonly isAcknowledged: boolean;
  /** Energised by such a frame, and not timed by the board yet. */
  readonly isHeld: boolean;
  readonly droppedAt: number;
}

/** One frame of function 0F: the levels of neighbouring relays from `first` on, and the wishes that it carries out. */
export interface RelayBatch<W> {
  readonly first: number;
  readonly levels: readonly boolean[];
  readonly members: readonly W[];
}

/**
 * The wishes around one that may go out together with it; undefined where they are too few. Relays between them are told again what they are told already. One
 * that the board times or must time from the first, or of which nobody knows what it does, ends the frame: a level would take its time away.
 *
 * @param wishes  of every relay, in their order
 */
export function batchAround<W extends BatchedWish>(wishes: readonly W[], around: W, now: MonotonicMs): RelayBatch<W> | undefined {
  const isFresh = (one: W): boolean => !one.isAcknowledged && !one.isHeld && one.attempts === 0 && one.dueAt <= now && mayBeHeld(one.wanted);
  if (!isFresh(around)) return undefined;
  let from = around.relay;
  let to = around.relay;
  while (from > 0 && levelOf(wishes[from - 1]!, now) !== undefined) from--;
  while (to + 1 < wishes.length && levelOf(wishes[to + 1]!, now) !== undefined) to++;
  const members = wishes.slice(from, to + 1).filter(isFresh);
  if (members.length < BATCH_MIN) return undefined;
  const [first, last] = [members[0]!.relay, members.at(-1)!.relay];
  return { first, levels: wishes.slice(first, last + 1).map((one) => levelOf(one, now) === true), members };
}

/** A level that was wished, or a pulse whose wisher takes that it is timed a moment later: a strike must drop by itself whatever becomes of us. */
const mayBeHeld = (wanted: WantedRelay): boolean => wanted.kind !== "pulse" || wanted.isOneOfMany === true;

/** What may be written to a relay without changing anything but what is wished; undefined: nothing may. */
function levelOf({ wanted, attempts, isAcknowledged, droppedAt }: BatchedWish, now: MonotonicMs): boolean | undefined {
  if (!isAcknowledged) return attempts === 0 && mayBeHeld(wanted) ? wanted.kind !== "off" : undefined;
  if (wanted.kind !== "pulse") return wanted.kind === "on";
  return now < droppedAt ? undefined : false;
}

/** What somebody wants of a relay. A pulse ends in off; whether it is one of many: see `RelayBoard.pulse`. */
export type WantedRelay =
  | { readonly kind: "off" }
  | { readonly kind: "on" }
  | { readonly kind: "pulse"; readonly holdMs: number; readonly isOneOfMany?: boolean };
