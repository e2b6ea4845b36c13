import { bytesToHex } from "@portico/card-protocol";
import type { Campus, CampusPerson } from "./campus.ts";
import { type CampusStation, stationReaders } from "./campus-stations.ts";
import { derivedBytes } from "./derived-bytes.ts";
import { smallCampus } from "./small-campus.ts";

const TILL: CampusStation = { kind: "till", id: "canteen-1", merchant: "North canteen" };
const ROOM = { id: "room-301", address: "C0:FF:EE:00:03:01" } as const;
/** Who lives in the room. */
const RESIDENT = "zhang";
/** Who may use the library may eat and print. */
const READERS_PROFILES = ["library-hours", "library-always"];

/**
 * The campus of `npm start`: the small one, and a canteen's till, a printer with held jobs, a room that one of them lives in, a visitors' gate and a
 * barrier with two guests of theirs.
 *
 * @param secret  32 unpredictable bytes
 */
export function wholeCampus(secret: Uint8Array): Campus {
  const password = (device: string): string => bytesToHex(derivedBytes(secret, `password of ${device}`, 16));
  const stations: readonly CampusStation[] = [
    TILL,
    { kind: "printer", id: "printer-1" },
    roomOf(secret),
    { kind: "visitor-gate", id: "gate-5", password: password("gate-5") },
    { kind: "barrier", id: "barrier", password: password("barrier") },
  ];
  return withStations(secret, stations);
}

/** The same without what hangs on a network: everything else lives in virtual time. */
export const wiredCampus = (secret: Uint8Array): Campus => withStations(secret, [TILL, roomOf(secret)]);

const roomOf = (secret: Uint8Array): CampusStation => ({ kind: "room", ...ROOM, secret: derivedBytes(secret, `key of the lock ${ROOM.id}`, 32) });

function withStations(secret: Uint8Array, stations: readonly CampusStation[]): Campus {
  const small = smallCampus(secret);
  const readers = stationReaders({ stations });
  const guests = stations.some(({ kind }) => kind === "visitor-gate") ? guestsOf(secret) : [];
  const inPart = (zone: string, kinds: readonly CampusStation["kind"][]): string[] =>
    small.parts.find((part) => part.zone === zone)!.places.concat(stations.flatMap(({ kind, id }) => (kinds.includes(kind) ? [id] : [])));
  const at = (capability: string): string[] => readers.filter((reader) => reader.capability === capability).map(({ id }) => id);
  return {
    ...small,
    stations,
    parts: small.parts.map((part) => ({
      ...part,
      places: inPart(part.zone, part.zone === "gates" ? ["visitor-gate", "barrier"] : ["till", "printer", "room"]),
    })),
    profiles: [
      ...small.profiles,
      ...(["pay", "print", "unlock"] as const).flatMap((capability) =>
        at(capability).length === 0 ? [] : [{ id: capability, capability, accessPoints: at(capability), schedule: "always" }],
      ),
      ...(guests.length === 0 ? [] : [{ id: "visit", accessPoints: at("pass"), schedule: "always" }]),
    ],
    people: [...small.people.map((person) => ({ ...person, profiles: [...person.profiles, ...profilesOf(person, readers)] })), ...guests],
  };
}

const isReader = ({ profiles }: CampusPerson): boolean => profiles.some((profile) => READERS_PROFILES.includes(profile));
const profilesOf = (person: CampusPerson, readers: ReturnType<typeof stationReaders>): string[] =>
  (["pay", "print", "unlock"] as const).filter(
    (capability) => readers.some((reader) => reader.capability === capability) && (capability === "unlock" ? person.id === RESIDENT : isReader(person)),
  );

function guestsOf(secret: Uint8Array): CampusPerson[] {
  const guest = (id: string, kind: "face" | "plate", text: string): CampusPerson => ({
    id,
    flags: ["visitor"],
    audience: "visitor",
    profiles: ["visit"],
    identities: [{ kind, credential: bytesToHex(derivedBytes(secret, `credential of the ${kind} of ${id}`, 8)), text }],
  });
  return [guest("guest", "face", "V-17"), guest("driver", "plate", "粤A12345")];
}
