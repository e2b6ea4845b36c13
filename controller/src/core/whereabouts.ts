import type { ControllerEvent, CredentialId, UnixSeconds } from "@portico/card-protocol";
import type { Side } from "./area.ts";

/** Which areas an access point leads out of and into. */
export interface Border {
  readonly enters: string | undefined;
  readonly leaves: string | undefined;
}

/** A holder as an area saw them last. */
export interface HolderAt extends Side {
  readonly holder: number;
  /** What they showed. */
  readonly credential: CredentialId;
}

/** The events that move holders. */
export const WHEREABOUTS_EVENTS = ["AccessGranted", "AccessTaken", "AccessNotTaken", "AreaReset", "ShadowTaken"] as const;

/** Somebody who was let in at a border and of whom nothing has been seen since. */
interface Underway extends Border {
  readonly holder: number;
  readonly credential: CredentialId;
  readonly since: UnixSeconds | null;
}

/**
 * Who is in which area, as the events tell it. Holders are counted, not credentials: a phone and a card of one person are one.
 *
 * ```
 *   unknown ──granted in──▶ underway ──taken──▶ inside ──granted out, taken──▶ outside (rule `area`), else unknown
 *      ▲                       │ not taken: as before                             │
 *      └───────────────────────┴───────────────── reset ──────────────────────────┘
 * ```
 *
 * Whoever is underway into an area counts as inside, whoever is underway out of it too: a door that waits is passed by one. Where a grant ends so that nobody
 * knows whether somebody passed (`device`, `restart`), it counts as a passage.
 */
export class Whereabouts {
  readonly #borders: ReadonlyMap<string, Border>;
  readonly #keepsOutside: ReadonlySet<string>;
  readonly #areas: ReadonlyMap<string, Map<number, HolderAt>>;
  readonly #underway = new Map<number, Underway>();
  readonly #counts: Map<string, number>;

  /**
   * @param borders       of the access points that have any
   * @param areas         every area's id
   * @param keepsOutside  the areas that have to know who has left
   */
  constructor(borders: ReadonlyMap<string, Border>, areas: readonly string[], keepsOutside: ReadonlySet<string>) {
    this.#borders = borders;
    this.#keepsOutside = keepsOutside;
    this.#areas = new Map(areas.map((area) => [area, new Map()]));
    this.#counts = new Map(areas.map((area) => [area, 0]));
  }

  /** The area's view of a holder; undefined: none. */
  of(area: string, holder: number): HolderAt | undefined {
    for (const way of this.#underway.values()) if (way.enters === area && way.holder === holder) return { ...way, side: "inside" };
    return this.#areas.get(area)?.get(holder);
  }

  /** As {@link of}, without those underway: what outlives a restart. */
  passed(area: string, holder: number): HolderAt | undefined {
    return this.#areas.get(area)?.get(holder);
  }

  /** How many holders are inside, those underway included. */
  inside(area: string): number {
    let count = this.#counts.get(area) ?? 0;
    const seen = new Set<number>();
    for (const { enters, holder } of this.#underway.values()) {
      if (enters !== area || seen.has(holder) || this.#areas.get(area)?.get(holder)?.side === "inside") continue;
      seen.add(holder);
      count++;
    }
    return count;
  }

  /** Everybody inside who has passed, in the order in which they did; those underway are not among them. */
  list(area: string): HolderAt[] {
    return [...(this.#areas.get(area)?.values() ?? [])].filter(({ side }) => side === "inside");
  }

  /** Below it no event has to be read again; undefined: none has. */
  oldestUnderway(): number | undefined {
    const [oldest] = this.#underway.keys();
    return oldest;
  }

  /** What was kept, before any event is taken. */
  keep(area: string, at: HolderAt): void {
    this.#set(area, at.holder, at);
  }

  /** Takes one event of {@link WHEREABOUTS_EVENTS}; others change nothing. @returns whose side changed, and in which area */
  take(seq: number, at: UnixSeconds | null, event: ControllerEvent): readonly { readonly area: string; readonly holder: number }[] {
    if (event.name === "AccessGranted") {
      const { accessPoint, holder, credential } = event.fields;
      const border = this.#borders.get(accessPoint);
      if (border !== undefined) this.#underway.set(seq, { ...border, holder, credential, since: at });
    } else if (event.name === "AccessTaken") return this.#passed(event.fields.grantedSeq);
    else if (event.name === "AccessNotTaken") {
      const { grantedSeq, cause } = event.fields;
      if (cause === "device" || cause === "restart") return this.#passed(grantedSeq);
      this.#underway.delete(grantedSeq);
    } else if (event.name === "ShadowTaken") {
      const { accessPoint, holder, credential } = event.fields;
      const border = this.#borders.get(accessPoint);
      return border === undefined ? [] : this.#cross({ ...border, holder, credential, since: at });
    } else if (event.name === "AreaReset") return this.#reset(event.fields.area, event.fields.holder);
    return [];
  }

  #passed(grantedSeq: number): { area: string; holder: number }[] {
    const way = this.#underway.get(grantedSeq);
    if (way === undefined) return [];
    this.#underway.delete(grantedSeq);
    return this.#cross(way);
  }

  #cross({ holder, credential, since, enters, leaves }: Underway): { area: string; holder: number }[] {
    if (leaves !== undefined) this.#set(leaves, holder, this.#keepsOutside.has(leaves) ? { holder, credential, since, side: "outside" } : undefined);
    if (enters !== undefined) this.#set(enters, holder, { holder, credential, since, side: "inside" });
    return [leaves, enters].flatMap((area) => (area === undefined ? [] : [{ area, holder }]));
  }

  #reset(area: string, holder: number | null): { area: string; holder: number }[] {
    const holders = holder === null ? [...(this.#areas.get(area)?.keys() ?? [])] : [holder];
    for (const each of holders) this.#set(area, each, undefined);
    return holders.map((each) => ({ area, holder: each }));
  }

  #set(area: string, holder: number, to: HolderAt | undefined): void {
    const holders = this.#areas.get(area);
    if (holders === undefined) return;
    const was = holders.get(holder)?.side === "inside" ? 1 : 0;
    holders.delete(holder); // in the order of passing
    if (to !== undefined) holders.set(holder, to);
    this.#counts.set(area, this.#counts.get(area)! - was + (to?.side === "inside" ? 1 : 0));
  }
}
