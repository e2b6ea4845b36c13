import { type ControllerEvent, eventOf, unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { muster, type MusterFacts, type MusterPoint } from "./muster.ts";

const point = (id: string, change: Partial<MusterPoint> = {}): MusterPoint => ({ id, enters: undefined, leaves: undefined, egress: false, door: id.replace(/-(in|out)$/, ""), seesPassage: true, ...change }); // prettier-ignore
const LAB = [point("lab-in"), point("lab-out", { egress: true })];
const granted = (accessPoint: string, holder = 5): ControllerEvent =>
  eventOf("AccessGranted", { accessPoint, credential: `00000000000000f${holder}`, presentation: "H", holder, counter: null, signedAt: null, pass: null, accessProfile: "staff", uncertaintyS: 1, listVersion: 1, replayGroup: "lab" }); // prettier-ignore
const taken = (grantedSeq: number): ControllerEvent => eventOf("AccessTaken", { accessPoint: "lab-in", grantedSeq });
const exit: ControllerEvent = eventOf("RequestToExit", { door: "lab" });
const fire = eventOf("FireInput", { door: "lab", active: true });

/** Who is on the list, how sure, and why not surer. */
function list(events: readonly ControllerEvent[], change: Partial<MusterFacts> = {}): string[] {
  const numbered = events.map((event, index) => ({ seq: index + 1, at: unixSeconds(1_800_000_000 + index), event }));
  return muster({ events: numbered, points: LAB, inside: [], evacuated: new Set(), ...change }).map(({ place, holder, sureness, why }) => `${holder} in ${place}: ${sureness}${why === "" ? "" : `, ${why}`}`); // prettier-ignore
}

test("whoever came in and was not seen to go is on the list; who went is not", () => {
  expect(list([granted("lab-in"), taken(1)])).toEqual(["5 in lab: certain"]);
  expect(list([granted("lab-in"), taken(1), granted("lab-out"), taken(3)])).toEqual([]);
  expect(list([granted("lab-in"), eventOf("AccessNotTaken", { accessPoint: "lab-in", grantedSeq: 1, cause: "timeout" })])).toEqual([]);
});

test("how sure it is falls with what nobody saw", () => {
  expect(list([granted("lab-in"), taken(1), exit, exit])).toEqual(["5 in lab: likely, somebody left unseen 2 times since"]);
  expect(list([exit, granted("lab-in"), taken(2)]), "before they came").toEqual(["5 in lab: certain"]);
  expect(list([granted("lab-in"), eventOf("AccessNotTaken", { accessPoint: "lab-in", grantedSeq: 1, cause: "restart" })])).toEqual(["5 in lab: doubtful, nobody saw whether they came in"]); // prettier-ignore
  expect(list([granted("lab-in"), taken(1)], { points: [point("lab-in")] })).toEqual(["5 in lab: doubtful, no reader sees who leaves"]);
  expect(list([granted("lab-in"), taken(1), eventOf("DoorModeChanged", { door: "lab", mode: "Unlocked", by: "wang", reason: "" })])).toEqual(["5 in lab: doubtful, doors have stood free since"]); // prettier-ignore
});

test("the fire that the list is made for makes nobody less sure; one that is over does", () => {
  expect(list([granted("lab-in"), taken(1), fire], { evacuated: new Set(["lab"]) })).toEqual(["5 in lab: certain"]);
  expect(list([granted("lab-in"), taken(1), fire])).toEqual(["5 in lab: doubtful, doors have stood free since"]);
});

test("an area's own count is the list, and its borders say how sure it is", () => {
  const points = [point("gate-in", { enters: "yard", door: "gate/entry" }), point("gate-out", { leaves: "yard", door: "gate/exit" })];
  const inside = [{ area: "yard", holder: 5, credential: "00000000000000f5", since: null }];
  expect(list([granted("gate-in"), taken(1)], { points, inside })).toEqual(["5 in yard: certain"]);
  expect(list([granted("gate-in"), taken(1), eventOf("RequestToExit", { door: "gate" })], { points, inside })).toEqual(["5 in yard: likely, somebody left unseen 1 times since"]); // prettier-ignore
  expect(list([], { points, inside })).toEqual(["5 in yard: doubtful, the log does not show any more how they came in"]);
});

test("whoever came with a party is on the list with as many as came in, in an area and without one", () => {
  const party = (grantedSeq: number, passed: number): ControllerEvent =>
    eventOf("PartyPassed", { accessPoint: "lab-in", grantedSeq, passed, partySize: 4, cause: "timeout" });
  const events = [granted("lab-in"), taken(1), party(1, 3), granted("lab-in", 6), taken(4)].map((event, index) => ({ seq: index + 1, at: null, event }));
  const persons = (change: Partial<MusterFacts>): unknown[] =>
    muster({ events, points: LAB, inside: [], evacuated: new Set(), ...change }).map((row) => [row.holder, row.place, row.persons]);
  expect(persons({})).toEqual([
    [5, "lab", 3],
    [6, "lab", 1],
  ]);
  const inside = [5, 6].map((holder) => ({ area: "yard", holder, credential: `00000000000000f${holder}`, since: null }));
  expect(persons({ points: [point("lab-in", { enters: "yard" })], inside })).toEqual([
    [5, "yard", 3],
    [6, "yard", 1],
  ]);
});
