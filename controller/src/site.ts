import { type ControllerEvent, drillEvent, err, eventOf, eventSource, ok, type Result } from "@portico/card-protocol";
import type { Configuration } from "./configuration/configuration.ts";
import type { SiteVerb } from "./control/site-rows.ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { OperatorAct } from "./core/door-operation.ts";
import { EVERY_DOOR, isEvacuated } from "./core/overruling.ts";
import type { Place } from "./portal/portal.ts";
import type { Recorder } from "./recorder.ts";
import type { Standing } from "./store/site-standing.ts";
import { placeOf, zonesOf } from "./zones-of.ts";

/** A door or turnstile that is not as it was asked to be, and why. */
export interface Exception {
  readonly door: string;
  readonly why: string;
}

/** What became of something that was asked of many doors at once. */
export interface SiteAct {
  /** A zone, or every door. */
  readonly of: string;
  /** How many doors and turnstiles lie in it. */
  readonly doors: number;
  /** Which of them are not as asked for. */
  readonly exceptions: readonly Exception[];
}
export type SiteOutcome = Result<SiteAct, "ZoneUnknown" | "OperationRefused" | "NotRecorded">;

export interface SiteParts {
  readonly configuration: Pick<Configuration, "accessPoints" | "doors" | "turnstiles" | "lifts" | "locks" | "cloud">;
  readonly places: readonly Place[];
  readonly recorder: Pick<Recorder, "event" | "command" | "mark">;
  readonly clock: Pick<ControllerClock, "wall">;
  /** What lasted when the controller went down; the doors were begun with it. */
  readonly before: { readonly lockdowns: readonly Standing[]; readonly drills: readonly Standing[] };
  /** Why a lockdown may not be released yet, e.g. because its button is still pressed. */
  readonly heldBy: (of: string) => string | undefined;
}

/** What may be asked of many doors at once. */
export type SiteActs = Pick<Site, "lockDown" | "release" | "startDrill" | "endDrill" | "relock">;

/** Carries out what is asked of a zone, or of every door. */
export function askSite(site: SiteActs, verb: SiteVerb, of: string, act: OperatorAct): SiteOutcome {
  switch (verb) {
    case "lockdown":
      return site.lockDown(of, act);
    case "lockdown-release":
      return site.release(of, act);
    case "drill":
      return site.startDrill(of, act);
    case "drill-end":
      return site.endDrill(of, act);
    case "relock":
      return site.relock(of, act);
  }
}

/** What says that a device does not work is true in a drill, too, and so is a fire. */
const REAL_IN_A_DRILL: ReadonlySet<string> = new Set<ControllerEvent["name"]>(["FireInput", "DoorTamper", "DoorTamperCleared", "DoorFault", "DoorFaultCleared", "DeviceTamper", "Duress", "LockdownStarted", "LockdownEnded"]); // prettier-ignore
const notRecorded = err("NotRecorded", "the disk refuses to record, so nothing was changed");

/** What concerns many doors at once: lockdown, drill, and locking again behind fire or drill. Of a zone, or of every door of this controller. */
export class Site {
  readonly #parts: SiteParts;
  readonly #zones: ReadonlyMap<string, readonly string[]>;
  readonly #lockdowns: Map<string, Standing>;
  readonly #drills: Map<string, Standing>;
  /** Doors, turnstiles, their ways and their access points, whose events belong to a drill. */
  #drilled: ReadonlySet<string> = new Set();

  constructor(parts: SiteParts) {
    this.#parts = parts;
    this.#zones = zonesOf(parts.configuration);
    this.#lockdowns = new Map(parts.before.lockdowns.map((each) => [each.of, each]));
    this.#drills = new Map(parts.before.drills.map((each) => [each.of, each]));
    this.#mark();
    parts.recorder.mark((event) => this.#marked(event));
    for (const place of parts.places) if (place.overruling().fire) this.burning(place.id);
  }

  /** What lasts. */
  get lockdowns(): readonly Standing[] {
    return [...this.#lockdowns.values()];
  }
  get drills(): readonly Standing[] {
    return [...this.#drills.values()];
  }

  /** Doors that stay free until somebody has them locked again. */
  get awaiting(): readonly string[] {
    return this.#parts.places.filter((place) => place.overruling().awaitsRelock).map(({ id }) => id);
  }

  /** Doors and turnstiles that are free for fire or drill, or were not locked again behind one. */
  get evacuated(): readonly string[] {
    return this.#parts.places.filter((place) => isEvacuated(place.overruling())).map(({ id }) => id);
  }

  /** What of a place is not shut and locked. */
  open(of: string): readonly Exception[] {
    return this.#placesIn(of).flatMap((place) => exceptionOf(place, place.unsecured()));
  }

  /** Every zone that may be named, and every door. */
  get known(): readonly string[] {
    return [EVERY_DOOR, ...new Set([...this.#zones.values()].flat())];
  }

  /** Holds every door but those that are LockedOpen: at once, and written behind. Fire, exit buttons and readers that are ways out stay as they are. */
  lockDown(of: string, act: OperatorAct): SiteOutcome {
    if (!this.known.includes(of)) return this.#unknown(of);
    const isNew = !this.#lockdowns.has(of);
    if (isNew) this.#lockdowns.set(of, { of, ...act, since: this.#now() });
    this.#applyLockdowns();
    const exceptions = this.#placesIn(of).flatMap((place) => exceptionOf(place, notHeld(place)));
    const done = { of, doors: this.#placesIn(of).length, exceptions };
    if (isNew) this.#parts.recorder.event(eventOf("LockdownStarted", { zone: of, doors: done.doors, free: textOf(exceptions), ...act }));
    return ok(done);
  }

  /** Ends a lockdown: each door is as its mode says, one that another lockdown holds stays held. */
  release(of: string, act: OperatorAct): SiteOutcome {
    if (!this.known.includes(of)) return this.#unknown(of);
    if (!this.#lockdowns.has(of)) return err("OperationRefused", "there is no lockdown of it");
    const held = this.#parts.heldBy(of);
    if (held !== undefined) return err("OperationRefused", held);
    if (this.#parts.recorder.command(eventOf("LockdownEnded", { zone: of, ...act })) === undefined) return notRecorded;
    this.#lockdowns.delete(of);
    this.#applyLockdowns();
    const still = this.#placesIn(of).flatMap((place) => exceptionOf(place, stillHeld(place)));
    return ok({ of, doors: this.#placesIn(of).length, exceptions: still });
  }

  /** Frees every door as a fire would. What they say from now on is marked. */
  startDrill(of: string, act: OperatorAct): SiteOutcome {
    if (!this.known.includes(of)) return this.#unknown(of);
    if (this.#drills.has(of)) return err("OperationRefused", "a drill of it lasts already");
    const places = this.#placesIn(of);
    const burning = places.filter((place) => place.overruling().fire).map(({ id }) => id);
    if (burning.length > 0) return err("OperationRefused", `there is fire at ${burning.join(", ")}: this is no time for a drill`);
    if (this.#parts.recorder.command(eventOf("DrillStarted", { zone: of, doors: places.length, ...act })) === undefined) return notRecorded;
    this.#drills.set(of, { of, ...act, since: this.#now() });
    this.#mark();
    this.#applyDrills();
    return ok({ of, doors: places.length, exceptions: places.flatMap((place) => exceptionOf(place, place.unfreed())) });
  }

  /** Ends a drill: its doors stay free until {@link relock}. */
  endDrill(of: string, act: OperatorAct): SiteOutcome {
    if (!this.known.includes(of)) return this.#unknown(of);
    if (!this.#drills.has(of)) return err("OperationRefused", "there is no drill of it");
    if (this.#parts.recorder.command(eventOf("DrillEnded", { zone: of, cause: "person", ...act })) === undefined) return notRecorded;
    this.#drillOver(of);
    return ok({ of, doors: this.#placesIn(of).length, exceptions: this.open(of) });
  }

  /** Has every door that fire or a drill freed locked again, and tells which of them are not shut or not locked. Refused while fire or a drill lasts there. */
  relock(of: string, act: OperatorAct): SiteOutcome {
    if (!this.known.includes(of)) return this.#unknown(of);
    const places = this.#placesIn(of);
    const lasting = places.filter((place) => place.overruling().fire || place.overruling().drill).map(({ id }) => id);
    if (lasting.length > 0) return err("OperationRefused", `fire or a drill lasts at ${lasting.join(", ")}`);
    const waiting = places.filter((place) => place.overruling().awaitsRelock);
    for (const place of waiting) place.overrule({ kind: "relock" });
    const exceptions = waiting.flatMap((place) => exceptionOf(place, place.unsecured()));
    // Securing waits for nothing; a relock that a crash came into is asked for again.
    this.#parts.recorder.event(eventOf("DoorsRelocked", { zone: of, doors: waiting.length, open: textOf(exceptions), ...act }));
    return ok({ of, doors: waiting.length, exceptions });
  }

  /** A fire loop has opened: a drill there is over, and nothing of it is marked any more. */
  burning(door: string): void {
    for (const of of this.#drills.keys()) {
      if (!this.#placesIn(of).some(({ id }) => id === door)) continue;
      this.#parts.recorder.event(eventOf("DrillEnded", { zone: of, cause: "fire", by: `fire at ${door}`, reason: "" }));
      this.#drillOver(of);
    }
  }

  #drillOver(of: string): void {
    this.#drills.delete(of);
    this.#applyDrills();
    this.#mark();
  }

  #applyLockdowns(): void {
    for (const place of this.#parts.places) {
      const of = this.lockdowns.find((each) => this.#lies(place.id, each.of))?.of;
      if (place.overruling().lockdown !== of) place.overrule({ kind: "lockdown", of });
    }
  }

  #applyDrills(): void {
    for (const place of this.#parts.places) {
      const on = this.drills.some((each) => this.#lies(place.id, each.of));
      if (place.overruling().drill !== on) place.overrule({ kind: "drill", on });
    }
  }

  #mark(): void {
    const { configuration, places } = this.#parts;
    const drilled = places.filter((place) => this.drills.some(({ of }) => this.#lies(place.id, of))).map(({ id }) => id);
    const readers = configuration.accessPoints.filter(({ opens }) => drilled.includes(placeOf(opens)));
    const floors = configuration.lifts.filter(({ id }) => drilled.includes(id)).flatMap((lift) => lift.floors.map(({ id }) => `${lift.id}/${id}`));
    this.#drilled = new Set([...drilled.flatMap((id) => [id, `${id}/entry`, `${id}/exit`]), ...floors, ...readers.map(({ id }) => id)]);
  }

  #marked(event: ControllerEvent): ControllerEvent {
    if (event.name === "DrillStarted" || event.name === "DrillEnded") return drillEvent(event);
    if (this.#drills.size === 0 || REAL_IN_A_DRILL.has(event.name)) return event;
    return this.#drilled.has(eventSource(event) ?? "") ? drillEvent(event) : event;
  }

  #placesIn = (of: string): readonly Place[] => this.#parts.places.filter(({ id }) => this.#lies(id, of));
  #lies = (id: string, of: string): boolean => of === EVERY_DOOR || this.#zones.get(id)?.includes(of) === true;
  #unknown = (of: string): SiteOutcome => err("ZoneUnknown", `${of}; there are ${this.known.join(", ")}`);

  #now(): Standing["since"] {
    const wall = this.#parts.clock.wall();
    return wall === "untrusted" ? null : wall.now;
  }
}

const exceptionOf = ({ id }: Place, why: string | undefined): Exception[] => (why === undefined ? [] : [{ door: id, why }]);
const textOf = (exceptions: readonly Exception[]): string => exceptions.map(({ door, why }) => `${door} ${why}`).join(", ");

/** Why a lockdown does not keep people out there. */
function notHeld(place: Place): string | undefined {
  const open = place.unsecured();
  return open !== undefined && isEvacuated(place.overruling()) ? "is free: fire, drill, or not locked again behind one" : open;
}

const stillHeld = (place: Place): string | undefined =>
  place.overruling().lockdown === undefined ? undefined : `is held by the lockdown of ${place.overruling().lockdown!}`;
