import type { Clock, Credential } from "@portico/card-protocol";
import { type EscortAhead, type EscortFacts, escortFacts, escortGoes, escortStayed } from "./core/escort.ts";
import type { EventLog } from "./store/event-log.ts";

/** Who may be followed at one access point by those who need an escort. Kept in memory: behind a restart the escort goes again. */
export class EscortWatch {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #withinMs: number;
  readonly #removeListener: () => void;
  #ahead: EscortAhead | undefined;

  constructor(events: Pick<EventLog, "onEvent">, clock: Pick<Clock, "monotonic">, withinMs: number) {
    this.#clock = clock;
    this.#withinMs = withinMs;
    this.#removeListener = events.onEvent((event) => {
      if (event.name !== "AccessNotTaken" || this.#ahead === undefined) return;
      const { record } = event; // read only now: somebody waits at the door
      if (record.ok && record.value.event.name === "AccessNotTaken") this.#ahead = escortStayed(this.#ahead, record.value.event.fields.grantedSeq);
    });
  }

  /** An escort is let in. */
  goes(holder: number, grantedSeq: number): void {
    this.#ahead = escortGoes(holder, grantedSeq, this.#clock.monotonic(), this.#withinMs);
  }

  /** @param beside  who passes together with the holder, where two have to come */
  facts(holder: number, beside: Credential | undefined): EscortFacts {
    if (beside?.flags.includes("escort") === true && beside.holder !== holder) return { isHere: true, detail: "beside an escort" };
    return escortFacts(this.#ahead, holder, this.#clock.monotonic(), this.#withinMs);
  }

  close(): void {
    this.#removeListener();
  }
}
