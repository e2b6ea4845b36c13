import type { LockLogRow, RoomLockRow, RoomLocksAnswer } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import type { RecordedOptions } from "./recorded-surroundings.ts";
import { json, standIn as startStandIn, type StandIn, type StandInAnswer } from "./stand-in-controller.ts";

async function standIn(answer: StandInAnswer): Promise<StandIn> {
  const there = await startStandIn(answer);
  onTestFinished(there.end);
  return there;
}

const TTY: RecordedOptions = { isTty: true, columns: 200 };
const HELD: RoomLockRow = {
  id: "room-301",
  zone: "dormitory",
  protocol: "ble",
  health: "online",
  detail: "",
  bolt: "locked",
  batteryPercent: 87,
  clockOffS: 0,
  lockedOutS: 0,
  listVersion: 4,
  denyVersion: 2,
  cardKeyGeneration: 3,
  pins: 1,
  fingers: 0,
  wanted: { people: 2, left: 0, pins: 1, fingers: 1 },
  listMade: 4,
  listUntil: 1_800_000_000,
  isListDue: false,
  look: "done",
  lookAt: 1_799_000_000,
  lookDetail: "",
  pinKey: "cc".repeat(32),
  notKept: [],
  isOtherKey: false,
};
const CARRIED: RoomLockRow = { ...HELD, id: "room-302", protocol: "carried", health: "offline", detail: "its list is carried to it", bolt: null, batteryPercent: null, listVersion: null, denyVersion: null, cardKeyGeneration: null, pins: null, fingers: null, listMade: 7 }; // prettier-ignore
const LOCKS: RoomLocksAnswer = { site: "demo", controller: "east", agreementKey: "aa".repeat(32), signingKey: "bb".repeat(32), denySet: { version: 3, issued: 1_799_000_000, denied: 5, left: 0 }, locks: [HELD, CARRIED] }; // prettier-ignore

test("lock held shows what each lock holds, the deny set's version too, and what was made for those that are carried to", async () => {
  const { run } = await standIn(json(LOCKS));
  const { out, err } = await run(TTY, "lock", "held");
  expect(out.split("\n").slice(0, 3)).toEqual([
    "LOCK      HEALTH   BOLT    BATTERY  LIST                         DENY SET  CARDS  PEOPLE  PINS    FINGERS  NOT KEPT  DETAIL",
    expect.stringMatching(/^room-301  online   locked  87 %     4 until \S{10} \S{8}  2         key 3  2       1 of 1  0 of 1 *$/),
    expect.stringMatching(/^room-302  carried                   7 until \S{10} \S{8}                   2       \? of 1  \? of 1 +its list is carried to it$/),
  ]);
  expect(err).toMatch(/^deny set: version 3 of \S{10} \S{8}, 5 denied\n$/);
});

test("lock held names the rules that a lock of a maker's platform does not keep, and lock keys what its PINs are sealed to", async () => {
  const rule = { en: "PINs are known to the platform", zh: "平台知道密码" };
  const notKept = [{ rule: "14.1", ...rule, isAccepted: false }, { rule: "14.3", ...rule, isAccepted: true }] as const; // prettier-ignore
  const { run } = await standIn(json({ ...LOCKS, locks: [HELD, { ...HELD, id: "room-303", protocol: "ttlock", notKept }] satisfies RoomLockRow[] }));
  expect((await run(TTY, "lock", "held")).out.split("\n")[2]).toMatch(/^room-303 .* 14\.1 \(off\), 14\.3$/);
  const { out } = await run(TTY, "lock", "keys");
  expect([out.includes(`key of room-303  ${"cc".repeat(32)}`), out.includes("key of room-301")]).toEqual([true, false]);
});

test.each([
  ["the cloud seals to another key", { ...HELD, isOtherKey: true, detail: "x" }, "the cloud seals PINs to another key: portico lock put"],
  ["others may open a lock than the list that was carried says", { ...CARRIED, isListDue: true }, "another list is due: portico lock carry room-302"],
  ["a look failed", { ...HELD, look: "failed", lookDetail: "no answer within 3 s" } as const, "no answer within 3 s"],
  ["it is off line", { ...HELD, health: "offline", detail: "out of reach" } as const, "out of reach"],
])("lock held says in one line what is wrong: %s", async (_, row, detail) => {
  const { run } = await standIn(json({ ...LOCKS, locks: [row] }));
  expect((await run(TTY, "lock", "held")).out).toContain(`  ${detail}\n`);
});

test("lock held says how many a deny set has no room for", async () => {
  const { run } = await standIn(json({ ...LOCKS, denySet: { ...LOCKS.denySet!, left: 12 } }));
  expect((await run({}, "lock", "held")).err).toContain("no room for 12: carry new lists");
});

test("lock keys shows what a lock is given, and nothing else about the locks", async () => {
  const { run } = await standIn(json(LOCKS));
  expect(await run(TTY, "lock", "keys")).toMatchObject({ out: `site           demo\ncontroller     east\nagreement key  ${LOCKS.agreementKey}\nsigning key    ${LOCKS.signingKey}\n` }); // prettier-ignore
  expect(JSON.parse((await run({}, "lock", "keys")).out)).toEqual({ site: "demo", controller: "east", agreementKey: LOCKS.agreementKey, signingKey: LOCKS.signingKey, lockKeys: {} }); // prettier-ignore
});

test("lock test asks one lock", async () => {
  const { run, asked } = await standIn(json(HELD));
  expect((await run({}, "lock", "test", "room-301")).out).toBe(`${JSON.stringify(HELD)}\n`);
  expect(asked[0]!.route).toBe("POST /v1/room-locks/room-301/test");
});

test("lock audit shows rows behind one, those without a clock and without a holder too", async () => {
  const row: LockLogRow = { row: 181, at: null, event: "Refused", way: "pin", holder: null, number: 0, refusal: "HolderNotListed" };
  const { run, asked } = await standIn(json([row, { ...row, row: 182, at: 1_800_000_000, event: "LockedOut", way: null, number: 60, refusal: null }]));
  const { out } = await run(TTY, "lock", "audit", "room-301", "--after", "180");
  expect(asked[0]!.route).toBe("GET /v1/room-locks/room-301/log?after=180");
  expect(out).toMatch(/^181 +no clock +Refused +pin +HolderNotListed$/m);
  expect(out).toMatch(/^182 +20\S+ \S+.* +LockedOut +60$/m);
});
