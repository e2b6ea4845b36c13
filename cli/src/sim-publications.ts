import type { Campus, HeardReport } from "@portico/simulator";

/** When a publication of the cloud was durably held at every controller, in the zone that it follows. */
export interface KnownPublication {
  readonly publish: number;
  /** Monotonic ms at which each controller said so, by id. */
  readonly at: ReadonlyMap<string, number>;
}

/** What a controller said that it holds, and when. */
interface Followed {
  readonly publish: number;
  readonly at: number;
}

/** So many are remembered of each controller. */
const FOLLOWED_KEPT = 64;

/** Hears which publications the controllers hold. */
export class Publications {
  /** By controller, oldest first. */
  readonly #followed: ReadonlyMap<string, Followed[]>;
  readonly #zones: ReadonlyMap<string, string>;
  readonly #monotonic: () => number;
  readonly #waiting = new Set<() => void>();

  constructor({ parts }: Pick<Campus, "parts">, monotonic: () => number) {
    this.#followed = new Map(parts.map(({ controller }) => [controller, []]));
    this.#zones = new Map(parts.map(({ controller, zone }) => [controller, `zone/${zone}`]));
    this.#monotonic = monotonic;
  }

  /** A zone's list comes behind `global`, so whoever holds the zone's holds all of the publication. */
  report(report: HeardReport): void {
    if (report.kind !== "followed" || report.controller === undefined || this.#zones.get(report.controller) !== report.partition) return;
    const followed = this.#followed.get(report.controller)!;
    followed.push({ publish: report.publish, at: this.#monotonic() });
    if (followed.length > FOLLOWED_KEPT) followed.shift();
    for (const look of Array.from(this.#waiting)) look();
  }

  /** Resolves when every controller holds it, or a later one, which brings whatever came before. */
  known(publish: number): Promise<KnownPublication> {
    return new Promise((resolve) => {
      const look = (): void => {
        const at = new Map<string, number>();
        for (const [controller, followed] of this.#followed) {
          const first = followed.find((each) => each.publish >= publish);
          if (first !== undefined) at.set(controller, first.at);
        }
        if (at.size < this.#followed.size) return;
        this.#waiting.delete(look);
        resolve({ publish, at });
      };
      this.#waiting.add(look);
      look();
    });
  }
}
