import type { InputReference, TurnstileConfiguration } from "../configuration/configuration.ts";
import type { LaneDirection, LaneInput } from "../core/lane.ts";
import { type BoardById, listenFault, listenInput, listenLost } from "./board-wiring.ts";

/** Hands on what the contacts of a lane say: who passes, fire, and what the unit says of itself. Returns the functions that end it. */
export function listenLane(board: BoardById, turnstile: TurnstileConfiguration, take: (input: LaneInput) => void): (() => void)[] {
  const { fire, ready, readyMeans, alarm, alarmMeans } = turnstile;
  const pass = (direction: LaneDirection, contact: InputReference | undefined): (() => void)[] =>
    known(board, contact, (passing) => take({ kind: "pass", direction, passing }));
  return [
    ...pass("entry", turnstile.passEntry),
    ...pass("exit", turnstile.passExit),
    ...known(board, ready, (closed) =>
      take({ kind: "unit", signal: "ready", trouble: closed === undefined ? undefined : closed !== (readyMeans === "closed") }),
    ),
    ...known(board, alarm, (closed) =>
      take({ kind: "unit", signal: "alarm", trouble: closed === undefined ? undefined : closed === (alarmMeans === "closed") }),
    ),
    ...(fire === undefined
      ? []
      : [listenInput(board, fire, (closed) => take({ kind: "fire", active: !closed })), listenFault(board, fire, () => take({ kind: "fire", active: true }))]),
  ];
}

/** As last read, and undefined while its board does not answer or its wire is faulted. */
function known(board: BoardById, contact: InputReference | undefined, told: (closed: boolean | undefined) => void): (() => void)[] {
  return contact === undefined ? [] : [listenInput(board, contact, told), listenLost(board, contact, () => told(undefined))];
}
