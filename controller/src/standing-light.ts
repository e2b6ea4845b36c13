import type { Clock } from "@portico/card-protocol";
import { type DeviceResult, type Feedback, type Indicator, relayIndicator } from "@portico/firmware-ts";
import type { AccessPointConfiguration } from "./configuration/configuration.ts";
import type { Hardware } from "./hardware.ts";

/** How long an answer to somebody is shown before the door's own word comes back: as long as its light. */
const ANSWER_MS = 1_500;

/**
 * The light of a reader whose door may have something to say meanwhile: that it stands open. An answer to a scan is shown in between, so that nobody silences
 * the door by showing a code.
 */
export class StandingLight implements Indicator {
  readonly #light: Indicator;
  readonly #clock: Pick<Clock, "after">;
  #standing: Feedback = "Idle";
  #cancelReturn: (() => void) | undefined;

  constructor(light: Indicator, clock: Pick<Clock, "after">) {
    this.#light = light;
    this.#clock = clock;
  }

  /** Shows an answer, and behind it what stands. */
  indicate(feedback: Feedback): Promise<DeviceResult> {
    this.#cancelReturn?.();
    this.#cancelReturn = this.#clock.after(ANSWER_MS, () => {
      this.#cancelReturn = undefined;
      if (this.#standing !== "Idle") void this.#light.indicate(this.#standing);
    });
    return this.#light.indicate(feedback);
  }

  /** Shows this until something else stands; `Idle`: nothing does. */
  stand(feedback: Feedback): void {
    this.#standing = feedback;
    if (this.#cancelReturn === undefined) void this.#light.indicate(feedback);
  }

  /** Goes out, and leaves no timer: a door that stands open would go on beeping. */
  close(): void {
    this.#cancelReturn?.();
    void this.#light.indicate("Idle");
  }
}

/** The light of an access point: relays beside its reader, the reader's own, or none. */
export function lightOf(
  { indicator, scanner }: Pick<AccessPointConfiguration, "indicator" | "scanner">,
  hardware: Pick<Hardware, "readers" | "lights" | "boards">,
  clock: Clock,
): StandingLight | undefined {
  if (indicator === undefined) {
    const own = hardware.readers.get(scanner) ?? hardware.lights.get(scanner);
    return own === undefined ? undefined : new StandingLight(own, clock);
  }
  const { board, ...relays } = indicator;
  return new StandingLight(relayIndicator({ board: hardware.boards.get(board)!, clock, ...relays }), clock);
}
