import type { Clock } from "@portico/card-protocol";
import type { Configuration, DoorConfiguration } from "./configuration/configuration.ts";
import { type Tamper, tamperDue, tamperRead, type TamperReading, tamperState, unreadTamper } from "./core/tamper.ts";
import { type BoardById, listenInput, listenLost } from "./portal/board-wiring.ts";
import type { Recorder } from "./recorder.ts";

export interface TamperWatchParts {
  readonly configuration: Pick<Configuration, "doors">;
  readonly board: BoardById;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly recorder: Pick<Recorder, "event">;
  /** Doors of which the log says that they were tampered with, and not that it is over. */
  readonly before: ReadonlySet<string>;
}

/** Watches the tamper loops of doors, whoever drives them: that somebody opens a case is an alarm, and moves no lock. */
export class TamperWatch {
  readonly #parts: TamperWatchParts;
  readonly #tampers = new Map<string, Tamper>();
  readonly #removals: (() => void)[] = [];
  readonly #ticks = new Map<string, () => void>();

  constructor(parts: TamperWatchParts) {
    this.#parts = parts;
    for (const door of parts.configuration.doors) this.#listen(door);
  }

  /** Null: the door has no tamper loop. */
  stateOf(door: string): ReturnType<typeof tamperState> | null {
    const tamper = this.#tampers.get(door);
    return tamper === undefined ? null : tamperState(tamper);
  }

  close(): void {
    for (const remove of this.#removals) remove();
    for (const cancel of this.#ticks.values()) cancel();
  }

  #listen({ id, tamper, debounceMs }: DoorConfiguration): void {
    if (tamper === undefined) return;
    const { board, before } = this.#parts;
    this.#tampers.set(id, unreadTamper(before.has(id)));
    const read = (reading: TamperReading): void => this.#read(id, reading, debounceMs);
    this.#removals.push(
      listenInput(board, tamper, (closed) => read(closed === (tamper.tamperedMeans === "closed") ? "opened" : "whole")),
      listenLost(board, tamper, () => read(board(tamper.board).health.kind === "online" ? "wire" : "unread")),
    );
  }

  #read(door: string, reading: TamperReading, debounceMs: number): void {
    const { clock } = this.#parts;
    this.#tampers.set(door, tamperRead(this.#tampers.get(door)!, reading, clock.monotonic(), debounceMs));
    this.#wait(door);
  }

  #wait(door: string): void {
    const { clock, recorder } = this.#parts;
    this.#ticks.get(door)?.();
    this.#ticks.delete(door);
    const { dueAt } = this.#tampers.get(door)!;
    if (dueAt === undefined) return;
    const look = (): void => {
      const { tamper, event } = tamperDue(this.#tampers.get(door)!, clock.monotonic(), door);
      this.#tampers.set(door, tamper);
      if (event !== undefined) recorder.event(event);
    };
    this.#ticks.set(door, clock.after(Math.max(0, dueAt - clock.monotonic()), look));
  }
}
