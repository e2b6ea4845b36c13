import { afterEach, beforeEach, expect, test } from "vitest";
import type { Feedback } from "@portico/firmware-ts";
import type { GuardStationConfiguration } from "./configuration/configuration.ts";
import { GuardDesk } from "./guard-desk.ts";
import type { Holdable, Operable } from "./portal/portal.ts";
import { notRecorded, operated } from "./portal/portal.ts";
import { CREDENTIAL } from "./rig/people.ts";
import { PortalRig } from "./rig/portal-rig.ts";

const OPEN = 5;
const STATION: GuardStationConfiguration = {
  id: "gate-house",
  sessionMs: 60_000,
  holdMs: 30_000,
  reasonRequired: true,
  reasonMs: 30_000,
  buttons: [
    { does: "open", door: "gate-1/entry", input: { board: "board", input: OPEN }, pressedMeans: "open" },
    { does: "hold", door: "gate-1/entry", input: { board: "board", input: 6 }, pressedMeans: "closed" },
  ],
  reasons: [
    { reason: "delivery", key: "1" },
    { reason: "wheelchair", key: "2" },
  ],
};

let rig: PortalRig;
let done: string[];
let shown: Feedback[];
let keys: (typed: string) => void;
let isDiskFull: boolean;
let mayStay: boolean;
beforeEach(() => {
  rig = new PortalRig();
  rig.far.inputs[OPEN] = true;
  [done, shown, isDiskFull, mayStay] = [[], [], false, true];
});
afterEach(() => rig.end());

async function desk(): Promise<GuardDesk> {
  const operatorAccess: Operable["operatorAccess"] = (act) => {
    done.push(`open for ${act.reason}`);
    return isDiskFull ? notRecorded : operated;
  };
  const holdable: Holdable = {
    hold: ({ reason }, forMs) => {
      done.push(`hold ${forMs} for ${reason}`);
      return operated;
    },
    endHold: (cause) => void done.push(`end ${cause}`),
    held: () => undefined,
  };
  const made = new GuardDesk({
    station: STATION,
    doors: new Map([["gate-1/entry", { operable: { operatorAccess } as Operable, holdable }]]),
    board: () => rig.board,
    clock: rig.clock,
    recorder: rig.recorder,
    mayStay: () => mayStay,
    keys: [
      (listener) => {
        keys = listener;
        return () => {};
      },
    ],
    lights: [{ indicate: (feedback) => (shown.push(feedback), Promise.resolve({ ok: true })) }],
  });
  await rig.online({ boardLost: () => {}, boardBack: () => {}, close: () => made.close() });
  return made;
}
const signIn = (station: GuardDesk): void =>
  station.portal.access({ accessPoint: "desk", grantedSeq: rig.grant("desk"), credential: CREDENTIAL.chen, holder: 5, extended: false, partySize: 1 });
async function press(input: number, pressed: boolean): Promise<void> {
  await rig.contact(input, pressed);
  await rig.contact(input, !pressed);
}

test("the keys of the station's reader say why, the last one counts, and other keys say nothing", async () => {
  const station = await desk();
  signIn(station);
  keys("91");
  keys("2");
  await press(OPEN, false);
  keys("7#");
  await press(6, true);
  keys("1");
  await press(6, true);
  expect(done).toEqual(["open for wheelchair", "hold 30000 for delivery"]);
  expect([shown, station.signedIn()?.credential]).toEqual([["AccessGranted", "AccessDenied", "AccessGranted"], CREDENTIAL.chen]);
  expect(rig.log()).toEqual(["AccessGranted", "AccessTaken", "GuardSignedIn", "GuardRefused"]);
});

test("a press that could not be recorded is refused, keeps its reason, and is told when there is room", async () => {
  const station = await desk();
  signIn(station);
  keys("1");
  isDiskFull = true;
  await press(OPEN, false);
  isDiskFull = false;
  await press(OPEN, false);
  expect([done, shown]).toEqual([
    ["open for delivery", "open for delivery"],
    ["AccessDenied", "AccessGranted"],
  ]);
  expect(rig.named("GuardRefused").map(({ fields }) => fields)).toMatchObject([
    { door: "gate-1/entry", detail: "the disk refuses to record, so nothing was moved" },
  ]);
});

test("a guard whose card is taken away while they are signed in is signed out within ten seconds, and before the next press", async () => {
  const station = await desk();
  signIn(station);
  keys("1");
  mayStay = false;
  await press(OPEN, false);
  expect([done, rig.log().slice(-2)]).toEqual([[], ["GuardSignedOut revoked", "GuardButtonUnattended"]]);
  mayStay = true;
  signIn(station);
  mayStay = false;
  await rig.time.pass(10_000);
  expect([station.signedIn(), rig.log().at(-1)]).toEqual([undefined, "GuardSignedOut revoked"]);
});

test("a closed desk hears no button", async () => {
  const station = await desk();
  signIn(station);
  keys("1");
  station.close();
  await press(OPEN, false);
  expect(done).toEqual([]);
});
