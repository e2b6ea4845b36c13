import { accessPointsOf, type Campus, type CampusDoor, type CampusLane } from "../campus/campus.ts";
import { type CampusStation, stationReaders } from "../campus/campus-stations.ts";
import { drawnKeys, drawnPerson, type PersonPlan } from "../campus/drawn-people.ts";

/** Tills of the canteen. */
export const TILLS = 8;
/** Of those who eat one in so many pays by card. */
const ONE_OF_CARD = 3;

const LANES: readonly CampusLane[] = [
  { id: "gate-1", gate: "main-gate", readsCards: true },
  { id: "hall-1", gate: "sports-hall", readsCards: true },
];
const DOORS: readonly CampusDoor[] = [
  { id: "room-607", readsCards: true },
  { id: "room-608", readsCards: true },
];
const STATIONS: readonly CampusStation[] = [
  ...Array.from({ length: TILLS }, (_, nth): CampusStation => ({ kind: "till", id: `canteen-${nth + 1}`, merchant: "North canteen" })),
  { kind: "printer", id: "printer-1" },
];

/** Everybody may come in, eat and print. Hall and rooms open for whoever has booked them. */
const STUDENT = ["campus", "pay", "print"];
const NAMED: readonly PersonPlan[] = [
  { id: "zhang", profiles: STUDENT, phone: {}, card: {} },
  { id: "li", profiles: STUDENT, phone: {}, card: {} },
  { id: "wang", profiles: STUDENT, phone: {} },
  { id: "wu", profiles: STUDENT, audience: "staff", phone: {}, card: {} },
  { id: "chen", profiles: STUDENT, phone: {} },
];

/** What those who eat are called. */
export const eaterId = (nth: number): string => `p-${String(nth + 1).padStart(4, "0")}`;

/**
 * The campus of a day: a gate, a sports hall, two rooms, a canteen of eight tills, a printer, five people with something to do and many who eat.
 *
 * @param secret  32 unpredictable bytes
 */
export function dayCampus(secret: Uint8Array, eaters: number): Campus {
  const readers = stationReaders({ stations: STATIONS });
  const at = (capability: string): string[] => readers.filter((reader) => reader.capability === capability).map(({ id }) => id);
  const gates = accessPointsOf({ lanes: LANES, doors: [] }).filter(({ id }) => id.startsWith("gate-"));
  const eats = (nth: number): PersonPlan => ({ id: eaterId(nth), profiles: ["pay"], ...(nth % ONE_OF_CARD === 0 ? { card: {} } : { phone: {} }) });
  return {
    site: "day-campus",
    controller: "gate-house",
    parts: [
      { controller: "gate-house", zone: "gates", names: { zh: "校门", en: "Gates" }, places: ["gate-1"] },
      { controller: "hall-house", zone: "hall", names: { zh: "体育馆", en: "Sports hall" }, places: ["hall-1"] },
      { controller: "teaching-house", zone: "teaching", names: { zh: "行政楼", en: "Administration building" }, places: DOORS.map(({ id }) => id) },
      { controller: "canteen-house", zone: "canteen", names: { zh: "食堂", en: "Canteen" }, places: STATIONS.filter(({ kind }) => kind === "till").map(({ id }) => id) },
      { controller: "print-house", zone: "print", names: { zh: "文印", en: "Printing" }, places: ["printer-1"] },
    ], // prettier-ignore
    timeZone: "Asia/Shanghai",
    lanes: LANES,
    doors: DOORS,
    stations: STATIONS,
    schedules: [],
    profiles: [
      { id: "campus", accessPoints: gates.map(({ id }) => id), schedule: "always" },
      { id: "pay", capability: "pay", accessPoints: at("pay"), schedule: "always" },
      { id: "print", capability: "print", accessPoints: at("print"), schedule: "always" },
    ],
    people: [...NAMED, ...Array.from({ length: eaters }, (_, nth) => eats(nth))].map((plan) => drawnPerson(secret, plan)),
    keys: drawnKeys(secret),
  };
}
