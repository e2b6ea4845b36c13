import { sealPin } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { ROOM } from "./room-hands.ts";
import { ROOM_KEY, type RoomLockCampus, roomLockCampus } from "./room-lock-campus.ts";

/** As the mini program's phone part does it. */
async function setPin(bench: RoomLockCampus, person: string, pin: string) {
  const { items } = await bench.ask("GET /v1/persons/{id}/locks", { params: { id: person } });
  const { sealing } = items.find(({ id }) => id === ROOM)!;
  const { site, holder, version } = sealing!;
  const sealed = sealPin(ROOM_KEY, { site, lock: ROOM, holder, version }, pin, new Uint8Array(32).fill(version));
  return bench.ask("PUT /v1/persons/{id}/locks/{lock}/pin", {
    params: { id: person, lock: ROOM },
    body: { version, sealed: Buffer.from(sealed).toString("hex") },
  });
}
const stateOf = async ({ ask }: RoomLockCampus) => (await ask("GET /v1/locks/{id}/states", { params: { id: ROOM } })).items.map(({ kind, wanted, state, answer }) => [kind, wanted, state, answer?.outcome ?? null]); // prettier-ignore
const namesOf = async (bench: RoomLockCampus) => (await bench.told()).map(({ name }) => name);

test("rule 2.8: a student's room opens by code and by card, for a grant signed over the lock's challenge; a stranger is refused, and a lock that jams is told", async () => {
  const bench = await roomLockCampus();
  const { lock, show, code, card, pass, roomOf, personOf } = bench;
  expect(await show(code("li")), "before it is hers").toEqual(["AccessDenied"]);
  await roomOf(await personOf("li"));
  await pass(5_000);
  expect(await show(code("li"))).toEqual(["AccessGranted", "AccessTaken"]);
  expect(lock.memory.audit.at(-1)).toMatchObject({ event: "Opened", way: "grant" });
  expect(await show(card("li"))).toEqual(["AccessGranted", "AccessTaken"]);
  expect(await show(code("zhang"))).toEqual(["AccessDenied"]);
  lock.setMechanismStuck(true);
  const jammed = await show(code("li"));
  expect(jammed.slice(0, 3)).toEqual(["AccessGranted", "DoorFault", "AccessNotTaken"]);
  await pass(5_000);
  expect([...jammed, ...(await namesOf(bench))]).toContain("LockJammed");
});

test("rule 14.1: a PIN is set, acknowledged, used, changed; one of five digits is refused by the lock; all is erased in the version in which the room is given back", async () => {
  const bench = await roomLockCampus();
  const { lock, pass, roomOf, personOf, ask, told } = bench;
  const li = await personOf("li");
  const grant = await roomOf(li);
  await pass(5_000);
  await setPin(bench, li, "402913");
  expect(await stateOf(bench)).toEqual([["pin", "set", "waiting", null]]);
  await pass(20_000);
  expect(await stateOf(bench)).toEqual([["pin", "set", "applied", "set"]]);
  expect(lock.typePin("402913")).toBeUndefined();
  await pass(620_000);
  expect((await told()).find(({ name }) => name === "LockOpened")?.fields).toMatchObject({ lock: ROOM, way: "pin", holder: lock.memory.audit.at(-1)!.holder });
  await setPin(bench, li, "40291");
  await pass(20_000);
  expect(await stateOf(bench)).toEqual([["pin", "set", "refused", "PinFormat"]]);
  expect(lock.typePin("402913"), "the PIN before stands").toBeUndefined();
  await ask("POST /v1/persons/{id}/locks/{lock}/fingers", { params: { id: li, lock: ROOM }, body: { slot: null } });
  expect(await bench.campus.clock.until(() => lock.memory.enrolment !== undefined, 20_000)).toBe(true);
  for (let touch = 0; touch < 3; touch++) {
    lock.layFinger("li's thumb");
    await pass(1_000);
  }
  await pass(20_000);
  expect(lock.layFinger("li's thumb")).toBeUndefined();
  expect(await stateOf(bench)).toContainEqual(["finger", "set", "applied", "enrolled"]);
  await ask("DELETE /v1/grants/{id}", { params: { id: grant } });
  await pass(20_000);
  expect(await stateOf(bench)).toEqual([["pin", "erased", "applied", "erased"], ["finger", "erased", "applied", "erased"]]); // prettier-ignore
  expect([lock.typePin("402913"), lock.layFinger("li's thumb")].every((refusal) => refusal !== undefined)).toBe(true);
  expect([lock.memory.pins.size, lock.memory.fingers.size]).toEqual([0, 0]);
});

test("a lock that is out of reach refuses before a pass is spent, and is brought what it missed when it is back", async () => {
  const bench = await roomLockCampus();
  const { lock, place, pass, roomOf, personOf, show, code } = bench;
  const li = await personOf("li");
  await roomOf(li);
  await pass(5_000);
  place(false);
  await pass(150_000);
  await setPin(bench, li, "402913");
  expect(await show(code("li"))).toEqual(["AccessDenied"]);
  place(true);
  await pass(150_000);
  expect(lock.typePin("402913")).toBeUndefined();
  expect(await stateOf(bench)).toEqual([["pin", "set", "applied", "set"]]);
});
