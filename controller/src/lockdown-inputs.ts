import type { LockdownInputConfiguration } from "./configuration/configuration.ts";
import { inputAct } from "./core/door-operation.ts";
import { EVERY_DOOR } from "./core/overruling.ts";
import { type BoardById, listenInput, listenLost } from "./portal/board-wiring.ts";
import type { Site } from "./site.ts";

/** Buttons that lock down without network, cloud and anybody at a keyboard. Pressed, or found pressed, they begin a lockdown; only a person ends it. */
export class LockdownInputs {
  readonly #inputs: readonly LockdownInputConfiguration[];
  /** As last read; absent: its board does not answer. */
  readonly #pressed = new Map<string, boolean>();
  readonly #removals: (() => void)[] = [];

  constructor(inputs: readonly LockdownInputConfiguration[]) {
    this.#inputs = inputs;
  }

  start(board: BoardById, site: Pick<Site, "lockDown">): void {
    for (const { id, input, pressedMeans, zone } of this.#inputs) {
      const read = (closed: boolean): void => {
        const isPressed = closed === (pressedMeans === "closed");
        const wasPressed = this.#pressed.get(id) === true;
        this.#pressed.set(id, isPressed);
        if (isPressed && !wasPressed) site.lockDown(zone ?? EVERY_DOOR, inputAct(id));
      };
      this.#removals.push(
        listenInput(board, input, read),
        listenLost(board, input, () => void this.#pressed.delete(id)),
      );
    }
  }

  /** Why a lockdown may not be released yet: one of its buttons is still pressed, and would begin it anew. */
  heldBy(of: string): string | undefined {
    const held = this.#inputs.find(({ id, zone }) => (zone ?? EVERY_DOOR) === of && this.#pressed.get(id) === true);
    return held && `the button ${held.id} is still pressed: unlatch it first`;
  }

  close(): void {
    for (const remove of this.#removals) remove();
  }
}
