import { portableAgreementKey } from "@portico/card-protocol/phone";
import { bytesToHex, openPin } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

const ZHANG = "zhang@example.edu";
const LOCK_SECRET = new Uint8Array(32).fill(7);
const KEY = bytesToHex(portableAgreementKey(LOCK_SECRET).publicKey);
let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  await one("person", "add", "--name", "张三", "--account", ZHANG, "--audience", "student");
  await one("credential", "add", "--person", ZHANG, "--kind", "qr");
  await one("place", "zone", "dormitory", "--zh", "宿舍", "--en", "Dormitory");
  await one("place", "put", "room-301", "--zone", "dormitory", "--zh", "301 室", "--en", "Room 301");
});
afterEach(() => cloud.end());
const one = async (...words: readonly string[]): Promise<Record<string, unknown>> => (await cloud.json(...words))[0]!;
const PUT = ["lock", "put", "room-301", "--public-key", KEY];
const granted = () => one("grant", "give", "--person", ZHANG, "--place", "room-301", "--capability", "unlock", "--reason", "lodged");
const setPin = (input: string, ...words: readonly string[]) => cloud.run(["lock", "pin", "set", ZHANG, "room-301", ...words], { input });

test("rule 14.1: a PIN is read from standard input, sealed on this machine for lock, holder and version, and opened by the lock alone; letters are no PIN", async () => {
  await one(...PUT);
  await granted();
  expect(await setPin("wrong\n")).toMatchObject({ exitCode: 2, err: expect.stringContaining("a PIN has 6 to 8 digits") });
  expect(await setPin("402913\n")).toMatchObject({ exitCode: 0, out: expect.not.stringContaining("402913") });
  const row = await cloud.cloud.database.queries.selectFrom("lock_state").select("sealed").executeTakeFirstOrThrow();
  const place = { site: "demo", lock: "room-301", holder: 1, version: 1 };
  expect(openPin(LOCK_SECRET, place, new Uint8Array(row.sealed!))).toBe("402913");
  expect(openPin(LOCK_SECRET, { ...place, version: 2 }, new Uint8Array(row.sealed!)), "for another version").toBeUndefined();
  expect(await cloud.json("lock", "status", "room-301")).toMatchObject([{ kind: "pin", wanted: "set", version: 1, state: "waiting", changedBy: "li" }]);
  expect((await cloud.run(["lock", "status", "room-301"], { isTty: true })).out).toMatch(/^PERSON +WHAT +VERSION +STATE +SINCE +BY +UNTIL\n\S+ +pin +1 +waiting for the lock /); // prettier-ignore
  await one("lock", "pin", "erase", ZHANG, "room-301", "--reason", "forgotten");
  expect(await cloud.json("lock", "list", "--person", ZHANG)).toMatchObject([{ id: "room-301", refusal: null, pin: { wanted: "erased", endedWhy: "asked" } }]);
});

test("rule 14.1: whoever sets a PIN at a lock behind its maker's platform, looks at it or asks for its state is told what is not kept there", async () => {
  await one(...PUT);
  expect((await cloud.run(["lock", "status", "room-301"])).err).toBe("");
  expect(await one(...PUT, "--platform", "ttlock")).toMatchObject({ platform: "ttlock", notKept: [{ rule: "14.1" }, { rule: "14.2" }, { rule: "14.3" }, { rule: "14.4" }] }); // prettier-ignore
  await granted();
  const set = await setPin("402913\n");
  expect(set).toMatchObject({
    exitCode: 0,
    err: expect.stringMatching(/^rule 14\.1 is not kept at this lock: .* in clear.*\nrule 14\.4 is not kept at this lock: /),
  });
  expect((await cloud.run(["lock", "status", "room-301"])).err.split("\n").filter((line) => line.startsWith("rule 14."))).toHaveLength(4);
  expect((await cloud.run(["lock", "show", "room-301"], { isTty: true })).out).toMatch(/platform +ttlock\nnot kept, 14\.1 +PINs are sealed to the controller/);
  expect(await cloud.json("lock", "list", "--person", ZHANG)).toMatchObject([{ id: "room-301", notKept: [{ rule: "14.1", zh: expect.stringContaining("平台") }, {}, {}, {}] }]); // prettier-ignore
});

test("rule 14.4: whoever has no grant there is told by which rule, whom to ask and what helps, before anything is sealed", async () => {
  await one(...PUT);
  const refused = await setPin("402913\n");
  expect(refused).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/\(LockNotYours, rule 14\.4\)\non: PIN of person .* at lock room-301\nnext: Have the room granted .*IT/),
  });
  expect(await cloud.json("lock", "status", "room-301")).toEqual([]);
});

test("rule 14.2: a finger is enrolled at the lock within ten minutes, in a place of its own, and erased by it", async () => {
  await one(...PUT, "--fingers", "1");
  await granted();
  expect(await one("lock", "finger", "enrol", ZHANG, "room-301")).toMatchObject({ slot: 0, version: 1, enrolUntil: "2026-09-01T00:10:00Z" });
  expect(await cloud.run(["lock", "finger", "enrol", ZHANG, "room-301"])).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("FingersFull, rule 14.2"),
  });
  await one("lock", "finger", "erase", ZHANG, "room-301", "--place", "0");
  expect(await cloud.json("lock", "status", "room-301")).toMatchObject([{ kind: "finger", slot: 0, wanted: "erased" }]);
});

test("locks are put, listed, shown and taken away; a key that is none and an access point that is not there are refused", async () => {
  expect(await cloud.run(["lock", "put", "room-301", "--public-key", "c0"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("64 hex digits") });
  expect(await cloud.run(["lock", "put", "none", ...PUT.slice(3)])).toMatchObject({ exitCode: 1, err: expect.stringContaining("AccessPointUnknown") });
  await one(...PUT, "--service", "office-lock");
  expect(await cloud.json("lock", "list")).toMatchObject([{ id: "room-301", zone: "dormitory", service: "office-lock", fingerSlots: 50 }]);
  expect((await cloud.run(["lock", "show", "room-301"], { isTty: true })).out).toContain(`key      ${KEY}`);
  await one("lock", "remove", "room-301");
  expect(await cloud.run(["lock", "show", "room-301"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("LockUnknown") });
});
