/** A floor whose number can be counted on: `7`, `7r`, `b2`. */
const NUMBERED = /^(\D*)(\d+)(\D*)$/;
/** Stands between the ends of floors that follow on one another. No id holds a dot. */
const TO = "..";

/** Floors in a few words: `1..6`, `8`, `1r..4r`, `roof`. Those whose numbers follow on one another are told by their ends. @param floors  in the lift's order */
export function floorRuns(floors: readonly string[]): string[] {
  const runs: { readonly first: string; last: string }[] = [];
  for (const floor of floors) {
    const run = runs.at(-1);
    if (run !== undefined && isNext(run.last, floor)) run.last = floor;
    else runs.push({ first: floor, last: floor });
  }
  return runs.flatMap(({ first, last }) => (first === last ? [first] : isNext(first, last) ? [first, last] : [`${first}${TO}${last}`]));
}

/** Whether one of {@link floorRuns} holds a floor. */
export function holdsFloor(run: string, floor: string): boolean {
  const [first = "", last] = run.split(TO);
  if (last === undefined) return first === floor;
  const [from, to, at] = [NUMBERED.exec(first), NUMBERED.exec(last), NUMBERED.exec(floor)];
  if (from === null || to === null || at === null || at[1] !== from[1] || at[3] !== from[3]) return false;
  const number = Number(at[2]);
  return String(number) === at[2] && Number(from[2]) <= number && number <= Number(to[2]);
}

/** Doors, ways and floors as operators name them, in few words: `library`, `gate-1/entry`, `lift-1/2..64, roof`. */
export function doorNames(ids: readonly string[]): string[] {
  const places = new Map<string, string[]>();
  for (const id of ids) {
    const place = id.slice(0, Math.max(0, id.lastIndexOf("/")));
    places.set(place, [...(places.get(place) ?? []), id]);
  }
  return [...places].flatMap(([place, those]) => {
    const isLift = place !== "" && those.length > 2;
    return isLift ? [`${place}/${floorRuns(those.map((id) => id.slice(place.length + 1))).join(", ")}`] : those;
  });
}

/** `5` behind `4`, and `5r` behind `4r`; `05` is a floor of its own. */
function isNext(floor: string, next: string): boolean {
  const [, front, number, back] = NUMBERED.exec(floor) ?? [];
  return number !== undefined && !number.startsWith("0") && next === `${front}${Number(number) + 1}${back}`;
}
