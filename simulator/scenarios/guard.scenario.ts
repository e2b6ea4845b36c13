import { expect, test } from "vitest";
import type { Campus } from "../src/campus/campus.ts";
import { smallCampus } from "../src/campus/small-campus.ts";
import { type CampusBench, campusBench, DEBOUNCE_OVER_MS } from "./campus-bench.ts";
import { cloudBench } from "./cloud-bench.ts";

/** The small campus with a guards' desk: its reader and its board are those of a door `desk`. zhao and li are guards, with a card each. */
function withDesk(secret: Uint8Array): Campus {
  const campus = smallCampus(secret);
  const guards = ["zhao", "li"];
  return {
    ...campus,
    doors: [...campus.doors, { id: "desk", readsCards: true }],
    parts: campus.parts.map((part) => (part.places.includes("gate-1") ? { ...part, places: [...part.places, "desk"] } : part)),
    profiles: [...campus.profiles, { id: "guards", accessPoints: ["desk-in"], schedule: "always" }],
    people: campus.people.map((person) => (guards.includes(person.id) ? { ...person, profiles: [...person.profiles, "guards"] } : person)),
  };
}
const OPEN = 2;
const HOLD = 3;
const LIBRARY = 4;
const DELIVERY = 5;
const asStation = (portico: string): string => `${portico.replace('scanner = "desk-in"\ndoor = "desk"', 'scanner = "desk-in"\nguard_station = "gate-house"')}
[[guard_station]]
id = "gate-house"
session_s = 120
hold_s = 70
${[
  ["open", "gate-1/entry", OPEN],
  ["hold", "gate-1/entry", HOLD],
  ["open", "library", LIBRARY],
]
  .map(([does, door, input]) => `[[guard_button]]\nstation = "gate-house"\ndoes = "${does}"\ndoor = "${door}"\ninput = { board = "desk", input = ${input} }\n`)
  .join("")}[[guard_reason]]
station = "gate-house"
reason = "delivery"
input = { board = "desk", input = ${DELIVERY} }
`;

interface Desk extends CampusBench {
  readonly press: (input: number, ms?: number) => Promise<void>;
  /** Presses the reason key and then the button. */
  readonly use: (input: number) => Promise<void>;
  readonly signIn: (person: string) => Promise<string>;
  /** The events of the desk and of what it opened. */
  readonly told: () => Promise<string[]>;
}
async function desk(amend: (portico: string) => string = (portico) => portico): Promise<Desk> {
  const bench = await campusBench({ make: withDesk, amend: (portico) => amend(asStation(portico)) });
  const { campus, pass, answer, pocket, events } = bench;
  const press = async (input: number, ms = 400): Promise<void> => {
    const board = campus.devices.boards.get("desk")!;
    board.setInput(input, true);
    await pass(ms);
    board.setInput(input, false);
    await pass(400);
  };
  return {
    ...bench,
    press,
    use: async (input) => {
      await press(DELIVERY);
      await press(input);
    },
    signIn: async (person) => {
      await pass(DEBOUNCE_OVER_MS);
      return answer("desk-in", pocket(person).card!);
    },
    told: async () =>
      (await events()).flatMap(({ name, fields }) =>
        /^Guard|^LaneH/.test(name)
          ? [[name, fields["door"] ?? fields["cause"], fields["reason"] ?? fields["cause"] ?? fields["detail"]].filter((part) => part !== undefined).join(" ")]
          : [],
      ),
  };
}
const lane = ({ campus }: CampusBench) => campus.devices.lanes.get("gate-1")!;

test("a guard signs in with their own card and opens a lane and a door, once each, with a reason; each use stands in the log before anything moves", async () => {
  const bench = await desk();
  const { campus, use, press, signIn, push, told, events } = bench;
  expect(await signIn("zhao")).toBe("granted");
  await press(OPEN);
  expect([lane(bench).releases("entry"), await push("gate-1", "entry")]).toEqual([0, false]);
  await use(OPEN);
  expect(await push("gate-1", "entry")).toBe(true);
  await bench.pass(2_000);
  expect([await push("gate-1", "entry"), lane(bench).releases("entry")]).toEqual([false, 1]);
  await use(LIBRARY);
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(true);
  expect(await told()).toEqual([
    "GuardSignedIn",
    "GuardRefused gate-1/entry no reason was given: a reason key first, then the button",
    "GuardOpened gate-1/entry delivery",
    "GuardOpened library delivery",
  ]);
  const [signedIn] = await events("GuardSignedIn");
  const [opened] = await events("GuardOpened");
  expect(opened!.fields["credential"]).toBe(signedIn!.fields["credential"]);
  expect((await events("DoorForcedOpen")).length + (await events("Tailgating")).length).toBe(0);
  expect(await campus.chain()).toMatchObject({ kind: "whole" });
});

test("a button with nobody signed in is an alarm and opens nothing; whoever has no permission for the station does not sign in", async () => {
  const bench = await desk();
  expect(await bench.answer("desk-in", bench.code("wang"))).toBe("Unauthorized");
  await bench.use(OPEN);
  await bench.use(HOLD);
  expect([lane(bench).releases("entry"), await bench.push("gate-1", "entry")]).toEqual([0, false]);
  expect(await bench.told()).toEqual(["GuardButtonUnattended gate-1/entry", "GuardButtonUnattended gate-1/entry"]);
  expect((await bench.events("GuardButtonUnattended")).every(({ severity }) => severity === "alarm")).toBe(true);
});

test("a guard is signed out by showing the card again, by another guard, and by time", async () => {
  const bench = await desk();
  await bench.signIn("zhao");
  await bench.signIn("zhao");
  await bench.use(OPEN);
  await bench.signIn("zhao");
  await bench.signIn("li");
  await bench.pass(120_000);
  await bench.use(OPEN);
  expect(await bench.told()).toEqual([
    "GuardSignedIn",
    "GuardSignedOut presented presented",
    "GuardButtonUnattended gate-1/entry",
    "GuardSignedIn",
    "GuardSignedOut relieved relieved",
    "GuardSignedIn",
    "GuardSignedOut time time",
    "GuardButtonUnattended gate-1/entry",
  ]);
  expect(lane(bench).releases("entry")).toBe(0);
});

test("a hold lets everybody through for its time and no longer, or until the next press, and counts them apart", async () => {
  const bench = await desk();
  const { campus, use, press, signIn, push, pass, told } = bench;
  await signIn("zhao");
  await use(HOLD);
  for (let nth = 0; nth < 3; nth++) expect(await push("gate-1", "entry"), `person ${nth}`).toBe(true);
  await pass(62_000);
  expect(await push("gate-1", "entry")).toBe(true);
  await pass(10_000);
  expect(await push("gate-1", "entry")).toBe(false);
  await use(HOLD);
  expect(await push("gate-1", "entry")).toBe(true);
  const stations = campus.controller.answers["GET /v1/guard-stations"]({ params: {}, query: new URLSearchParams(), body: undefined });
  expect(stations).toMatchObject([{ id: "gate-house", held: [{ door: "gate-1/entry", reason: "delivery" }] }]);
  await press(HOLD);
  await pass(1_000);
  expect(await push("gate-1", "entry")).toBe(false);
  expect(await told()).toEqual([
    "GuardSignedIn",
    "LaneHeld gate-1/entry delivery",
    "LaneHoldEnded gate-1/entry time",
    "LaneHeld gate-1/entry delivery",
    "LaneHoldEnded gate-1/entry guard",
  ]);
  const counts = campus.controller.answers["GET /v1/lanes/counts"]({ params: {}, query: new URLSearchParams(), body: undefined });
  expect(counts).toMatchObject([{ direction: "entry", granted: 0, free: 5, forced: 0 }]);
});

test("lockdown ends what a guard holds and refuses what a guard opens; fire frees all the same; the guard's session goes on", async () => {
  const bench = await desk();
  const { campus, use, signIn, push, pass, told } = bench;
  const site = (verb: "lockdown" | "release"): void =>
    void campus.controller.answers["POST /v1/site/:verb"]({
      params: { verb },
      query: new URLSearchParams(),
      body: { zone: null, by: "wang", reason: "intruder" },
    });
  await signIn("zhao");
  await use(HOLD);
  await pass(2_000);
  site("lockdown");
  await pass(1_000);
  expect(await push("gate-1", "entry")).toBe(false);
  await use(OPEN);
  await use(HOLD);
  expect(await push("gate-1", "entry")).toBe(false);
  lane(bench).fire(true);
  await pass(1_000);
  expect(await push("gate-1", "entry")).toBe(true);
  expect(await told()).toEqual([
    "GuardSignedIn",
    "LaneHeld gate-1/entry delivery",
    "LaneHoldEnded gate-1/entry superseded",
    "GuardRefused gate-1/entry lockdown: every door",
    "GuardRefused gate-1/entry lockdown: every door",
  ]);
});

test("a hold and its guard do not outlive a power cut: the lane is locked, the log says so, and the guard signs in again", async () => {
  const bench = await desk();
  const { campus, use, press, signIn, push, pass, told } = bench;
  await signIn("zhao");
  await use(HOLD);
  expect(await push("gate-1", "entry")).toBe(true);
  campus.powerCut();
  await pass(3_000);
  await campus.powerReturns();
  await pass(3_000);
  expect(await push("gate-1", "entry")).toBe(false);
  await press(OPEN);
  expect((await told()).slice(2)).toEqual(["GuardSignedOut restart restart", "LaneHoldEnded gate-1/entry restart", "GuardButtonUnattended gate-1/entry"]);
  expect(await signIn("zhao")).toBe("granted");
  await use(OPEN);
  expect(await push("gate-1", "entry")).toBe(true);
  expect(await campus.chain()).toMatchObject({ kind: "whole" });
});

test("a controller that is killed while a guard holds a lane leaves it open for a minute at most: the board drops it by itself", async () => {
  const bench = await desk();
  await bench.signIn("zhao");
  await bench.use(HOLD);
  await bench.pass(35_000);
  bench.campus.kill();
  await bench.pass(61_000);
  expect(bench.campus.devices.boards.get("gate-1")!.relay(0)).toBe(false);
  await bench.campus.start();
});

test("a guard who signs out ends what they hold; a guard who relieves them does not", async () => {
  const bench = await desk();
  await bench.signIn("zhao");
  await bench.use(HOLD);
  await bench.signIn("li");
  expect(await bench.push("gate-1", "entry")).toBe(true);
  await bench.signIn("li");
  expect(await bench.push("gate-1", "entry")).toBe(false);
  expect((await bench.told()).at(-1)).toBe("LaneHoldEnded gate-1/entry signed out");
});

test("a stuck button opens once, is told, and does nothing when its board comes back", async () => {
  const bench = await desk();
  const { campus, press, signIn, pass, told } = bench;
  await signIn("zhao");
  await press(DELIVERY);
  campus.devices.boards.get("desk")!.setInput(OPEN, true);
  await pass(40_000);
  campus.wire("desk").cut();
  await pass(5_000);
  campus.wire("desk").mend();
  await pass(5_000);
  expect([lane(bench).releases("entry"), await told()]).toEqual([1, ["GuardSignedIn", "GuardOpened gate-1/entry delivery", "GuardButtonStuck gate-1/entry"]]);
});

test("a guard who has just opened once holds the lane for those who come behind", async () => {
  const bench = await desk();
  await bench.signIn("zhao");
  await bench.use(OPEN);
  await bench.use(HOLD);
  for (let nth = 0; nth < 3; nth++) expect(await bench.push("gate-1", "entry"), `person ${nth}`).toBe(true);
  expect(await bench.told()).toEqual(["GuardSignedIn", "GuardOpened gate-1/entry delivery", "LaneHeld gate-1/entry delivery"]);
});

test("with cloud and network gone a guard of the feed opens and a party of the feed passes; what they did goes up when the line is back, and a guard's lost card signs them out", async () => {
  const family = (campus: Campus): Campus => ({
    ...campus,
    people: campus.people.map((person) => (person.id === "wang" ? { ...person, partySize: 2 } : person)),
  });
  const bench = await cloudBench({
    make: (secret) => family(withDesk(secret)),
    // The library hangs on another controller.
    amend: (controller, portico) => (controller === "gate-house" ? asStation(portico).replace('door = "library"', 'door = "gate-2/exit"') : portico),
  });
  const { campus, answer, card, code, push, pass, events } = bench;
  campus.cloud.unplug();
  await pass(10_000);
  expect([await answer("desk-in", card("zhao")), await answer("desk-in", code("wang"))]).toEqual(["granted", "Unauthorized"]);
  for (const input of [DELIVERY, OPEN]) {
    campus.devices.boards.get("desk")!.setInput(input, true);
    await pass(300);
    campus.devices.boards.get("desk")!.setInput(input, false);
    await pass(300);
  }
  expect(await push("gate-1", "entry")).toBe(true);
  await pass(6_000);
  expect(await answer("gate-1-in", code("wang"))).toBe("granted");
  expect([await push("gate-1", "entry"), await push("gate-1", "entry"), await push("gate-1", "entry")]).toEqual([true, true, false]);
  expect((await events("gate-house", "GuardOpened")).length).toBe(1);
  campus.cloud.plug();
  await pass(30_000);
  expect(campus.controller("gate-house").status().upload).toMatchObject({ waiting: 0, problem: "" });
  await bench.report("zhao", "report-lost");
  await pass(12_000);
  expect(
    (await events("gate-house", "GuardSignedOut")).map(({ fields }) => fields["cause"]),
    "the guard's card is lost",
  ).toEqual(["revoked"]);
});
