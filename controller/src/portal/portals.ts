import type { AccessPointTarget, Configuration, LiftConfiguration } from "../configuration/configuration.ts";
import type { DoorSettings } from "../core/door.ts";
import type { ModeStanding } from "../core/door-schedule.ts";
import { NOT_OVERRULED, type Overruling } from "../core/overruling.ts";
import type { LaneDirection, LaneSettings } from "../core/lane.ts";
import type { LiftSettings } from "../core/lift.ts";
import { DoorPortal, type DoorPortalOptions } from "./door-portal.ts";
import { LanePortal, type LanePortalOptions } from "./lane-portal.ts";
import { LiftPortal } from "./lift-portal.ts";
import { type BoardUser, NEVER_SET, type Operable, type Place, type Portal, type PortalParts } from "./portal.ts";

/** Every door, turnstile and lift of a controller. */
export interface Portals {
  readonly users: readonly BoardUser[];
  /** Doors by id, directions of turnstiles as `<turnstile>/<direction>`, floors of lifts as `<lift>/<floor>`. */
  readonly operables: ReadonlyMap<string, Operable>;
  /** Turnstiles, in the file's order. */
  readonly lanes: readonly LanePortal[];
  /** Doors, turnstiles and lifts, in the file's order. */
  readonly places: readonly Place[];
  /** What a reader opens. @param egress  it is a way out */
  portalOf(target: Exclude<AccessPointTarget, { readonly kind: "guard-station" }>, egress: boolean): Portal;
}

/** A change of an input is read up to one polling later, and handed on a little later still. */
const READING_MARGIN_MS = 100;

/**
 * Builds what the configuration names.
 *
 * @param modes  as they were set when the controller went down, by id of the operable
 * @param fires  doors, turnstiles and lifts whose fire loop was open then: they stay free until it is read
 * @param overrulingOf  what else overruled a door or turnstile then
 */
export function buildPortals(
  configuration: Configuration,
  parts: PortalParts & Pick<LanePortalOptions, "onPassed">,
  modes: ReadonlyMap<string, ModeStanding>,
  fires: ReadonlySet<string> = new Set(),
  overrulingOf: (id: string) => Omit<Overruling, "fire"> = () => NOT_OVERRULED,
): Portals {
  const setBefore = (id: string): ModeStanding => modes.get(id) ?? { mode: "Locked", ...NEVER_SET };
  const doors = new Map<string, DoorPortal>();
  for (const door of configuration.doors) {
    const settings = doorSettings(configuration, door.id);
    const before = setBefore(door.id);
    doors.set(
      door.id,
      new DoorPortal({
        ...parts,
        door,
        settings,
        mode: before.mode,
        setBefore: before,
        fire: fires.has(door.id),
        overruling: overrulingOf(door.id),
        ...interlockOf(door.id),
      }),
    );
  }
  // Asked when somebody comes: by then every door is there.
  function interlockOf(id: string): Pick<DoorPortalOptions, "interlock"> {
    const interlock = configuration.interlocks.find((each) => each.doors.includes(id));
    if (interlock === undefined) return {};
    const others = interlock.doors.filter((each) => each !== id);
    return {
      interlock: { id: interlock.id, others: () => others.flatMap((each) => doors.get(each) ?? []).map((each) => ({ id: each.id, door: each.state })) },
    };
  }
  const lanes = new Map(
    configuration.turnstiles.map((turnstile) => {
      const before = { entry: setBefore(`${turnstile.id}/entry`), exit: setBefore(`${turnstile.id}/exit`) };
      const settings = laneSettings(configuration, turnstile.id);
      const modes = { entry: before.entry.mode, exit: before.exit.mode };
      return [
        turnstile.id,
        new LanePortal({ ...parts, turnstile, settings, modes, setBefore: before, fire: fires.has(turnstile.id), overruling: overrulingOf(turnstile.id) }),
      ];
    }),
  );
  const lifts = new Map(
    configuration.lifts.map((lift) => {
      const before = lift.floors.map((floor) => setBefore(`${lift.id}/${floor.id}`));
      const settings = liftSettings(configuration, lift);
      return [lift.id, new LiftPortal({ ...parts, lift, settings, before, fire: fires.has(lift.id), overruling: overrulingOf(lift.id) })];
    }),
  );
  const operables: Operable[] = [
    ...doors.values(),
    ...[...lanes.values()].flatMap((lane) => lane.directions.map((direction) => lane.operable(direction))),
    ...[...lifts.values()].flatMap((lift) => lift.operables()),
  ];
  const all = [...doors.values(), ...lanes.values(), ...lifts.values()];
  return {
    users: all,
    lanes: [...lanes.values()],
    places: all,
    operables: new Map(operables.map((operable) => [operable.id, operable])),
    portalOf(target, egress) {
      if (target.kind === "door") return doorway(doors.get(target.door)!, egress);
      if (target.kind === "lift") return lifts.get(target.lift)!.portal(target.door);
      return lanes.get(target.turnstile)!.portal(target.direction, egress);
    },
  };
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
