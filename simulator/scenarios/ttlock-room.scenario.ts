import { expect, test } from "vitest";
import { READER } from "./room-hands.ts";
import { ttlockCampus } from "./ttlock-campus.ts";

const EVERYTHING = ["14.1", "14.2", "14.3", "14.4"];

test("rule 2.8: a room with a lock of a maker's platform opens by code for a decision that is recorded before the platform is asked; a stranger's reaches it never", async () => {
  const { campus, platform, body, show, code, roomOf, personOf, pass, events, told } = await ttlockCampus(["14.3"]);
  await roomOf(await personOf("li"));
  await pass(5_000);
  const granted = async () => (await events("library-house", "AccessGranted")).length;
  const before = await granted();
  // Nothing comes back: what stands in the log by then was written before.
  platform.fail("/v3/lock/unlock", "silent");
  const asked = platform.heard.length;
  await campus.hands.scan(READER, code("li"));
  expect(await campus.clock.until(() => platform.heard.slice(asked).includes("/v3/lock/unlock"), 2_000)).toBe(true);
  expect([(await granted()) - before, body.openedFromAfar]).toEqual([1, 0]);
  await pass(15_000);
  expect((await told()).map(({ name }) => name)).toEqual(expect.arrayContaining(["AccessGranted", "DoorFault", "AccessNotTaken"]));
  await pass(60_000);
  expect(await show(code("li"))).toEqual(expect.arrayContaining(["AccessGranted", "AccessTaken"]));
  expect([body.openedFromAfar, body.bolt]).toEqual([1, "locked"]);
  expect(await show(code("zhang"))).toEqual(["AccessDenied"]);
  expect(body.openedFromAfar).toBe(1);
});

test("rule 14.1: nobody's PIN reaches a platform that nobody has agreed to tell it: the refusal names the rule, the cloud learns it, and what the lock cannot keep stands at it", async () => {
  const { platform, body, setPin, states, roomOf, personOf, pass, told, held } = await ttlockCampus(["14.3"]);
  const li = await personOf("li");
  await roomOf(li);
  await pass(5_000);
  await setPin(li, "402913");
  await pass(20_000);
  expect(await states()).toEqual([["pin", "refused", "Unsupported"]]);
  expect((await told()).find(({ name }) => name === "LockPinRefused")?.fields).toMatchObject({ detail: expect.stringContaining("rules 14.1 and 14.4") });
  expect([body.pins, JSON.stringify(platform.forms).includes("402913")]).toEqual([[], false]);
  const { notKept, pins, wanted } = await held();
  expect(notKept.map(({ rule, isAccepted }) => [rule, isAccepted])).toEqual([["14.1", false], ["14.2", false], ["14.3", true], ["14.4", false]]); // prettier-ignore
  expect([pins, wanted?.pins]).toEqual([0, 1]);
  await pass(700_000);
  expect(
    (await told()).filter(({ name }) => name === "LockPinRefused"),
    "it is not asked again and again",
  ).toEqual([]);
});

test("rule 14.4: with the grant PIN and finger go as soon as the gateway takes the order, and the cloud is told when they are gone", async () => {
  const { body, setPin, states, roomOf, personOf, pass, told, ask } = await ttlockCampus(EVERYTHING);
  const li = await personOf("li");
  const grant = await roomOf(li);
  await pass(5_000);
  await setPin(li, "402913");
  await pass(20_000);
  expect([await states(), body.typePin("402913")]).toEqual([[["pin", "applied", "set"]], true]);
  const { holder } = (await told()).find(({ name }) => name === "LockPinApplied")!.fields as { holder: number };
  await ask("POST /v1/persons/{id}/locks/{lock}/fingers", { params: { id: li, lock: "room-301" }, body: { slot: null } });
  await pass(10_000);
  const finger = body.enrolByApp(`portico finger 0 of ${holder}`);
  await pass(30_000);
  expect(await states()).toContainEqual(["finger", "applied", "enrolled"]);
  await pass(620_000);
  expect((await told()).find(({ name, fields }) => name === "LockOpened" && fields["way"] === "pin")?.fields).toMatchObject({ holder });

  body.isGatewayOn = false;
  await ask("DELETE /v1/grants/{id}", { params: { id: grant } });
  await pass(60_000);
  expect([(await states()).map(([kind, state]) => [kind, state]), body.layFinger(finger)], "what 14.4 does not keep here").toEqual([
    [["pin", "waiting"], ["finger", "waiting"]], // prettier-ignore
    true,
  ]);
  body.isGatewayOn = true;
  await pass(180_000);
  expect(await states()).toEqual([["pin", "applied", "erased"], ["finger", "applied", "erased"]]); // prettier-ignore
  expect([body.pins, body.fingers, body.typePin("402913")]).toEqual([[], [], false]);
});

test("a gateway that is off refuses before a pass is spent; the battery that runs low and the wrong codes at the keypad are told", async () => {
  const { body, show, code, roomOf, personOf, pass, told } = await ttlockCampus(EVERYTHING);
  await roomOf(await personOf("li"));
  await pass(5_000);
  body.isGatewayOn = false;
  await pass(150_000);
  const li = code("li");
  expect(await show(li)).toEqual(["AccessDenied"]);
  body.isGatewayOn = true;
  await pass(120_000);
  expect((await show(code("li"))).slice(0, 2)).toEqual(["AccessGranted", "AccessTaken"]);
  body.battery = 9;
  body.typePin("90909090");
  await pass(660_000);
  const names = await told();
  expect(names.map(({ name }) => name)).toEqual(expect.arrayContaining(["LockTryRefused", "HealthFound"]));
  expect(JSON.stringify(names)).not.toContain("90909090");
});
