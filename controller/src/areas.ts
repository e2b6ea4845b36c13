import { type Credential, type CredentialId, eventOf, type WallTime } from "@portico/card-protocol";
import type { AccessPointConfiguration, Configuration } from "./configuration/configuration.ts";
import { type AreaFacts, type AreaRules, type AreaVerdict, judgeAreas } from "./core/area.ts";
import type { OperatorAct } from "./core/door-operation.ts";
import { type Border, type HolderAt, Whereabouts } from "./core/whereabouts.ts";
import type { Recorder } from "./recorder.ts";
import { AreaHolders, forgetAreas } from "./store/area-holders.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import type { ControllerClock } from "./controller-clock.ts";

/** What the areas of a controller stand on. */
export interface AreasParts {
  readonly configuration: Pick<Configuration, "areas" | "accessPoints" | "site">;
  readonly store: Pick<ControllerStore, "database" | "events">;
  readonly clock: Pick<ControllerClock, "after">;
  readonly recorder: Recorder;
}

/** The areas of one controller: who is in them, and what they say to who comes and goes. */
export class Areas {
  readonly #parts: AreasParts;
  readonly #rules: ReadonlyMap<string, AreaRules>;
  readonly #whereabouts: Whereabouts;
  readonly #holders: AreaHolders | undefined;

  constructor(parts: AreasParts) {
    const { configuration, store, clock, recorder } = parts;
    this.#parts = parts;
    this.#rules = new Map(configuration.areas.map((area) => [area.id, area]));
    const ids = [...this.#rules.keys()];
    const borders = configuration.accessPoints.flatMap(({ id, enters, leaves }): [string, Border][] =>
      enters === undefined && leaves === undefined ? [] : [[id, { enters, leaves }]],
    );
    const keepsOutside = new Set(configuration.areas.filter(({ antipassback }) => antipassback === "area").map(({ id }) => id));
    this.#whereabouts = new Whereabouts(new Map(borders), ids, keepsOutside);
    if (ids.length > 0) this.#holders = new AreaHolders(store.database, store.events, clock, this.#whereabouts, ids);
    else recorder.attempt(() => forgetAreas(store.database));
  }

  /** What the areas at an access point's border say of a holder, who comes with so many others; undefined where it stands at none. */
  verdictAt({ enters, leaves, egress }: AccessPointConfiguration): ((credential: Credential, wall: WallTime, others: number) => AreaVerdict) | undefined {
    if (enters === undefined && leaves === undefined) return undefined;
    const { timeZone } = this.#parts.configuration.site;
    return ({ holder, flags }, wall, others) =>
      judgeAreas({ enters: this.#facts(enters, holder, others), leaves: this.#facts(leaves, holder, 0), flags, wall, egress, timeZone });
  }

  /** Every area with how many holders are inside, in the file's order. */
  all(): readonly { readonly rules: AreaRules; readonly holders: number }[] {
    return [...this.#rules.values()].map((rules) => ({ rules, holders: this.#whereabouts.inside(rules.id) }));
  }

  /** Who is inside, whoever came first in front. */
  inside(area: string): readonly HolderAt[] {
    return this.#whereabouts.list(area).toSorted((a, b) => (a.since ?? 0) - (b.since ?? 0));
  }

  /** The holder whom an area saw last by this credential. */
  holderBy(area: string, credential: CredentialId): number | undefined {
    return this.#whereabouts.list(area).find((at) => at.credential === credential)?.holder;
  }

  /**
   * Forgets where one holder is, or everybody: the next passage is judged as the first. The event that says so is durable before anything is forgotten.
   *
   * @returns false where it could not be recorded: then nothing was forgotten
   */
  reset(area: string, holder: number | null, { by, reason }: OperatorAct): boolean {
    return this.#parts.recorder.command(eventOf("AreaReset", { area, holder, by, reason })) !== undefined;
  }

  /** Stops listening; what is not written yet is read from the events at the next start. */
  close(): void {
    this.#holders?.close();
  }

  #facts(area: string | undefined, holder: number, others: number): AreaFacts | undefined {
    if (area === undefined) return undefined;
    const rules = this.#rules.get(area)!;
    return { rules, holder: this.#whereabouts.of(area, holder), holdersInside: this.#whereabouts.inside(area) + others };
  }
}
