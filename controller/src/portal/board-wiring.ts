import type { DeviceResult, RelayBoard } from "@portico/firmware-ts";
import type { InputReference, RelayReference } from "../configuration/configuration.ts";
import type { RelayDrive } from "../core/lock.ts";

/** A board by its id. */
export type BoardById = (id: string) => RelayBoard;

/**
 * Calls with each change of an input, and with what has been read already: at once, and whenever the board is back, for one that was off line without being
 * forgotten tells no change. May call with the same reading twice. Returns the function that ends it.
 */
export function listenInput(board: BoardById, { board: id, input }: InputReference, listener: (closed: boolean) => void): () => void {
  const unit = board(id);
  const tellKnown = (): void => {
    const known = unit.input(input);
    if (known !== undefined) listener(known);
  };
  const removals = [
    unit.onInput((changed, closed) => void (changed === input && listener(closed))),
    unit.onHealth(({ kind }) => void (kind === "online" && tellKnown())),
  ];
  tellKnown();
  return () => removals.forEach((remove) => remove());
}

/** Calls when the board goes off line: what its inputs say is no longer known. Returns the function that ends it. */
export const listenLost = (board: BoardById, { board: id }: InputReference, listener: () => void): (() => void) =>
  board(id).onHealth(({ kind }) => void (kind === "offline" && listener()));

/** Tells a relay what to do. */
export function driveRelay(board: BoardById, { board: id, relay }: RelayReference, drive: RelayDrive): Promise<DeviceResult> {
  const unit = board(id);
  return drive.kind === "pulse" ? unit.pulse(relay, drive.holdMs) : unit.set(relay, drive.energized);
}
