import { type CardFormat, type CredentialId, err, eventOf, localTime, ok, type Result, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Configuration } from "./configuration/configuration.ts";
import type { OldLogTaken } from "./control/shadow-rows.ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { OperatorAct } from "./core/door-operation.ts";
import { isEvacuated } from "./core/overruling.ts";
import { boardRefusal } from "./portal/portal.ts";
import type { BoardById } from "./portal/board-wiring.ts";
import type { Portals } from "./portal/portals.ts";
import { shadowedWays } from "./portal/shadow-ways.ts";
import type { Recorder } from "./recorder.ts";
import { ShadowReports } from "./shadow-reports.ts";
import { ShadowWatch } from "./shadow-watch.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import { shadowDecisions } from "./store/shadow-decisions.ts";
import { openedBy, placeOf } from "./zones-of.ts";

/** One decision of the old system, as its log has it. */
export interface OldLogEntry {
  readonly accessPoint: string;
  readonly at: UnixSeconds;
  /** As the log writes it; null: it names none. Kept nowhere. */
  readonly card: string | null;
  readonly granted: boolean;
}

export interface ShadowParts {
  readonly configuration: Configuration;
  readonly portals: Pick<Portals, "isInShadow" | "cutOver" | "giveBack" | "places">;
  readonly store: Pick<ControllerStore, "database" | "events">;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  readonly board: BoardById;
  /** The credential that an access point's list has for a card; undefined: none, or no card is written so. `format` undefined: as its reader writes. */
  readonly cardOf: (accessPoint: string, card: string, format: CardFormat | undefined) => CredentialId | undefined;
  /** Who drives a door has changed. */
  readonly onChanged: () => void;
}

type DrivingOutcome = Result<undefined, "DoorUnknown" | "OperationRefused" | "NotRecorded">;

/** Doors that an old system drives until they are cut over: who drives each, what the old system does, and how the two compare. */
export class Shadow {
  readonly watch: ShadowWatch;
  readonly reports: ShadowReports;
  readonly #parts: ShadowParts;

  constructor(parts: ShadowParts) {
    const { configuration, store, clock, recorder, board, portals } = parts;
    const isInShadow = portals.isInShadow;
    this.#parts = parts;
    this.watch = new ShadowWatch({ configuration, board, clock, recorder, isInShadow });
    this.reports = new ShadowReports({ configuration, database: store.database, clock, recorder, isInShadow });
  }

  /** Doors and turnstiles beside which the configuration knows an old system. */
  get places(): readonly string[] {
    return [...new Set(shadowedWays(this.#parts.configuration).map(({ place }) => place))];
  }

  close(): void {
    this.watch.close();
    this.reports.close();
  }

  /** Portico drives the door from now on. It is durable before anything moves. */
  cutOver(id: string, act: OperatorAct): DrivingOutcome {
    const { portals, recorder, onChanged } = this.#parts;
    if (!this.places.includes(id)) return err("DoorUnknown", id);
    if (!portals.isInShadow(id)) return err("OperationRefused", "Portico drives it already");
    const silent = this.#silentBoard(id);
    if (silent !== undefined) return err("OperationRefused", silent);
    if (recorder.command(eventOf("DoorCutOver", { door: id, ...act })) === undefined) return NOT_RECORDED;
    portals.cutOver(id);
    onChanged();
    return ok(undefined);
  }

  /** The old system drives the door again. It is durable before anything is let go. Refused while Portico holds it free or shut for everybody's safety. */
  giveBack(id: string, act: OperatorAct): DrivingOutcome {
    const { configuration, portals, recorder, store, onChanged } = this.#parts;
    if (!this.places.includes(id)) return err("DoorUnknown", id);
    if (portals.isInShadow(id)) return err("OperationRefused", "the old system drives it already");
    const overruling = portals.places.find((place) => place.id === id)!.overruling();
    if (isEvacuated(overruling)) return err("OperationRefused", "fire or a drill frees it, or nobody has had it locked again behind one (portico fire relock)");
    if (overruling.lockdown !== undefined) return err("OperationRefused", `the lockdown of ${overruling.lockdown} holds it`);
    if (recorder.command(eventOf("DoorReturned", { door: id, ...act })) === undefined) return NOT_RECORDED;
    portals.giveBack(id);
    const points = new Set(configuration.accessPoints.filter(({ opens }) => placeOf(opens) === id).map((point) => point.id));
    for (const { seq, accessPoint } of store.events.openGrants())
      if (points.has(accessPoint)) recorder.event(eventOf("AccessNotTaken", { accessPoint, grantedSeq: seq, cause: "superseded" }));
    onChanged();
    return ok(undefined);
  }

  /** The door, or way of a turnstile, that an access point opens and an old system may drive; undefined: none. */
  wayOf(accessPoint: string): string | undefined {
    const point = this.#parts.configuration.accessPoints.find(({ id }) => id === accessPoint);
    return point !== undefined && this.places.includes(placeOf(point.opens)) ? openedBy(point.opens) : undefined;
  }

  /**
   * Takes over what the old system's own log says: all of it or nothing, and nothing twice. Days that are over are reported anew.
   *
   * @param entries  each at an access point for which {@link wayOf} knows a way
   * @returns undefined where the disk refuses
   */
  import(entries: readonly OldLogEntry[], format: CardFormat | undefined, act: OperatorAct): OldLogTaken | undefined {
    const { store, clock, recorder, cardOf, configuration } = this.#parts;
    const times = entries.map(({ at }) => at);
    const span = { from: unixSeconds(Math.min(...times)), until: unixSeconds(Math.max(...times)) };
    const there = new Map<string, number>();
    for (const { by, accessPoint, atMs, credential, granted } of shadowDecisions(store.database, span, () => undefined).old) {
      const key = `${accessPoint} ${atMs / 1000} ${credential ?? ""} ${granted}`;
      if (by === "import") there.set(key, (there.get(key) ?? 0) + 1);
    }
    let known = 0;
    let unknownCards = 0;
    const events = entries.flatMap(({ accessPoint, at, card, granted }) => {
      const credential = card === null ? null : (cardOf(accessPoint, card, format) ?? null);
      const key = `${accessPoint} ${at} ${credential ?? ""} ${granted}`;
      const left = there.get(key) ?? 0;
      there.set(key, left - 1);
      if (left > 0) return (known++, []);
      if (credential === null) unknownCards++;
      const decision = granted ? ("granted" as const) : ("denied" as const);
      return [eventOf("OldSystemDecided", { door: this.wayOf(accessPoint)!, accessPoint, decision, by: "import", credential, decidedAt: at })];
    });
    const time = clock.eventTime();
    const told = eventOf("OldLogImported", { ...act, taken: events.length, known, unknownCards });
    const written = recorder.attempt(() =>
      store.database.transaction("durable", () => {
        for (const event of [...events, told]) store.events.append(event, time);
        return true;
      }),
    );
    if (written === undefined) return undefined;
    const today = this.reports.today();
    const days = [...new Set(times.map((at) => localTime(configuration.site.timeZone, at).date))].toSorted();
    const over = events.length === 0 || today === null ? [] : days.filter((day) => day < today);
    for (const day of over) this.reports.report(day);
    return { taken: events.length, known, unknownCards, days: over };
  }

  #silentBoard(id: string): string | undefined {
    const { configuration, board } = this.#parts;
    const door = configuration.doors.find((each) => each.id === id);
    const turnstile = configuration.turnstiles.find((each) => each.id === id);
    const relays = [door?.strike, door?.secondBolt, turnstile?.entry, turnstile?.exit];
    for (const relay of relays) {
      const refusal = relay && boardRefusal(board(relay.board));
      if (refusal !== undefined) return refusal.detail;
    }
    return undefined;
  }
}

const NOT_RECORDED = err("NotRecorded", "the disk refuses to record, so nothing was changed");
