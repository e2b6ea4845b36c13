import type { AccessPointTarget, Configuration, LiftConfiguration } from "../configuration/configuration.ts";
import { type DoorSettings, UNKNOWN_DOOR } from "../core/door.ts";
import type { ModeStanding } from "../core/door-schedule.ts";
import { NOT_OVERRULED, type Overruling } from "../core/overruling.ts";
import { LANE_DIRECTIONS, type LaneDirection, type LaneSettings } from "../core/lane.ts";
import type { LiftSettings } from "../core/lift.ts";
import { openedBy, placeOf } from "../zones-of.ts";
import { driveRelay } from "./board-wiring.ts";
import { DoorPortal, type DoorPortalOptions } from "./door-portal.ts";
import type { RoomPortal } from "../locks/room-portal.ts";
import { LanePortal, type LanePortalOptions } from "./lane-portal.ts";
import { LiftPortal } from "./lift-portal.ts";
import { ShadowPlace } from "./shadow-place.ts";
import { type BoardUser, NEVER_SET, type Operable, type Place, type Portal, type PortalParts } from "./portal.ts";

/** Every door, turnstile and lift of a controller. The lists change when a door is cut over or given back: whoever keeps one sees it. */
export interface Portals {
  readonly users: readonly BoardUser[];
  /** Doors by id, directions of turnstiles as `<turnstile>/<direction>`, floors of lifts as `<lift>/<floor>`. */
  readonly operables: ReadonlyMap<string, Operable>;
  /** Turnstiles, in the file's order. */
  readonly lanes: readonly (Pick<LanePortal, "unit" | "holdable" | "directions"> & Pick<Place, "id">)[];
  /** Doors, turnstiles and lifts, in the file's order. */
  readonly places: readonly Place[];
  /** What a reader opens. @param egress  it is a way out */
  portalOf(target: PlaceTarget, egress: boolean): Portal;
  /** True while the old system drives that door or turnstile. */
  isInShadow(id: string): boolean;
  /** Portico drives it from now on, as at a start: what lockdowns, drills and the fire loop say counts at once. */
  cutOver(id: string): void;
  /** The old system drives it from now on: its relays are let go, and nothing of it is told any more. */
  giveBack(id: string): void;
}

/** How things stood when the controller went down. */
export interface StandingBefore {
  /** Modes as they were set, by id of the operable. */
  readonly modes: ReadonlyMap<string, ModeStanding>;
  /** Doors, turnstiles and lifts whose fire loop was open then: they stay free until it is read. */
  readonly fires?: ReadonlySet<string>;
  /** What else overruled a door or turnstile then. */
  readonly overrulingOf?: (id: string) => Omit<Overruling, "fire">;
  /** Doors and turnstiles that the old system drives. */
  readonly inShadow?: ReadonlySet<string>;
}

/** What stands behind a reader at which nobody signs in. */
type PlaceTarget = Exclude<AccessPointTarget, { readonly kind: "guard-station" | "terminal" | "release-station" | "kiosk" | "room-lock" }>;
type AnyPlace = DoorPortal | LanePortal | LiftPortal | ShadowPlace;
type StandingOf = (operable: string) => ModeStanding;

/** A change of an input is read up to one polling later, and handed on a little later still. */
const READING_MARGIN_MS = 100;

/** Builds what the configuration names. @param rooms  room locks, which have no board: doors among the others */
export function buildPortals(
  configuration: Configuration,
  parts: PortalParts & Pick<LanePortalOptions, "onPassed">,
  { modes, fires = new Set(), overrulingOf = () => NOT_OVERRULED, inShadow = new Set() }: StandingBefore,
  rooms: readonly RoomPortal[] = [],
): Portals {
  const standingBefore: StandingOf = (id) => modes.get(id) ?? { mode: "Locked", ...NEVER_SET };
  const made = new Map<string, AnyPlace>();
  const placed = { users: [] as BoardUser[], places: [] as Place[], lanes: [] as Portals["lanes"][number][], operables: new Map<string, Operable>() };

  // Asked when somebody comes: by then every door is there. Asked before that, while they are built, it is about doors of which nothing is known.
  const interlockOf = (id: string): Pick<DoorPortalOptions, "interlock"> => {
    const interlock = configuration.interlocks.find((each) => each.doors.includes(id));
    if (interlock === undefined) return {};
    const others = interlock.doors.filter((each) => each !== id);
    return {
      interlock: {
        id: interlock.id,
        others: () => others.map((each) => ({ id: each, door: (made.get(each) as DoorPortal | ShadowPlace | undefined)?.state ?? UNKNOWN_DOOR })),
      },
    };
  };
  const driven = (id: string, standingOf: StandingOf, fire: boolean, overruling: Omit<Overruling, "fire">): DoorPortal | LanePortal => {
    const door = configuration.doors.find((each) => each.id === id);
    if (door !== undefined) {
      const setBefore = standingOf(id);
      return new DoorPortal({
        ...parts,
        door,
        settings: doorSettings(configuration, id),
        mode: setBefore.mode,
        setBefore,
        fire,
        overruling,
        ...interlockOf(id),
      });
    }
    const turnstile = configuration.turnstiles.find((each) => each.id === id)!;
    const setBefore = { entry: standingOf(`${id}/entry`), exit: standingOf(`${id}/exit`) };
    const set = { entry: setBefore.entry.mode, exit: setBefore.exit.mode };
    return new LanePortal({ ...parts, turnstile, settings: laneSettings(configuration, id), modes: set, setBefore, fire, overruling });
  };
  const shadowed = (id: string, standingOf: StandingOf, overruling: Omit<Overruling, "fire">): ShadowPlace => {
    const door = configuration.doors.find((each) => each.id === id);
    const turnstile = configuration.turnstiles.find((each) => each.id === id);
    const ways = door === undefined ? LANE_DIRECTIONS.filter((direction) => turnstile?.[direction]).map((direction) => `${id}/${direction}`) : [id];
    return new ShadowPlace({
      ...parts,
      id,
      kind: door === undefined ? "turnstile" : "door",
      ways: ways.map((way) => ({ id: way, standing: standingOf(way) })),
      contact: door?.contact,
      unitSignals: { ready: turnstile?.ready !== undefined, alarm: turnstile?.alarm !== undefined },
      overruling,
    });
  };
  /** The lists as they are to be now; they stay the same lists. */
  const arrange = (): void => {
    const all = [...made.values()];
    placed.users.splice(0, placed.users.length, ...all, ...rooms);
    placed.places.splice(0, placed.places.length, ...all, ...rooms);
    placed.lanes.splice(0, placed.lanes.length, ...configuration.turnstiles.map(({ id }) => made.get(id) as LanePortal | ShadowPlace));
    placed.operables.clear();
    for (const operable of [...all.flatMap(operablesOfPlace), ...rooms]) placed.operables.set(operable.id, operable);
  };

  for (const { id } of [...configuration.doors, ...configuration.turnstiles])
    made.set(id, inShadow.has(id) ? shadowed(id, standingBefore, overrulingOf(id)) : driven(id, standingBefore, fires.has(id), overrulingOf(id)));
  for (const lift of configuration.lifts) {
    const before = lift.floors.map((floor) => standingBefore(`${lift.id}/${floor.id}`));
    const settings = liftSettings(configuration, lift);
    made.set(lift.id, new LiftPortal({ ...parts, lift, settings, before, fire: fires.has(lift.id), overruling: overrulingOf(lift.id) }));
  }
  arrange();

  return {
    ...placed,
    portalOf(target, egress) {
      const now = (): Portal => portalNow(made.get(placeOf(target))!, target, egress);
      const isFixed = (configuration.doors.find(({ id }) => id === placeOf(target)) ?? configuration.turnstiles.find(({ id }) => id === placeOf(target)))?.shadow === undefined; // prettier-ignore
      if (isFixed) return now();
      return { isShadow: () => now().isShadow?.() === true, refusal: () => now().refusal(), access: (grant) => now().access(grant) };
    },
    isInShadow: (id) => made.get(id) instanceof ShadowPlace,
    cutOver(id) {
      const place = made.get(id);
      if (!(place instanceof ShadowPlace)) return;
      made.set(
        id,
        driven(id, (way) => place.ways.find((each) => each.id === way)?.standing ?? { mode: "Locked", ...NEVER_SET }, false, place.overruling()),
      );
      arrange();
    },
    giveBack(id) {
      const place = made.get(id);
      if (!(place instanceof DoorPortal || place instanceof LanePortal)) return;
      const standings = new Map(operablesOfPlace(place).map((operable) => [operable.id, operable.standing()]));
      made.set(
        id,
        shadowed(id, (way) => standings.get(way)!, place.overruling()),
      );
      if (place instanceof LanePortal) for (const direction of place.directions) place.holdable(direction).endHold("superseded");
      place.close();
      arrange();
      const door = configuration.doors.find((each) => each.id === id);
      const turnstile = configuration.turnstiles.find((each) => each.id === id);
      for (const relay of [door?.strike, door?.secondBolt, turnstile?.entry, turnstile?.exit])
        if (relay !== undefined) void driveRelay(parts.board, relay, { kind: "set", energized: false });
      for (const way of standings.keys()) parts.onFeedback(way, "Idle");
    },
  };
}

function operablesOfPlace(place: AnyPlace): readonly Operable[] {
  if (place instanceof DoorPortal) return [place];
  if (place instanceof LanePortal) return place.directions.map((direction) => place.operable(direction));
  return place.operables();
}

function portalNow(place: AnyPlace, target: PlaceTarget, egress: boolean): Portal {
  if (place instanceof ShadowPlace) return place.portal(openedBy(target), egress);
  if (place instanceof DoorPortal) return doorway(place, egress);
  if (place instanceof LiftPortal) return place.portal(target.kind === "lift" ? target.door : undefined);
  return place.portal(target.kind === "turnstile" ? target.direction : "entry", egress);
}

/** A door as one reader opens it. */
const doorway = (door: DoorPortal, egress: boolean): Portal => ({ refusal: () => door.refusal(egress), access: (grant) => door.access({ ...grant, egress }) });

function doorSettings(configuration: Configuration, id: string): DoorSettings {
  const door = configuration.doors.find((each) => each.id === id)!;
  const { contact, debounceMs, ...times } = door;
  return {
    ...times,
    contact: contact !== undefined,
    contactDebounceMs: debounceMs,
    contactLagMs: contact === undefined ? 0 : readingLagMs(configuration, contact.board),
    relockAfterFire: configuration.relockAfterFire,
    doubleLock: door.secondBolt !== undefined,
  };
}

function laneSettings(configuration: Configuration, id: string): LaneSettings {
  const turnstile = configuration.turnstiles.find((each) => each.id === id)!;
  const { style, pulseMs, passageTimeMs, extendedPassageTimeMs, tailgateTimeMs, partyGapMs, notReadyAfterMs, debounceMs, passEntry, passExit } = turnstile;
  const contacts = { entry: passEntry, exit: passExit } satisfies Record<LaneDirection, unknown>;
  const lags = [passEntry, passExit].map((contact) => (contact === undefined ? 0 : readingLagMs(configuration, contact.board)));
  return {
    id,
    style,
    pulseMs,
    passageTimeMs,
    extendedPassageTimeMs,
    tailgateTimeMs,
    partyGapMs,
    notReadyAfterMs,
    unitSignals: { ready: turnstile.ready !== undefined, alarm: turnstile.alarm !== undefined },
    relockAfterFire: configuration.relockAfterFire,
    passLagMs: Math.max(...lags),
    contactDebounceMs: debounceMs,
    passContact: { entry: contacts.entry !== undefined, exit: contacts.exit !== undefined },
  };
}

function liftSettings(configuration: Configuration, lift: LiftConfiguration): LiftSettings {
  const { id, floors, grantTimeMs, extendedGrantTimeMs, floorsPerGrant, inFire, debounceMs } = lift;
  const lags = floors.map(({ button }) => (button === undefined ? 0 : readingLagMs(configuration, button.board)));
  return {
    id,
    floors: floors.map((floor) => ({ id: floor.id, alwaysFree: floor.alwaysFree, board: floor.relay?.board })),
    grantTimeMs,
    extendedGrantTimeMs,
    floorsPerGrant,
    seesButtons: floors.some(({ alwaysFree, button }) => !alwaysFree && button !== undefined),
    buttonLagMs: Math.max(...lags),
    inFire,
    fireDebounceMs: debounceMs,
    relockAfterFire: configuration.relockAfterFire,
  };
}

function readingLagMs({ relayBoards }: Configuration, id: string): number {
  const board = relayBoards.find((each) => each.id === id);
  return READING_MARGIN_MS + (board?.protocol === "modbus-rtu" ? board.pollMs : 0);
}
