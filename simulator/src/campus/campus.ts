import type { Capability, CredentialId, HolderFlag, SuspensionReason } from "@portico/card-protocol";
import { type CampusIdentity, type CampusStation, stationReaders, stationWires } from "./campus-stations.ts";
import type { CampusWire } from "./campus-stations.ts";

/** A simulated campus: who there is with what, what they may use, and what is wired to what. Nothing in it changes; what people do is life. */
export interface Campus {
  readonly site: string;
  /** The controller that drives everything below. */
  readonly controller: string;
  /** How the places are shared out where a cloud says who may pass: a zone and a controller for each part. */
  readonly parts: readonly CampusPart[];
  /** IANA name. */
  readonly timeZone: string;
  readonly lanes: readonly CampusLane[];
  readonly doors: readonly CampusDoor[];
  /** What there is beside lanes and doors; default: nothing. */
  readonly stations?: readonly CampusStation[];
  readonly schedules: readonly CampusSchedule[];
  readonly profiles: readonly CampusProfile[];
  readonly people: readonly CampusPerson[];
  readonly keys: CampusKeys;
}

/** A part of a campus: a zone of its cloud, and the controller that follows it. */
export interface CampusPart {
  readonly controller: string;
  readonly zone: string;
  readonly names: { readonly zh: string; readonly en: string };
  /** Ids of its lanes, doors and stations. */
  readonly places: readonly string[];
}

/** A turnstile lane. Its board and the board's wire have its id, its readers and access points that id with `-in` and `-out`; the way out is egress. */
export interface CampusLane {
  readonly id: string;
  /** Passes are spent once a gate and direction. */
  readonly gate: string;
  /** Its readers are combined heads that read physical cards too. */
  readonly readsCards: boolean;
}

/** A door with strike, contact and exit button. Its board and the board's wire have its id, its reader and access point that id with `-in`. */
export interface CampusDoor {
  readonly id: string;
  readonly readsCards: boolean;
  /** Its reader takes answers to challenges alone, which stand on a display, wire `<id>-display`, or are advertised by the beacon `<id>-beacon`. */
  readonly challenge?: "display" | "beacon";
}

/** A schedule of one row, as schedules.csv has it. */
export interface CampusSchedule {
  readonly id: string;
  readonly days: "daily";
  /** `08:00`; open from start until just before end. */
  readonly start: string;
  readonly end: string;
}

/** What people of one kind may pass. */
export interface CampusProfile {
  readonly id: string;
  readonly accessPoints: readonly string[];
  /** Default: `pass`. */
  readonly capability?: Capability;
  /** `always`, or a schedule of the campus. */
  readonly schedule: string;
}

/** A person with whatever opens doors. */
export interface CampusPerson {
  /** The list's word for the person, and the name of the phone's file. */
  readonly id: string;
  readonly flags: readonly HolderFlag[];
  /** So many pass on one presentation; default 1. */
  readonly partySize?: number;
  /** What the cloud knows the person as. */
  readonly audience: "staff" | "student" | "family" | "visitor";
  /** Who vouches for family: the id of somebody who stands before. */
  readonly sponsor?: string;
  /** Default: the id. */
  readonly name?: string;
  /** E.164. */
  readonly phoneNumber?: string;
  readonly profiles: readonly string[];
  /** A phone that signs passes H and HC by itself. */
  readonly phone?: CampusPhone;
  /** A phone that shows passes T which the issuer has made. */
  readonly wallet?: { readonly credential: CredentialId };
  readonly card?: CampusCard;
  /** By what devices recognise the person; default: nothing. */
  readonly identities?: readonly CampusIdentity[];
}

export interface CampusPhone {
  readonly credential: CredentialId;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** How far its clock is off, seconds: + fast, − slow. */
  readonly clockErrorS: number;
  readonly suspension?: SuspensionReason;
}

export interface CampusCard {
  /** As the cloud has it; a list from files makes another. */
  readonly credential: CredentialId;
  /** UID, 14 hex digits. */
  readonly number: string;
  readonly suspension?: SuspensionReason;
}

/** Seeds of the keys that sign for the site, 32 bytes each. */
export interface CampusKeys {
  /** Any two of the three sign a trust list. */
  readonly roots: readonly Uint8Array[];
  /** Signs passes T as {@link ISSUER_KID}. */
  readonly issuer: Uint8Array;
  /** The cloud's: signs feed, time and commands as {@link CLOUD_KID}. */
  readonly cloud: Uint8Array;
  /** Of whoever operates the cloud. */
  readonly operator: Uint8Array;
}

export const ROOT_THRESHOLD = 2;
export const ISSUER_KID = 1;
export const CLOUD_KID = 2;
/** How long a T of the campus lives, seconds. */
export const ISSUER_TTL_S = 30;

/** Relays and inputs of a lane's board. The fire loop is normally closed; the unit's ready output is closed while it is ready, its alarm output in alarm. */
export const LANE_WIRING = { entryRelay: 0, exitRelay: 1, passEntryInput: 0, passExitInput: 1, fireInput: 2, readyInput: 3, alarmInput: 4 } as const;
/** Relays and inputs of a door's board. */
export const DOOR_WIRING = { strikeRelay: 0, fail: "secure", contactInput: 0, rexInput: 1 } as const;
/** Relays of the lights and the buzzer at a reader, by its way. */
export const LIGHTS = { in: { granted: 2, denied: 3, buzzer: 4 }, out: { granted: 5, denied: 6, buzzer: 7 } } as const;
/** Relays and inputs that each board of a campus has. */
export const BOARD_CHANNELS = 8;

/** What one controller of a campus drives, as a campus of its own: the same site, people and keys. */
export function campusOf(campus: Campus, part: CampusPart): Campus {
  const isIn = ({ id }: { readonly id: string }): boolean => part.places.includes(id);
  return {
    ...campus,
    controller: part.controller,
    parts: [part],
    lanes: campus.lanes.filter(isIn),
    doors: campus.doors.filter(isIn),
    ...(campus.stations && { stations: campus.stations.filter(isIn) }),
  };
}

/** The part that a lane, door or station belongs to. A place that belongs to none is a broken invariant. */
export function partOfPlace(campus: Campus, place: string): CampusPart {
  const part = campus.parts.find(({ places }) => places.includes(place));
  if (part === undefined) throw new RangeError(`no part of the campus has ${place}`);
  return part;
}

/** The lane, door or station of an access point; undefined: the campus has no such access point. */
export function placeOfReader(campus: Campus, accessPoint: string): string | undefined {
  const point = accessPointsOf(campus).find(({ id }) => id === accessPoint);
  if (point !== undefined) return point.opens.kind === "lane" ? point.opens.lane.id : point.opens.door.id;
  return stationReaders(campus).find(({ id }) => id === accessPoint)?.station.id;
}

/** Every access point, those of stations among them. */
export const allReaders = (campus: Campus): string[] => [...accessPointsOf(campus), ...stationReaders(campus)].map(({ id }) => id);

/** The domain of everybody's account: `li@demo-campus.example`. RFC 2606 §2. */
export const accountDomain = ({ site }: Pick<Campus, "site">): string => `${site}.example`;

/** What a reader opens. */
export interface CampusAccessPoint {
  /** Also the id of its scanner and of the scanner's wire. */
  readonly id: string;
  readonly way: "in" | "out";
  readonly opens: { readonly kind: "lane"; readonly lane: CampusLane } | { readonly kind: "door"; readonly door: CampusDoor };
  readonly readsCards: boolean;
}

/** Every access point of the campus, lanes first. */
export function accessPointsOf({ lanes, doors }: Pick<Campus, "lanes" | "doors">): CampusAccessPoint[] {
  return [
    ...lanes.flatMap((lane): CampusAccessPoint[] => [
      { id: `${lane.id}-in`, way: "in", opens: { kind: "lane", lane }, readsCards: lane.readsCards },
      { id: `${lane.id}-out`, way: "out", opens: { kind: "lane", lane }, readsCards: lane.readsCards },
    ]),
    ...doors.map((door): CampusAccessPoint => ({ id: `${door.id}-in`, way: "in", opens: { kind: "door", door }, readsCards: door.readsCards })),
  ];
}

/** Every wire of the campus: boards first, then scanners, then what stations have. */
export function wiresOf(campus: Pick<Campus, "lanes" | "doors" | "stations">): CampusWire[] {
  return [
    ...[...campus.lanes, ...campus.doors].map(({ id }): CampusWire => ({ id, use: "relay-board" })),
    ...accessPointsOf(campus).map(({ id }): CampusWire => ({ id, use: "scanner" })),
    ...campus.doors.flatMap(({ id, challenge }): CampusWire[] => (challenge === "display" ? [{ id: `${id}-display`, use: "display" }] : [])),
    ...stationWires(campus),
  ];
}
