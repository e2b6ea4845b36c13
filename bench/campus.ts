import { type CredentialId, type Signer, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { makeHeldPass } from "@portico/card-protocol/phone";
import type { ListContent, ListedPolicy } from "@portico/controller";

/** What every goal measures with: one large campus, the same in each run. */
export const SITE = "bench-campus";
export const ZONE = "Asia/Shanghai";
/** People of the campus; each has one phone. */
export const PEOPLE = 100_000;
/** Access profiles: years, departments, dormitories, staff. Each person has one. */
export const PROFILES = 200;
/** Access points, and to how many of them one access profile leads. */
export const ACCESS_POINTS = 200;
export const POINTS_A_PROFILE = 10;
/** The access point of the measured gate: every access profile leads there. */
export const GATE = "gate-1-in";
export const REPLAY_GROUP = "gate-1/entry";

/** Floors of the lift that every access profile leads to. */
export const FLOORS = 24;
/** A floor's access point: 0 to {@link FLOORS} − 1. */
export const floorOf = (nth: number): string => `lift-1/${nth}`;
/** An access point of a door: 0 to {@link ACCESS_POINTS} − 2. */
export const doorOf = (nth: number): string => `door-${nth}`;

/** Keys are made once and given out in turns: making 1,000,000 takes longer than everything that is measured. */
const KEYS = 4_096;
const signers: (Signer | undefined)[] = [];
const FROM = unixSeconds(1_600_000_000);
const UNTIL = unixSeconds(4_000_000_000);

export const signerOf = (person: number): Signer => (signers[person % KEYS] ??= nodeSigner(seedOf(person % KEYS)));
export const profileOf = (person: number): string => `profile-${person % PROFILES}`;

/** Ids lie scattered, as random ones do. */
export function credentialOf(person: number): CredentialId {
  return hex32(scatter(person)) + hex32(scatter(person ^ 0x5bd1_e995));
}

/** The QR text of the next pass of a person's phone, as a scanner's bytes. */
export function passOf(person: number, signedAt: UnixSeconds, counter: number): Uint8Array {
  const { text } = makeHeldPass({ site: SITE, credentialId: credentialOf(person), signedAt, counter }, signerOf(person));
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** Which access profile leads where: the gate, and {@link POINTS_A_PROFILE} − 1 doors of its own choice. */
export function policies(): readonly ListedPolicy[] {
  return Array.from({ length: PROFILES }, (_, profile) =>
    Array.from({ length: POINTS_A_PROFILE }, (_, nth) => ({
      accessProfile: `profile-${profile}`,
      accessPoint: nth === 0 ? GATE : doorOf(chosenDoor(profile, nth)),
      capability: "pass" as const,
      schedule: "always",
    })),
  ).flat();
}

const chosenDoor = (profile: number, nth: number): number => (profile * 7 + nth) % (ACCESS_POINTS - 1);

/** The access profiles that lead to a door. */
export const profilesOfDoor = (door: number): readonly number[] =>
  Array.from({ length: PROFILES }, (_, profile) => profile).filter((profile) =>
    Array.from({ length: POINTS_A_PROFILE - 1 }, (_, nth) => chosenDoor(profile, nth + 1)).includes(door),
  );

/** Every access profile leads to every floor of the lift. */
const rides = (): readonly ListedPolicy[] =>
  Array.from({ length: PROFILES }, (_, profile) =>
    Array.from({ length: FLOORS }, (_, floor) => ({
      accessProfile: `profile-${profile}`,
      accessPoint: floorOf(floor),
      capability: "ride" as const,
      schedule: "always",
    })),
  ).flat();

/** The permission list of the first so many people. */
export function listOf(people: number): ListContent {
  const all = Array.from({ length: people }, (_, person) => person);
  const allDay = [{ startS: 0, endS: 86_400 }];
  return {
    credentials: all.map((person) => ({
      id: credentialOf(person),
      person: `p${person}`,
      kind: "qr",
      validFrom: FROM,
      validUntil: UNTIL,
      publicKey: signerOf(person).publicKey,
      takes: ["H", "HC"],
      flags: [],
    })),
    cards: [],
    policies: [...policies(), ...rides()],
    grants: all.map((person) => ({ credential: credentialOf(person), accessProfile: profileOf(person), validFrom: FROM, validUntil: UNTIL })),
    schedules: [
      {
        id: "always",
        weekly: { 1: allDay, 2: allDay, 3: allDay, 4: allDay, 5: allDay, 6: allDay, 7: allDay },
        specialDays: [],
        follows: { holidays: false, makeUpDays: false },
      },
    ],
    specialDayGroups: [],
    calendar: { days: new Map(), termPhases: [] },
  };
}

function seedOf(key: number): Uint8Array {
  const seed = new Uint8Array(32).fill(0xb7);
  new DataView(seed.buffer).setUint32(0, key);
  return seed;
}

/** A bijection of 32 bits: no two people meet. */
function scatter(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d);
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b);
  return (x ^ (x >>> 16)) >>> 0;
}

const hex32 = (value: number): string => value.toString(16).padStart(8, "0");
