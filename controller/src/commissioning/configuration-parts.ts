import { createHash } from "node:crypto";
import type { ProtocolPart } from "@portico/card-protocol";
import type {
  AccessPointConfiguration,
  Configuration,
  DoorConfiguration,
  LiftConfiguration,
  LiftFloorConfiguration,
  ScannerConfiguration,
  TurnstileConfiguration,
} from "../configuration/configuration.ts";
import { type Commissionable, readersOf } from "./step-plan.ts";

/** What a walk shows of each. A setting that a later version brings is no reason to walk again, so it is named here or does not count. */
const DOOR = ["strike", "secondBolt", "contact", "rex", "rexUnlocks", "fire", "tamper", "releaseTimeMs", "openTimeMs", "preAlarmTimeMs", "delayBeforeRelockMs", "relockOn", "debounceMs", "fail"] as const satisfies readonly (keyof DoorConfiguration)[]; // prettier-ignore
const TURNSTILE = ["gate", "style", "entry", "exit", "passEntry", "passExit", "fire", "pulseMs", "passageTimeMs", "debounceMs"] as const satisfies readonly (keyof TurnstileConfiguration)[]; // prettier-ignore
const LIFT = ["grantTimeMs", "floorsPerGrant", "moduleOffLine", "fire", "inFire", "debounceMs"] as const satisfies readonly (keyof LiftConfiguration)[];
const FLOOR = ["door", "accessPoint", "relay", "button", "alwaysFree", "fail"] as const satisfies readonly (keyof LiftFloorConfiguration)[];
const READER = ["scanner", "opens", "enabled", "egress", "indicator", "authenticationProfile"] as const satisfies readonly (keyof AccessPointConfiguration)[];

/** Every part of the configuration that a door hangs on, with its hash: what it was commissioned with. */
export function configurationParts(of: Commissionable, configuration: Configuration): readonly ProtocolPart[] {
  const { accessPoints, scanners, relayBoards, osdpPds, isapis, wires, relockAfterFire } = configuration;
  const readers = readersOf(of, accessPoints);
  const scannersHere = scanners.filter(({ id }) => readers.some(({ scanner }) => scanner === id));
  const boardIds = new Set([
    ...boardsNamedIn(of),
    ...scannersHere.flatMap(boardOf),
    ...readers.flatMap(({ indicator }) => (indicator ? [indicator.board] : [])),
  ]);
  const boards = relayBoards.filter(({ id }) => boardIds.has(id));
  const pds = osdpPds.filter(({ id }) => [...scannersHere, ...boards].some((device) => "pd" in device && device.pd === id));
  const network = isapis.filter(({ id }) => [...scannersHere, ...boards].some((device) => "isapi" in device && device.isapi === id));
  const wireIds = new Set([...scannersHere, ...boards, ...pds].flatMap((device) => ("wire" in device ? [device.wire] : [])));
  return [
    ...ownParts(of),
    ...readers.map((reader) => part("access_point", reader.id, picked(reader, READER))),
    ...scannersHere.map((scanner) => part("scanner", scanner.id, scanner)),
    ...boards.map((board) => part("relay_board", board.id, board)),
    ...pds.map((pd) => part("osdp_pd", pd.id, pd)),
    ...network.map((device) => part("isapi", device.id, device)),
    ...wires.filter(({ id }) => wireIds.has(id)).map((wire) => part("wire", wire.id, wire)),
    ...(fireOf(of) === undefined ? [] : [part("fire", "relock", relockAfterFire)]),
  ];
}

/** What is another since, as a sentence's part; empty: nothing is. */
export function changedParts(before: readonly ProtocolPart[], now: readonly ProtocolPart[]): readonly string[] {
  const known = new Map(before.map(({ part: name, hash }) => [name, hash]));
  const names = new Set(now.map(({ part: name }) => name));
  return [
    ...now.flatMap(({ part: name, hash }) => (!known.has(name) ? [`${name} is new`] : known.get(name) === hash ? [] : [`${name} was changed`])),
    ...before.filter(({ part: name }) => !names.has(name)).map(({ part: name }) => `${name} is gone`),
  ];
}

function ownParts(of: Commissionable): readonly ProtocolPart[] {
  if (of.kind === "door") return [part("door", of.id, picked(of.door, DOOR))];
  if (of.kind === "turnstile") return [part("turnstile", of.id, picked(of.turnstile, TURNSTILE))];
  return [part("floor", of.id, picked(of.floor, FLOOR)), part("lift", of.lift.id, picked(of.lift, LIFT))];
}

const fireOf = (of: Commissionable): unknown => (of.kind === "door" ? of.door.fire : of.kind === "turnstile" ? of.turnstile.fire : of.lift.fire);

function boardsNamedIn(of: Commissionable): readonly string[] {
  const named =
    of.kind === "door"
      ? [of.door.strike, of.door.secondBolt, of.door.contact, of.door.rex, of.door.fire, of.door.tamper]
      : of.kind === "turnstile"
        ? [of.turnstile.entry, of.turnstile.exit, of.turnstile.passEntry, of.turnstile.passExit, of.turnstile.fire]
        : [of.floor.relay, of.floor.button, of.lift.fire];
  return named.flatMap((reference) => (reference === undefined ? [] : [reference.board]));
}

const boardOf = (scanner: ScannerConfiguration): readonly string[] => ("board" in scanner ? [scanner.board] : []);

function picked<Whole extends object>(whole: Whole, names: readonly (keyof Whole)[]): Partial<Whole> {
  return Object.fromEntries(names.map((name) => [name, whole[name]])) as Partial<Whole>;
}

const part = (kind: string, id: string, says: unknown): ProtocolPart => ({
  part: `${kind} ${id}`,
  hash: createHash("sha256").update(canonicalJson(says)).digest("hex"),
});

/** JSON without white space, keys ascending; what is undefined is left out. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(",")}}`;
}
