import { accessPointsOf, type Campus, type CampusDoor, type CampusLane } from "./campus.ts";
import { drawnKeys, drawnPerson, type PersonPlan } from "./drawn-people.ts";

/** How far the slow phone of the small campus is behind, seconds: more than any pass H lives. */
export const SLOW_PHONE_S = -90;

const LANES: readonly CampusLane[] = [
  { id: "gate-1", gate: "main-gate", readsCards: false },
  { id: "gate-2", gate: "main-gate", readsCards: true },
];
const DOORS: readonly CampusDoor[] = [{ id: "library", readsCards: true }];

const STUDENT = ["campus", "library-hours"];
const STAFF = ["campus", "library-always"];

/** Each stands for one thing that a campus must get right. */
const PEOPLE: readonly PersonPlan[] = [
  { id: "zhang", profiles: STUDENT, phone: {} },
  { id: "li", profiles: STUDENT, phone: {}, card: {} },
  { id: "wang", profiles: STUDENT, phone: {} },
  { id: "liu", profiles: STUDENT, phone: {} },
  { id: "chen", profiles: STUDENT, phone: { clockErrorS: SLOW_PHONE_S } },
  { id: "yang", profiles: ["campus"], phone: {} },
  { id: "zhao", profiles: STAFF, audience: "staff", flags: ["emergency"], phone: {}, card: {} },
  { id: "huang", profiles: STAFF, audience: "staff", flags: ["extendedTime"], phone: {} },
  { id: "wu", profiles: STAFF, audience: "staff", phone: {} },
  { id: "zhou", profiles: ["campus"], audience: "visitor", flags: ["visitor"], wallet: true },
  { id: "xu", profiles: STUDENT, phone: { suspension: "Frozen" } },
  { id: "sun", profiles: STUDENT, phone: {}, card: { suspension: "CredentialLost" } },
];

/**
 * The campus of `npm start`: one gate of two lanes, a library, twelve people. The same secret gives the same keys, credentials and card numbers.
 *
 * @param secret  32 unpredictable bytes
 */
export function smallCampus(secret: Uint8Array): Campus {
  const gates = accessPointsOf({ lanes: LANES, doors: [] }).map(({ id }) => id);
  return {
    site: "demo-campus",
    controller: "gate-house",
    parts: [
      { controller: "gate-house", zone: "gates", names: { zh: "校门", en: "Gates" }, places: LANES.map(({ id }) => id) },
      { controller: "library-house", zone: "library", names: { zh: "图书馆", en: "Library" }, places: DOORS.map(({ id }) => id) },
    ],
    timeZone: "Asia/Shanghai",
    lanes: LANES,
    doors: DOORS,
    // Whenever somebody tries the demo the library is open, and still its schedule was asked.
    schedules: [{ id: "library-hours", days: "daily", start: "00:00", end: "24:00" }],
    profiles: [
      { id: "campus", accessPoints: gates, schedule: "always" },
      { id: "library-hours", accessPoints: ["library-in"], schedule: "library-hours" },
      { id: "library-always", accessPoints: ["library-in"], schedule: "always" },
    ],
    people: PEOPLE.map((plan) => drawnPerson(secret, plan)),
    keys: drawnKeys(secret),
  };
}
