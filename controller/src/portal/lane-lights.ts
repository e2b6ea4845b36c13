import type { Clock } from "@portico/card-protocol";
import { LANE_DIRECTIONS, type LaneDirection } from "../core/lane.ts";
import type { PortalParts } from "./portal.ts";

/** How long the readers of a way say that somebody passed whom nobody let in. */
const STANDS_MS = 5_000;

/** What the readers of a lane show and sound beside their answers: somebody passed uninvited, or the unit is in alarm. */
export class LaneLights {
  readonly #lane: string;
  readonly #clock: Pick<Clock, "after">;
  readonly #onFeedback: PortalParts["onFeedback"];
  readonly #cancels = new Map<LaneDirection, () => void>();
  readonly #shown = new Set<LaneDirection>();
  #isInAlarm = false;

  constructor(lane: string, { clock, onFeedback }: Pick<PortalParts, "clock" | "onFeedback">) {
    this.#lane = lane;
    this.#clock = clock;
    this.#onFeedback = onFeedback;
  }

  /** Somebody passed that way whom nobody let in. */
  uninvited(direction: LaneDirection): void {
    this.#cancels.get(direction)?.();
    const cancel = this.#clock.after(STANDS_MS, () => {
      this.#cancels.delete(direction);
      this.#look();
    });
    this.#cancels.set(direction, cancel);
    this.#look();
  }

  /** The unit is in alarm, or no longer. */
  unit(isInAlarm: boolean): void {
    if (this.#isInAlarm === isInAlarm) return;
    this.#isInAlarm = isInAlarm;
    this.#look();
  }

  close(): void {
    for (const cancel of this.#cancels.values()) cancel();
  }

  #look(): void {
    for (const direction of LANE_DIRECTIONS) {
      const isOn = this.#isInAlarm || this.#cancels.has(direction);
      if (isOn === this.#shown.has(direction)) continue;
      if (isOn) this.#shown.add(direction);
      else this.#shown.delete(direction);
      this.#onFeedback(`${this.#lane}/${direction}`, isOn ? "LaneAlarm" : "Idle");
    }
  }
}
