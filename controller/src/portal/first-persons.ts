import { type CredentialId, eventOf, type UnixSeconds } from "@portico/card-protocol";
import type { Configuration } from "../configuration/configuration.ts";
import type { ControllerClock } from "../controller-clock.ts";
import { openedBy } from "../zones-of.ts";
import type { Recorder } from "../recorder.ts";
import type { EventLog } from "../store/event-log.ts";

/** The doors of which a schedule waits for a first person, by the access points that lead in through them. */
export function firstPersonDoors({ doorSchedules, accessPoints }: Pick<Configuration, "doorSchedules" | "accessPoints">): ReadonlyMap<string, string> {
  const doors = new Set(doorSchedules.filter(({ firstPerson }) => firstPerson).map(({ door }) => door));
  return new Map(
    accessPoints.flatMap(({ id, opens, egress }): [string, string][] => {
      const door = openedBy(opens);
      return doors.has(door) && !egress ? [[id, door]] : [];
    }),
  );
}

export interface FirstPersonsParts {
  /** {@link firstPersonDoors} */
  readonly doorOf: ReadonlyMap<string, string>;
  readonly events: Pick<EventLog, "onEvent" | "firstPersons">;
  readonly clock: Pick<ControllerClock, "after">;
  readonly recorder: Pick<Recorder, "wish">;
  /** Whether a schedule of the door waits now: who comes while none does is no first person. */
  readonly isAwaited: (door: string) => boolean;
  readonly onCame: () => void;
}

/** Who has come in last at each door whose schedule waits for a first person, as the log tells it: a restart changes nothing of it. */
export class FirstPersons {
  readonly #parts: FirstPersonsParts;
  readonly #cameAt: Map<string, UnixSeconds>;
  readonly #underway = new Map<number, { readonly door: string; readonly accessPoint: string; readonly credential: CredentialId }>();
  readonly #removeListener: () => void;

  constructor(parts: FirstPersonsParts) {
    this.#parts = parts;
    this.#cameAt = new Map(parts.doorOf.size === 0 ? [] : parts.events.firstPersons());
    this.#removeListener = parts.events.onEvent((logged) => {
      if (this.#underway.size === 0 || (logged.name !== "AccessTaken" && logged.name !== "AccessNotTaken")) return;
      const { record } = logged; // read only now: somebody waits at the door
      if (!record.ok) return;
      const { event, at } = record.value;
      if (event.name !== "AccessTaken" && event.name !== "AccessNotTaken") return;
      const seq = event.fields.grantedSeq;
      const coming = this.#underway.get(seq);
      this.#underway.delete(seq);
      // Behind those who listen to this event: what is recorded and moved by it is told after it.
      if (coming !== undefined && event.name === "AccessTaken" && at !== null) parts.clock.after(0, () => this.#came(seq, coming, at));
    });
  }

  /** When somebody came in last; undefined: never, as far as the log says. */
  cameAt(door: string): UnixSeconds | undefined {
    return this.#cameAt.get(door);
  }

  /** A holder with the flag `firstPerson` is let in. */
  goes(accessPoint: string, credential: CredentialId, grantedSeq: number): void {
    const door = this.#parts.doorOf.get(accessPoint);
    if (door !== undefined) this.#underway.set(grantedSeq, { door, accessPoint, credential });
  }

  close(): void {
    this.#removeListener();
  }

  /** On a disk that refuses nobody has: a schedule unlocks nothing that is not written. */
  #came(
    grantedSeq: number,
    { door, accessPoint, credential }: { readonly door: string; readonly accessPoint: string; readonly credential: CredentialId },
    at: UnixSeconds,
  ): void {
    const { recorder, isAwaited, onCame } = this.#parts;
    if (!isAwaited(door)) return;
    if (recorder.wish(eventOf("FirstPersonIn", { door, accessPoint, credential, grantedSeq })) === undefined) return;
    this.#cameAt.set(door, at);
    onCame();
  }
}
