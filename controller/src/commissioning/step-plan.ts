import type {
  AccessPointConfiguration,
  Configuration,
  DoorConfiguration,
  InputReference,
  LiftConfiguration,
  LiftFloorConfiguration,
  RelayReference,
  TurnstileConfiguration,
} from "../configuration/configuration.ts";
import type { Stage, Step, Word } from "../core/commissioning.ts";

/** What is commissioned by itself: a door, a turnstile with both of its ways, or a floor of a lift. */
export type Commissionable =
  | { readonly kind: "door"; readonly id: string; readonly door: DoorConfiguration }
  | { readonly kind: "turnstile"; readonly id: string; readonly turnstile: TurnstileConfiguration }
  | { readonly kind: "floor"; readonly id: string; readonly lift: LiftConfiguration; readonly floor: LiftFloorConfiguration };

/** Everything of a configuration that can be commissioned, in its order. */
export const commissionables = ({ doors, turnstiles, lifts }: Pick<Configuration, "doors" | "turnstiles" | "lifts">): readonly Commissionable[] => [
  ...doors.map((door): Commissionable => ({ kind: "door", id: door.id, door })),
  ...turnstiles.map((turnstile): Commissionable => ({ kind: "turnstile", id: turnstile.id, turnstile })),
  ...lifts.flatMap((lift) => lift.floors.map((floor): Commissionable => ({ kind: "floor", id: `${lift.id}/${floor.id}`, lift, floor }))),
];

/** The readers that lead there. */
export function readersOf(of: Commissionable, accessPoints: readonly AccessPointConfiguration[]): readonly AccessPointConfiguration[] {
  return accessPoints.filter(({ opens }) => {
    if (of.kind === "door") return opens.kind === "door" && opens.door === of.id;
    if (of.kind === "turnstile") return opens.kind === "turnstile" && opens.turnstile === of.id;
    return opens.kind === "lift" && opens.lift === of.lift.id && (opens.door ?? of.floor.door) === of.floor.door;
  });
}

/** Longer than anybody needs to walk to a breaker; a technician is fast with the rest. */
const HAND_MS = 120_000;
const POWER_MS = 900_000;
/** What follows by itself. */
const QUICK_MS = 10_000;

/** What has to be seen at a door, a turnstile or a floor, in the order of a walk, as the configuration says what it has. */
export function stepPlan(of: Commissionable, configuration: Pick<Configuration, "accessPoints" | "relockAfterFire">): readonly Step[] {
  const readers = readersOf(of, configuration.accessPoints).filter(({ enabled }) => enabled);
  const parts = partsOf(of);
  return [
    ...readers.map((reader) => readerStep(reader, of, parts)),
    ...parts.own,
    ...(parts.fire === undefined ? [] : [fireStep(of, parts.fire, parts.ways, configuration.relockAfterFire, parts.staysLocked)]),
    ...parts.boards.map((board) => boardStep(board, parts)),
    powerStep(parts),
    ...parts.alarms,
  ];
}

/** What a kind of door has. */
interface Parts {
  /** As operables. */
  readonly ways: readonly string[];
  readonly own: readonly Step[];
  readonly alarms: readonly Step[];
  readonly fire: InputReference | undefined;
  /** In a fire it lets nobody in. */
  readonly staysLocked: boolean;
  /** On which its locks hang. */
  readonly boards: readonly string[];
  /** What it is without current; undefined: the configuration does not know. */
  readonly withoutCurrent: Word | undefined;
}

function partsOf(of: Commissionable): Parts {
  if (of.kind === "door") return doorParts(of.door);
  return of.kind === "turnstile" ? laneParts(of.turnstile) : floorParts(of.id, of.lift, of.floor);
}

function doorParts(door: DoorConfiguration): Parts {
  const { id, contact, rex, secondBolt, strike, fail, fire, tamper } = door;
  return {
    ways: [id],
    own: [
      ...(contact === undefined ? [] : [contactStep(id)]),
      strikeStep(id, contact !== undefined),
      ...(secondBolt === undefined ? [] : [boltStep(id)]),
      ...(rex === undefined ? [] : [rexStep(id, rex, door.rexUnlocks)]),
      ...(tamper === undefined ? [] : [tamperStep(id, tamper)]),
    ],
    alarms: contact === undefined ? [] : [heldOpenStep(id, door.openTimeMs), forcedStep(id)],
    fire,
    staysLocked: false,
    boards: boardsOf([strike, secondBolt]),
    withoutCurrent: fail === "safe" ? "free" : "locked",
  };
}

function laneParts({ id, entry, exit, passEntry, passExit, fire }: TurnstileConfiguration): Parts {
  const ways = [
    { way: "entry", relay: entry, pass: passEntry },
    { way: "exit", relay: exit, pass: passExit },
  ].filter(({ relay }) => relay !== undefined);
  return {
    ways: ways.map(({ way }) => `${id}/${way}`),
    own: ways.map(({ way, pass }) => passStep(`${id}/${way}`, way, pass)),
    alarms: [],
    fire,
    staysLocked: false,
    boards: boardsOf([entry, exit]),
    withoutCurrent: undefined,
  };
}

function floorParts(id: string, lift: LiftConfiguration, { relay, button, alwaysFree, fail }: LiftFloorConfiguration): Parts {
  return {
    ways: [id],
    own: relay === undefined || alwaysFree ? [] : [buttonStep(id, button)],
    alarms: [],
    fire: lift.fire,
    staysLocked: lift.inFire === "secured" && !alwaysFree,
    boards: boardsOf([relay]),
    withoutCurrent: alwaysFree || fail === "safe" ? "free" : "locked",
  };
}

const boardsOf = (relays: readonly (RelayReference | undefined)[]): readonly string[] => [
  ...new Set(relays.flatMap((relay) => (relay === undefined ? [] : [relay.board]))),
];

const step = (id: string, shows: string, stages: readonly Stage[], more: Partial<Omit<Step, "id" | "shows" | "stages">> = {}): Step => ({
  id,
  shows,
  isNeeded: true,
  withinMs: HAND_MS,
  stages,
  ...more,
});
const access = (door: string): Stage => ({ tells: "", awaited: { kind: "act", door, act: "access" } });
const lock = (door: string, is: "Locked" | "Unlocked", tells: string): Stage => ({ tells, awaited: { kind: "lock", door, is } });
const contactSays = (door: string, is: "Open" | "Closed", tells: string): Stage => ({ tells, awaited: { kind: "contact", door, is } });
const quick = (stage: Stage): Stage => ({ ...stage, withinMs: QUICK_MS });
const yes = (asks: string): Stage => ({ tells: asks, awaited: { kind: "word", words: ["yes", "no"], right: "yes" } });

function readerStep({ id, opens }: AccessPointConfiguration, of: Commissionable, { ways }: Parts): Step {
  const way = opens.kind === "turnstile" ? `${opens.turnstile}/${opens.direction}` : ways[0]!;
  return step(`reader:${id}`, `reader ${id} refuses whom it does not know, and lets in whom it knows`, [
    {
      tells: `at ${id}, show a card or code that is not in the list`,
      awaited: { kind: "event", names: ["AccessDenied", "DenialRepeated", "ScansRefused"], source: id },
    },
    { tells: `at ${id}, show a card or code that may pass now`, awaited: { kind: "event", names: ["AccessGranted"], source: id } },
    ...(of.kind === "floor" ? [] : [lock(way, "Locked", "wait until it is locked again, or pass")]),
  ]);
}

const contactStep = (id: string): Step =>
  step("contact", "the contact says open when the door is open, and closed when it is shut", [
    yes("shut the door; does it stand shut?"),
    quick(contactSays(id, "Closed", "the contact has to say closed: else closed_means is the wrong way round, or the contact is not reached")),
    access(id),
    contactSays(id, "Open", "open the door and hold it"),
    contactSays(id, "Closed", "shut it"),
  ]);

const strikeStep = (id: string, hasContact: boolean): Step =>
  step("strike", "the strike releases for one passage and locks again", [
    lock(id, "Locked", "the door has to be locked: portico door lock, or release"),
    access(id),
    quick(lock(id, "Unlocked", "the door is released now")),
    hasContact ? contactSays(id, "Open", "open the door while it is released") : yes("did the bolt move, and does the door open while it is released?"),
    lock(id, "Locked", hasContact ? "shut the door" : "wait until it is locked again"),
    yes("pull at the shut door: is it locked?"),
  ]);

const boltStep = (id: string): Step =>
  step(
    "second-bolt",
    "the second bolt goes out and back",
    [
      lock(id, "Locked", "the door has to be locked and shut"),
      { tells: "", awaited: { kind: "act", door: id, act: "double-lock" } },
      yes("is the second bolt out?"),
      { tells: "", awaited: { kind: "act", door: id, act: "lock" } },
      yes("is the second bolt back?"),
    ],
    { undo: { door: id, act: "lock" } },
  );

const rexStep = (id: string, { board, input }: InputReference, unlocks: boolean): Step =>
  step("rex", "the exit button is seen, and frees the door where it is meant to", [
    { tells: "press the exit button", awaited: { kind: "event", names: ["RequestToExit"], source: id } },
    ...(unlocks ? [quick(lock(id, "Unlocked", "the door has to be released by it"))] : []),
    { tells: "let go of the button", awaited: { kind: "input", board, input, closed: false } },
    ...(unlocks ? [lock(id, "Locked", "wait until it is locked again")] : []),
  ]);

/** A way of a lane, or a door: both ways are one turnstile. */
const passStep = (id: string, way: string, pass: InputReference | undefined): Step =>
  step(`pass:${way}`, `the ${way} lets one person pass${pass === undefined ? "" : ", and its PASS contact says so"}`, [
    lock(id, "Locked", "the way has to be locked: portico door lock, or release"),
    access(id),
    pass === undefined
      ? yes(`pass by the ${way}: did it let you through?`)
      : { tells: `pass by the ${way}`, awaited: { kind: "input", board: pass.board, input: pass.input, closed: true } },
    lock(id, "Locked", "wait until it is locked again"),
    yes(`push against the ${way}: is it locked?`),
  ]);

const buttonStep = (id: string, button: InputReference | undefined): Step =>
  step("button", "the floor's button works when it is enabled, and not else", [
    lock(id, "Locked", "the floor has to be locked: portico door lock, or release"),
    access(id),
    button === undefined
      ? yes("press the floor's button: does it answer?")
      : { tells: "press the floor's button", awaited: { kind: "input", board: button.board, input: button.input, closed: true } },
    lock(id, "Locked", "wait until it is locked again"),
    yes("press the button again: does nothing happen?"),
  ]);

const tamperStep = (id: string, { board, input }: InputReference): Step =>
  step("tamper", "an opened case is told of, and so is that it is shut", [
    { tells: `open the case (input ${input} of ${board})`, awaited: { kind: "event", names: ["DoorTamper"], source: id } },
    { tells: "shut the case again", awaited: { kind: "event", names: ["DoorTamperCleared"], source: id } },
  ]);

function fireStep(of: Commissionable, { board, input }: InputReference, ways: readonly string[], relock: "person" | "input", staysLocked: boolean): Step {
  const source = of.kind === "floor" ? of.lift.id : of.id;
  const fire = (active: boolean, tells: string): Stage => ({
    tells,
    awaited: { kind: "event", names: ["FireInput"], source, field: ["active", active] },
  });
  const isFreeAnyway = of.kind === "floor" && of.floor.alwaysFree;
  return step("fire", staysLocked ? "the fire loop is seen" : "the fire loop frees it, and it stays free until it may be locked again", [
    fire(true, `open the fire loop (input ${input} of ${board})`),
    ...ways.map((way) => quick(lock(way, staysLocked ? "Locked" : "Unlocked", `${way} has to be ${staysLocked ? "locked" : "free"} now`))),
    fire(false, "close the fire loop again"),
    ...(relock === "person"
      ? [{ tells: "have it locked again: portico fire relock", awaited: { kind: "event", names: ["DoorsRelocked"], source: null } } as const]
      : []),
    ...ways.map((way): Stage => ({ tells: "nothing may overrule it any more", awaited: { kind: "not-overruled", door: way } })),
    ...(isFreeAnyway ? [] : ways.map((way) => lock(way, "Locked", `${way} has to be locked`))),
  ]);
}

const withoutCurrentAsked = ({ withoutCurrent }: Parts, tells: string): Stage => ({
  tells,
  awaited: { kind: "word", words: ["free", "locked"], right: withoutCurrent ?? "any" },
});

const boardStep = (board: string, parts: Parts): Step =>
  step(
    `power-board:${board}`,
    `without current at board ${board} it is as the configuration says`,
    [
      { tells: `take the supply of board ${board} and of what it drives away`, awaited: { kind: "event", names: ["DeviceOffline"], source: board } },
      withoutCurrentAsked(parts, "is it free or locked without current?"),
      { tells: "give the supply back", awaited: { kind: "event", names: ["DeviceOnline"], source: board } },
    ],
    { isNeeded: false, withinMs: POWER_MS },
  );

const powerStep = (parts: Parts): Step =>
  step(
    "power-controller",
    "the controller comes back by itself when its supply does",
    [
      { tells: "take the controller's supply away, look whether it is free or locked, and give it back", awaited: { kind: "restart" } },
      withoutCurrentAsked(parts, "was it free or locked without the controller?"),
    ],
    { isNeeded: false, withinMs: POWER_MS },
  );

const heldOpenStep = (id: string, openTimeMs: number): Step =>
  step(
    "held-open",
    "a door that is held open is told",
    [
      access(id),
      contactSays(id, "Open", "open the door and leave it open"),
      { tells: `leave it open: the alarm comes within ${Math.ceil(openTimeMs / 1000)} s`, awaited: { kind: "event", names: ["DoorOpenTooLong"], source: id } },
      { tells: "shut it", awaited: { kind: "event", names: ["DoorNormal"], source: id } },
    ],
    { isNeeded: false, withinMs: openTimeMs + HAND_MS },
  );

const forcedStep = (id: string): Step =>
  step(
    "forced",
    "a door that is opened without being released is told",
    [
      lock(id, "Locked", "the door has to be locked and shut"),
      { tells: "open the door with its key", awaited: { kind: "event", names: ["DoorForcedOpen"], source: id } },
      { tells: "shut it", awaited: { kind: "event", names: ["DoorNormal"], source: id } },
    ],
    { isNeeded: false },
  );
