import type { InputFault } from "@portico/card-protocol";
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

/** Calls when the board goes off line, or the input's wire is faulted: what the input says is no longer known. Returns the function that ends it. */
export function listenLost(board: BoardById, reference: InputReference, listener: () => void): () => void {
  const removals = [board(reference.board).onHealth(({ kind }) => void (kind === "offline" && listener())), listenFault(board, reference, listener)];
  return () => removals.forEach((remove) => remove());
}

/** Calls when the wire of a supervised input is faulted, and at once where it is. Returns the function that ends it. */
export function listenFault(board: BoardById, reference: InputReference, listener: () => void): () => void {
  const { supervision } = board(reference.board);
  if (faultOf(board, reference) !== undefined) listener();
  return supervision?.onFault((input, fault) => void (input === reference.input && fault !== undefined && listener())) ?? ((): void => {});
}

/** What is wrong with the wire of an input; undefined: nothing, or its board does not measure it. */
export const faultOf = (board: BoardById, { board: id, input }: InputReference): InputFault | undefined => board(id).supervision?.fault(input);

/**
 * Tells a relay what to do. A state that meets a board which is off line already is `Disconnected`, whatever keeps it away: it stands as soon as the board
 * answers, and that the board stays away is told by its outage.
 *
 * @param isOneOfMany  of a pulse: see {@link RelayBoard.pulse}
 */
export async function driveRelay(board: BoardById, { board: id, relay }: RelayReference, drive: RelayDrive, isOneOfMany = false): Promise<DeviceResult> {
  const unit = board(id);
  if (drive.kind === "pulse") return unit.pulse(relay, drive.holdMs, isOneOfMany);
  const wasOffline = unit.health.kind === "offline";
  const result = await unit.set(relay, drive.energized);
  return !result.ok && wasOffline ? { ...result, error: "Disconnected" } : result;
}
