import { type Clock, eventOf, type MonotonicMs } from "@portico/card-protocol";
import type { ShadowDecided } from "./access-point-parts.ts";
import type { Configuration, InputReference } from "./configuration/configuration.ts";
import { NO_OLD_GRANTS, oldGrantBegins, oldGrantEnds, type OldGrants, type OldGrantStep, shadowScan } from "./core/old-grant.ts";
import { type BoardById, listenInput, listenLost } from "./portal/board-wiring.ts";
import { type ShadowedWay, shadowedWays } from "./portal/shadow-ways.ts";
import type { Recorder } from "./recorder.ts";
import { openedBy } from "./zones-of.ts";

/** So long a relay has to rest before its next closing is another grant, and so long an exit button may be read behind the relay that it moves. */
const SETTLES_MS = 300;

export interface ShadowWatchParts {
  readonly configuration: Pick<Configuration, "doors" | "turnstiles" | "accessPoints" | "shadowWindowMs">;
  readonly board: BoardById;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly recorder: Pick<Recorder, "event">;
  /** The old system drives that door or turnstile now. */
  readonly isInShadow: (place: string) => boolean;
}

/** One way and what is seen of it. */
interface Watched {
  readonly way: ShadowedWay;
  grants: OldGrants;
  isOpen: boolean;
  changedAt: number;
  rexAt: number;
  /** Who the last scans were, as long as one of them may be whom the old system lets in. */
  readonly who: Map<number, ShadowDecided>;
  cancel: () => void;
}

/**
 * Sees what the old system does, by its relay, its lock or the door's contact, and writes it down beside what Portico would have decided. Whom both saw, and
 * the old system let in, counts as having passed.
 */
export class ShadowWatch {
  readonly #parts: ShadowWatchParts;
  readonly #watched: ReadonlyMap<string, Watched>;
  readonly #removals: (() => void)[] = [];

  constructor(parts: ShadowWatchParts) {
    this.#parts = parts;
    this.#watched = new Map(
      shadowedWays(parts.configuration).map((way) => [
        way.id,
        { way, grants: NO_OLD_GRANTS, isOpen: false, changedAt: -Infinity, rexAt: -Infinity, who: new Map(), cancel: () => {} },
      ]),
    );
    for (const watched of this.#watched.values()) this.#listen(watched);
  }

  /** Somebody was judged at a door in shadow, and it stands in the log. */
  decided(decided: ShadowDecided): void {
    const { configuration } = this.#parts;
    const point = configuration.accessPoints.find(({ id }) => id === decided.accessPoint);
    const watched = point && this.#watched.get(openedBy(point.opens));
    if (watched === undefined) return;
    for (const [seq, { at }] of watched.who) if (decided.at - at > configuration.shadowWindowMs) watched.who.delete(seq);
    watched.who.set(decided.seq, decided);
    this.#carryOut(watched, shadowScan(watched.grants, decided, configuration.shadowWindowMs));
  }

  close(): void {
    for (const remove of this.#removals) remove();
    for (const { cancel } of this.#watched.values()) cancel();
  }

  #listen(watched: Watched): void {
    const { board, clock } = this.#parts;
    const { oldGrant, contact, rex } = watched.way;
    const source = oldGrant ?? contact;
    if (source === undefined) return;
    const opensOn = oldGrant === undefined ? contact!.closedMeans !== "closed" : oldGrant.grantedMeans === "closed";
    let isFirst = true;
    this.#on(source, (closed) => {
      const isOpen = closed === opensOn;
      // As it is found is no grant: nobody knows since when.
      if (isFirst) {
        watched.isOpen = isOpen;
        watched.grants = { ...watched.grants, isOpen };
      } else if (isOpen !== watched.isOpen) this.#turned(watched, isOpen);
      isFirst = false;
    });
    this.#removals.push(listenLost(board, source, () => void (isFirst = true)));
    if (rex !== undefined) this.#on(rex, (pressed) => void (pressed && (watched.rexAt = clock.monotonic())));
  }

  #on(input: InputReference, listener: (closed: boolean) => void): void {
    this.#removals.push(listenInput(this.#parts.board, input, listener));
  }

  #turned(watched: Watched, isOpen: boolean): void {
    const { clock, isInShadow } = this.#parts;
    const at = clock.monotonic();
    const isBounce = at - watched.changedAt < SETTLES_MS;
    watched.isOpen = isOpen;
    watched.changedAt = at;
    if (!isOpen) return void (watched.grants = oldGrantEnds(watched.grants));
    if (isBounce || !isInShadow(watched.way.place)) return void (watched.grants = { ...watched.grants, isOpen: true });
    // An exit button moves the same relay, and may be read a moment later.
    watched.cancel();
    watched.cancel = clock.after(watched.way.rex === undefined ? 0 : SETTLES_MS, () => this.#begins(watched, at));
  }

  #begins(watched: Watched, at: MonotonicMs): void {
    const { configuration, isInShadow } = this.#parts;
    if (!isInShadow(watched.way.place)) return;
    const { waiting } = watched.grants;
    const isAwaited = waiting !== undefined && at - waiting.at <= configuration.shadowWindowMs;
    const isExit = !isAwaited && Math.abs(watched.rexAt - at) <= configuration.shadowWindowMs;
    if (isExit) return void (watched.grants = { ...watched.grants, isOpen: watched.isOpen });
    const step = oldGrantBegins(watched.grants, at, configuration.shadowWindowMs);
    this.#carryOut(watched, { ...step, grants: { ...step.grants, isOpen: watched.isOpen } });
  }

  #carryOut(watched: Watched, { grants, isGrant, answered }: OldGrantStep): void {
    const { recorder } = this.#parts;
    const { id: door, oldGrant } = watched.way;
    watched.grants = grants;
    const by = oldGrant === undefined ? ("contact" as const) : ("input" as const);
    if (isGrant) recorder.event(eventOf("OldSystemDecided", { door, accessPoint: "", decision: "granted", by, credential: null, decidedAt: null }));
    const decided = answered && watched.who.get(answered.seq);
    if (decided?.who === undefined) return;
    const { accessPoint, seq, who } = decided;
    watched.who.delete(seq);
    recorder.event(eventOf("ShadowTaken", { accessPoint, credential: who.id, holder: who.holder, shadowSeq: seq }));
  }
}
