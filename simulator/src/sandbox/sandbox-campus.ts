import type { Campus, CampusDoor, CampusLane } from "../campus/campus.ts";
import { derivedBytes } from "../campus/derived-bytes.ts";
import { drawnKeys, drawnPerson } from "../campus/drawn-people.ts";
import { seeded } from "../seeded.ts";
import { sandboxPeople } from "./sandbox-people.ts";

export const SANDBOX_SITE = "sandbox";

const LANES: readonly CampusLane[] = [
  { id: "gate-1", gate: "main-gate", readsCards: true },
  { id: "gate-2", gate: "main-gate", readsCards: true },
];
const DOORS: readonly CampusDoor[] = [{ id: "library", readsCards: true }];
/** A range start ≤ t < end of no length: its time never comes. */
const CLOSED = { id: "closed", days: "daily", start: "00:00", end: "00:00" } as const;

/**
 * The campus of a sandbox: a gate of two lanes, a library, and its people. Whom a seed gives, everybody may know: names, credential ids and card numbers come
 * of it. Whatever signs comes of the secret.
 *
 * @param secret  32 unpredictable bytes
 */
export function sandboxCampus(secret: Uint8Array, seed: number): Campus {
  const { secret: ids, drawn } = seeded(seed);
  return {
    site: SANDBOX_SITE,
    controller: "gate-house",
    parts: [
      { controller: "gate-house", zone: "gates", names: { zh: "校门", en: "Gates" }, places: LANES.map(({ id }) => id) },
      { controller: "library-house", zone: "library", names: { zh: "图书馆", en: "Library" }, places: DOORS.map(({ id }) => id) },
    ],
    timeZone: "Asia/Shanghai",
    lanes: LANES,
    doors: DOORS,
    schedules: [CLOSED],
    profiles: [
      { id: "campus", accessPoints: LANES.flatMap(({ id }) => [`${id}-in`, `${id}-out`]), schedule: "always" },
      { id: "first-lane", accessPoints: ["gate-1-in", "gate-1-out"], schedule: "always" },
      { id: "library", accessPoints: ["library-in"], schedule: "always" },
      { id: "library-closed", accessPoints: ["library-in"], schedule: CLOSED.id },
    ],
    people: sandboxPeople(drawn("people")).map((plan) => drawnPerson(secret, plan, ids)),
    keys: drawnKeys(secret),
  };
}

/** What the mini program's backend of this sandbox signs with, 32 bytes. */
export const backendSeed = (secret: Uint8Array): Uint8Array => derivedBytes(secret, "backend", 32);
/** What the stand-ins of providers know the cloud by. */
export const providerSecret = (secret: Uint8Array, provider: string): string => Buffer.from(derivedBytes(secret, `client of ${provider}`, 24)).toString("hex");
