import { type EventName, type LockAuditRow, readDenySet, readLockList, scheduleContext, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LockEntry } from "../core/lock-list.ts";
import type { Recorder } from "../recorder.ts";
import { BenchLock } from "../rig/bench-lock.ts";
import { START } from "../rig/people.ts";
import { RigStore } from "../rig/rig-store.ts";
import { type CardKeyWish, NO_CARD_KEY } from "./card-keys.ts";
import { DenySets } from "./deny-sets.ts";
import { LockKeeper } from "./lock-keeper.ts";
import type { LockWishes } from "./lock-wishes.ts";

const SIGNER = nodeSigner(new Uint8Array(32).fill(3));
const DAY_S = 86_400;
const at = (s: number): UnixSeconds => unixSeconds(START + s);
const NOW_ON = { from: at(-DAY_S), until: at(90 * DAY_S) };
const entry = (holder: number, change: Partial<LockEntry> = {}): LockEntry => ({
  holder,
  credential: holder.toString(16).padStart(16, "0"),
  proof: new Uint8Array(32).fill(holder),
  suspended: false,
  grant: NOW_ON,
  credentialHolds: NOW_ON,
  schedule: { id: "always", weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } },
  ...change,
});
const wishesOf = (entries: readonly LockEntry[], change: Partial<LockWishes> = {}): LockWishes => ({
  publicKey: undefined,
  entries,
  context: scheduleContext("Asia/Shanghai", [], { days: new Map(), termPhases: [] }),
  pins: [],
  fingers: [],
  ...change,
});

let rig: RigStore;
let lock: BenchLock;
let wishes: LockWishes | undefined;
let cardKey: CardKeyWish;
let keeper: LockKeeper;
let denySets: DenySets;
let told: number[];
let isDiskFull: boolean;
beforeEach(() => {
  rig = new RigStore();
  wishes = wishesOf([entry(7)]);
  cardKey = { kind: "none" };
  told = [];
  isDiskFull = false;
  begin(new BenchLock());
});
afterEach(() => {
  keeper.close();
  rig.end();
});

function begin(next: BenchLock): void {
  lock = next;
  const { store, clock } = rig;
  const recorder: Pick<Recorder, "attempt"> = { attempt: (write) => (isDiskFull ? undefined : rig.recorder.attempt(write)) };
  const base = { site: "demo", signer: SIGNER, clock, recorder, randomBytes: (length: number) => new Uint8Array(length).fill(9) };
  const record = (event: Parameters<typeof store.events.append>[0]): void => void store.events.append(event, clock.eventTime());
  denySets = new DenySets({ ...base, record, controller: "east", store: store.denySets, out: () => store.lockStandings.all().map(({ listed }) => listed), wanted: () => wishes?.entries }); // prettier-ignore
  keeper = new LockKeeper({
    ...base,
    record,
    lock,
    standings: store.lockStandings,
    wishes: () => wishes,
    denySets,
    cardKey: () => cardKey,
    isTold: (seq) => told.includes(seq),
  });
}

/** Something has changed. @returns what the lock was asked, behind how it is */
async function look(): Promise<readonly string[]> {
  lock.asked = [];
  keeper.poke();
  await rig.time.pass(600);
  return lock.asked.filter((what) => what !== "state");
}
const named = <N extends EventName>(name: N) => rig.named(name);
const listOf = (record: Uint8Array) => {
  const read = readLockList(record, "demo", "room-301", SIGNER.publicKey, nodeVerifier);
  if (!read.ok) throw new Error(read.detail);
  return read.value;
};

test("a lock is given the time and its list once; then it is left alone until something changes", async () => {
  expect(await look()).toEqual(["setClock", "applyList"]);
  expect(listOf(lock.lists[0]!)).toMatchObject({ version: 1, issued: START, validUntil: START + 30 * DAY_S, rows: [{ holder: 7 }] });
  expect(named("LockListMade")).toMatchObject([{ fields: { version: 1, people: 1, change: "taken" } }]);
  lock.held = { ...lock.held, clock: at(1) };
  expect([await look(), keeper.last.kind]).toEqual([[], "done"]);
  wishes = wishesOf([entry(7), entry(8)]);
  lock.held = { ...lock.held, clock: at(1) };
  expect(await look()).toEqual(["applyList"]);
  expect(listOf(lock.lists[1]!)).toMatchObject({ version: 2, rows: [{ holder: 7 }, { holder: 8 }] });
});

test("it looks again by itself: after ten minutes, when a grant ends, and when the lock answers again", async () => {
  wishes = wishesOf([entry(7, { grant: { from: at(-1), until: at(60) } })]);
  await look();
  lock.asked = [];
  await rig.time.pass(65_000);
  expect(lock.asked, "the grant is over").toContain("applyList");
  lock.asked = [];
  await rig.time.pass(590_000);
  expect(lock.asked).toEqual([]);
  await rig.time.pass(20_000);
  expect(lock.asked).toContain("state");
  lock.asked = [];
  lock.become("online");
  await rig.time.pass(600);
  expect(lock.asked).toContain("state");
  keeper.close();
  lock.asked = [];
  lock.become("online");
  await rig.time.pass(1_300_000);
  expect(lock.asked).toEqual([]);
});

test("what the lock takes and refuses is told by version; what it refused is not tried again, a new version is; what it did not answer is", async () => {
  const pin = (version: number) => ({ holder: 7, version, ...NOW_ON, sealed: new Uint8Array(57) });
  wishes = wishesOf([entry(7)], { pins: [pin(1)] });
  expect(await look()).toEqual(["setClock", "applyList", "setPin 7 v1"]);
  expect(named("LockPinApplied")).toMatchObject([{ fields: { lock: "room-301", holder: 7, version: 1, change: "set" } }]);
  wishes = wishesOf([entry(7)], { pins: [pin(2)] });
  lock.troubles.set("setPin", "PinFormat");
  await look();
  expect(named("LockPinRefused")).toMatchObject([{ fields: { holder: 7, version: 2, refusal: "PinFormat" } }]);
  expect(await look()).not.toContain("setPin 7 v2");
  expect(lock.held.pins, "the one before stays").toEqual([{ holder: 7, version: 1 }]);
  wishes = wishesOf([entry(7)], { pins: [pin(3)] });
  lock.troubles.set("setPin", "TimedOut");
  expect([await look(), keeper.last]).toMatchObject([["setPin 7 v3"], { kind: "failed", detail: "setPin: TimedOut" }]);
  lock.troubles.clear();
  expect(await look()).toContain("setPin 7 v3");
  wishes = wishesOf([entry(7)]);
  expect(await look()).toContain("erasePin 7 v3");
  expect(named("LockPinApplied").at(-1)).toMatchObject({ fields: { version: 3, change: "erased" } });
});

test("rows of the lock's log become events once, those of a decision that was answered do not, and lost ones are counted", async () => {
  const row = (seq: number, change: Partial<LockAuditRow>): LockAuditRow => ({ seq, at: at(0), event: "Opened", way: "pin", holder: 7, number: 0, refusal: undefined, ...change }); // prettier-ignore
  lock.log = [
    row(4, {}),
    row(5, { way: "grant", number: 41 }),
    row(6, { way: "grant", number: 42 }),
    row(7, { event: "BoltJammed", way: undefined, holder: 0 }),
  ];
  lock.held = { ...lock.held, auditSeq: 7 };
  told = [41];
  await look();
  expect(named("LockRowsLost")).toMatchObject([{ fields: { count: 3 } }]);
  expect(named("LockOpened").map(({ fields }) => fields)).toMatchObject([{ way: "pin", holder: 7, row: 4 }, { way: "grant", row: 6 }]); // prettier-ignore
  expect(named("LockJammed")).toHaveLength(1);
  await look();
  expect(named("LockOpened")).toHaveLength(2);
});

test("without its zone a lock is given the time and its log is read, and nothing else; without the time not even that", async () => {
  wishes = undefined;
  expect(await look()).toEqual(["setClock"]);
  rig.end();
  rig = new RigStore({ trusted: "time-frames" });
  wishes = wishesOf([entry(7)]);
  begin(new BenchLock());
  expect(await look()).toEqual([]);
  expect([keeper.lists.content(), keeper.lists.handOut(), keeper.lists.isDue(), denySets.newest()]).toEqual([undefined, undefined, undefined, { kind: "unknown" }]); // prettier-ignore
});

test("a disk that refuses brings nothing to the lock: what is not recorded is not done", async () => {
  isDiskFull = true;
  expect(await look()).toEqual(["setClock"]);
  expect(keeper.last).toMatchObject({ kind: "failed", detail: "the disk refuses to record" });
  expect(keeper.lists.handOut()).toBeUndefined();
  isDiskFull = false;
  expect(await look()).toContain("applyList");
});

test("a list whose taking is not known is made anew under the next version; one that was handed out counts as in force until the lock takes another", async () => {
  lock.troubles.set("applyList", "TimedOut");
  await look();
  lock.troubles.clear();
  await look();
  expect(listOf(lock.lists.at(-1)!).version).toBe(2);
  lock.held = { ...lock.held, listVersion: 2 };
  wishes = wishesOf([entry(8)]);
  expect(keeper.lists.isDue()).toBe(true);
  const out = keeper.lists.handOut()!;
  expect([listOf(out.record).version, out.people, keeper.lists.isDue()]).toEqual([3, 1, false]);
  const listed = (): readonly number[] => rig.store.lockStandings.of("room-301").listed.holders.map(([holder]) => holder);
  expect(listed()).toEqual([7, 8]);
  await look();
  expect([listed(), listOf(lock.lists.at(-1)!).version]).toEqual([[8], 4]);
});

test("a lock in reach is brought a deny set only where it holds one, and then the newest of a version above its own", async () => {
  await look();
  keeper.lists.handOut();
  wishes = wishesOf([]);
  lock.troubles.set("applyList", "TimedOut");
  const made = denySets.newest();
  expect(made).toMatchObject({ kind: "set", set: { version: 1, denied: 2, left: 0 } });
  expect(denySets.newest(), "the same ones, the same bytes").toEqual(made);
  lock.troubles.clear();
  expect(await look(), "it holds none").not.toContain("applyDenySet");
  lock.held = { ...lock.held, denyVersion: 5 };
  wishes = wishesOf([entry(7)]);
  expect(await look()).toContain("applyDenySet");
  const read = readDenySet(lock.sets[0]!, "demo", "east", SIGNER.publicKey, nodeVerifier);
  expect(read).toMatchObject({ ok: true, value: { version: 6, digests: new Uint8Array(0) } });
  expect(named("LockDenySetMade").map(({ fields }) => fields)).toEqual([{ version: 1, denied: 2, left: 0 }, { version: 6, denied: 0, left: 0 }]); // prettier-ignore
  lock.held = { ...lock.held, denyVersion: 6 };
  expect(await look()).not.toContain("applyDenySet");
  lock.held = { ...lock.held, denyVersion: 9 };
  expect(await look(), "of a controller's life that this one has forgotten").toContain("applyDenySet");
  expect(denySets.last!.version).toBe(10);
});

test("a deny set is signed under no version before that is recorded", () => {
  keeper.lists.handOut();
  wishes = wishesOf([]);
  isDiskFull = true;
  expect([denySets.newest(), denySets.last]).toEqual([{ kind: "unrecorded" }, undefined]);
  isDiskFull = false;
  expect(denySets.newest()).toMatchObject({ kind: "set", set: { version: 1 } });
});

test("the key for cards comes in front of the list, once in a generation; what withholds it is told, and everything else goes on; a lock that is to read none loses it", async () => {
  const key = new Uint8Array(32).fill(4);
  cardKey = { kind: "key", generation: 2, key };
  expect(await look()).toEqual(["setClock", "setCardKey 2", "applyList"]);
  expect(lock.keys).toEqual([key]);
  expect(await look()).not.toContain("setCardKey 2");
  cardKey = { kind: "withheld", detail: "a door stands there" };
  wishes = wishesOf([entry(7), entry(8)]);
  expect([await look(), keeper.last]).toMatchObject([["applyList"], { kind: "failed", detail: "a door stands there" }]);
  cardKey = { kind: "none" };
  expect(await look()).toEqual([`setCardKey ${NO_CARD_KEY}`]);
  expect([lock.keys.at(-1), await look()]).toEqual([new Uint8Array(32).fill(9), []]);
  keeper.close();
  begin(new BenchLock("room-301", ["list", "clock"]));
  cardKey = { kind: "key", generation: 2, key };
  await look();
  expect([lock.keys, keeper.last]).toMatchObject([[], { kind: "failed", detail: "the lock has no reader for cards: write cards = false" }]);
});

test("at a lock without a list of its own PIN and finger stand for those alone who may open it at all hours", async () => {
  keeper.close();
  const daytime = { ...entry(8).schedule, id: "daytime" };
  const pin = (holder: number) => ({ holder, version: 1, ...NOW_ON, sealed: new Uint8Array(57) });
  wishes = wishesOf([entry(7), entry(8, { schedule: daytime })], { pins: [pin(7), pin(8)] });
  begin(new BenchLock("room-301", ["sealedPin"]));
  expect(await look()).toEqual(["setPin 7 v1"]);
});
