import { createHmac } from "node:crypto";
import { makeDenySet } from "@portico/card-protocol";
import { nodeAgreementKey, nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { type RoomLockResult, seededRandom } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { roomLockContract } from "./contracts/room-lock.contract.ts";
import { ADDRESS, CONTROLLER, controllerSigner, driverOver, listFor, nowOf, roomLockBench, sealedPin, SITE, wish } from "./room-lock-bench.ts";

roomLockContract("a lock of the profile, by the driver of the profile", () => {
  const { clock, gatt, lock, driver, settled } = roomLockBench();
  return {
    lock: driver,
    isDrawn: () => lock.memory.bolt === "unlocked",
    opensFor: (digits) => lock.typePin(digits) === undefined,
    setReachable: (reachable) => gatt.place(ADDRESS, reachable ? lock : undefined),
    wish,
    sealed: sealedPin,
    list: (version, holders) => listFor(clock, version, holders.map((holder) => ({ holder }))), // prettier-ignore
    begin: async () => void (await settled(driver.setClock(nowOf(clock)))),
    settled,
    pass: (ms) => clock.pass(ms),
  };
});

const refusedWith = (result: RoomLockResult): string => (result.ok ? "ok" : result.error === "Refused" ? result.refusal : result.error);

test("rule 2.8: a room lock opens for the grant that its controller signs over its challenge, once, and for no other", async () => {
  const { clock, lock, driver, settled } = roomLockBench();
  const challenges: Uint8Array[] = [];
  const first = wish(41);
  const sign = (challenge: Uint8Array): Uint8Array => {
    challenges.push(challenge);
    return first.sign(challenge);
  };
  expect(await settled(driver.unlock({ ...first, sign }))).toEqual({ ok: true });
  expect(lock.memory.bolt).toBe("unlocked");
  expect(lock.memory.audit.at(-1)).toMatchObject({ event: "Opened", way: "grant", holder: 7, number: 41 });
  await clock.pass(5_000);
  expect(lock.memory.bolt).toBe("locked");

  const refused = [
    ["signed by somebody else", wish(42, 7, 5_000, nodeSigner(new Uint8Array(32).fill(9))), "GrantRefused"],
    ["for another lock", wish(42, 7, 5_000, controllerSigner, "room-215"), "GrantRefused"],
    ["over a challenge of before", { ...wish(42), sign: () => first.sign(challenges[0]!) }, "ChallengeStale"],
  ] as const;
  for (const [what, each, refusal] of refused) expect([what, refusedWith(await settled(driver.unlock(each)))]).toEqual([what, refusal]);
  expect(lock.memory.bolt).toBe("locked");
  await driver.close();
});

test("a challenge that grew old over an idle connection is asked for anew: the lock refuses nothing, and its log says so", async () => {
  const { clock, lock, driver, settled } = roomLockBench(1, { idleMs: 60_000 });
  await settled(driver.state());
  await clock.pass(11_000);
  expect(await settled(driver.unlock(wish(41)))).toEqual({ ok: true });
  expect(lock.memory.audit.map(({ event }) => event)).toEqual(["Opened"]);
  await driver.close();
});

test("an unlock whose answer is lost is not said again: what came of it stands in the lock's log", async () => {
  const { clock, gatt, lock, driver, settled } = roomLockBench();
  await settled(driver.state());
  gatt.setFaults({ lostNotification: 1 });
  lock.onBolt(() => void clock.after(100, () => gatt.setFaults({})));
  expect(refusedWith(await settled(driver.unlock(wish(41, 7, 1_000))))).toBe("TimedOut");
  expect(await settled(driver.unlock(wish(42, 7, 1_000)))).toEqual({ ok: true });
  const page = await settled(driver.readAudit(0, 16));
  expect(page.ok && page.rows.map(({ event, number }) => [event, number])).toEqual([["Opened", 41], ["Opened", 42]]); // prettier-ignore
  expect(lock.memory.auditSeq).toBe(2);
  await driver.close();
});

test("the lock throws its bolt again although the controller is gone, and after a loss of power too", async () => {
  const { clock, gatt, lock, driver, settled } = roomLockBench();
  await settled(driver.unlock(wish(1)));
  gatt.setBusAlive(false);
  await clock.pass(4_999);
  expect(lock.memory.bolt).toBe("unlocked");
  await clock.pass(1);
  expect(lock.memory.bolt).toBe("locked");
  gatt.setBusAlive(true);
  await clock.pass(10_000);
  expect(await settled(driver.unlock(wish(2, 7, 60_000)))).toEqual({ ok: true });
  lock.powerCycle();
  await clock.pass(1);
  expect([lock.memory.bolt, lock.memory.audit.at(-1)!.event]).toEqual(["locked", "Restarted"]);
  await driver.close();
});

test("locking is never refused: it passes by what waits, takes the unlock that was not sent yet with it, and breaks off an enrolment", async () => {
  const { clock, gatt, lock, driver, settled } = roomLockBench();
  await settled(driver.state());
  await settled(driver.applyList(listFor(clock, 1, [{ holder: 7 }])));
  await settled(driver.unlock(wish(1, 7, 60_000)));
  const enrolling = driver.enrolFinger({ slot: 0, holder: 7 }, () => {});
  await clock.until(() => lock.memory.enrolment !== undefined, 5_000);
  const locking = driver.secure();
  expect(refusedWith(await settled(enrolling))).toBe("Superseded");
  expect(await settled(locking)).toEqual({ ok: true });
  expect([lock.memory.bolt, lock.memory.enrolment]).toEqual(["locked", undefined]);

  gatt.place(ADDRESS, undefined);
  const [older, newer] = [driver.unlock(wish(2)), driver.unlock(wish(3))];
  expect(refusedWith(await settled(older))).toBe("Superseded");
  const late = driver.secure();
  expect(refusedWith(await settled(newer))).toBe("Superseded");
  gatt.place(ADDRESS, lock);
  expect(await settled(late)).toEqual({ ok: true });
  expect(lock.memory.audit.filter(({ event }) => event === "Opened")).toHaveLength(1);
  await driver.close();
});

test("rule 14.1: a PIN of 6 to 8 digits is sealed to the lock, acknowledged by it, changed and erased; others are refused by the lock", async () => {
  const { clock, lock, driver, settled } = roomLockBench();
  await settled(driver.setClock(nowOf(clock)));
  expect(refusedWith(await settled(driver.setPin(sealedPin(7, 1, "274951"))))).toBe("HolderNotListed");
  await settled(driver.applyList(listFor(clock, 1, [{ holder: 7 }, { holder: 8 }])));
  expect(await settled(driver.setPin(sealedPin(7, 1, "274951")))).toEqual({ ok: true });
  expect(lock.typePin("274951")).toBeUndefined();
  expect(lock.memory.audit.at(-1)).toMatchObject({ event: "Opened", way: "pin", holder: 7 });

  const given = [
    ["the same again", sealedPin(7, 1, "274951"), "ok"],
    ["of five digits", sealedPin(7, 2, "27495"), "PinFormat"],
    ["of one digit repeated", sealedPin(7, 2, "777777"), "PinNotAllowed"],
    ["that counts down", sealedPin(7, 2, "87654321"), "PinNotAllowed"],
    ["that somebody else has", sealedPin(8, 1, "274951"), "PinNotAllowed"],
    ["sealed for another lock", sealedPin(7, 2, "385062", "room-215"), "PinUnopened"],
    ["under the version of another", { ...sealedPin(7, 2, "385062"), version: 3 }, "PinUnopened"],
    ["that changes it", sealedPin(7, 4, "38506294"), "ok"],
    ["that is older", sealedPin(7, 3, "666111"), "VersionNotNewer"],
  ] as const;
  for (const [what, pin, outcome] of given) expect([what, refusedWith(await settled(driver.setPin(pin)))]).toEqual([what, outcome]);
  expect([lock.typePin("274951"), lock.typePin("38506294")]).toEqual(["HolderNotListed", undefined]);
  expect((await settled(driver.state())).ok && driver.lastState!.pins).toEqual([{ holder: 7, version: 4 }]);

  expect(await settled(driver.erasePin({ holder: 7, version: 5 }))).toEqual({ ok: true });
  expect(refusedWith(await settled(driver.setPin(sealedPin(7, 5, "385062"))))).toBe("VersionNotNewer");
  expect([lock.typePin("38506294"), lock.memory.pins.size]).toEqual(["HolderNotListed", 0]);
  expect(JSON.stringify(lock.memory.audit)).not.toMatch(/274951|385062/);
  await driver.close();
});

test("five wrong tries lock the keypad out for a minute, then for longer; who may set a PIN finds out no other's by trying", async () => {
  const { clock, lock, driver, settled } = roomLockBench();
  await settled(driver.setClock(nowOf(clock)));
  await settled(driver.applyList(listFor(clock, 1, [{ holder: 7 }, { holder: 8 }])));
  await settled(driver.setPin(sealedPin(7, 1, "274951")));
  const wrong = () => Array.from({ length: 5 }, () => lock.typePin("000000"));
  expect([...wrong(), lock.typePin("274951")]).toEqual([...Array<string>(5).fill("HolderNotListed"), "LockedOut"]);
  expect(lock.memory.audit.at(-1)).toMatchObject({ event: "LockedOut", number: 60 });
  await settled(driver.state());
  expect(driver.lastState!.lockedOutS).toBe(60);
  await clock.pass(60_000);
  wrong();
  expect(lock.memory.audit.at(-1)).toMatchObject({ event: "LockedOut", number: 120 });
  await clock.pass(120_000);
  expect(lock.typePin("274951")).toBeUndefined();
  wrong();
  expect(lock.memory.audit.at(-1)).toMatchObject({ event: "LockedOut", number: 60 });

  for (let version = 1; version <= 5; version++) expect(refusedWith(await settled(driver.setPin(sealedPin(8, version, "274951"))))).toBe("PinNotAllowed");
  const closed = await settled(driver.setPin(sealedPin(8, 6, "385062")));
  expect(closed).toMatchObject({ ok: false, error: "Refused", refusal: "LockedOut" });
  await clock.pass(900_000);
  expect(await settled(driver.setPin(sealedPin(8, 6, "385062")))).toEqual({ ok: true });
  await driver.close();
});

test("rule 14.2: a finger is enrolled at the lock; what is known of it is slot, holder and outcome", async () => {
  const { clock, lock, driver, settled } = roomLockBench();
  await settled(driver.setClock(nowOf(clock)));
  expect(refusedWith(await settled(driver.enrolFinger({ slot: 3, holder: 7 }, () => {})))).toBe("HolderNotListed");
  await settled(driver.applyList(listFor(clock, 1, [{ holder: 7 }, { holder: 8 }])));
  const touches: number[] = [];
  const enrol = async (slot: number, holder: number, fingers: readonly string[]): Promise<string> => {
    const enrolling = driver.enrolFinger({ slot, holder }, ({ nth, of }) => touches.push(nth * 10 + of));
    await clock.until(() => lock.memory.enrolment !== undefined, 1_000);
    for (const finger of fingers) {
      lock.layFinger(finger);
      await clock.pass(1_000);
    }
    return refusedWith(await settled(enrolling));
  };
  expect(await enrol(3, 7, ["thumb", "thumb", "thumb"])).toBe("ok");
  expect(touches).toEqual([13, 23]);
  expect(await enrol(4, 8, ["index", "thumb"])).toBe("FingerUnreadable");
  expect(await enrol(4, 8, ["thumb"])).toBe("FingerKnown");
  expect(await enrol(4, 8, [])).toBe("FingerTimedOut");
  expect(await enrol(3, 8, [])).toBe("SlotTaken");
  await settled(driver.state());
  expect(driver.lastState!.fingers).toEqual([{ slot: 3, holder: 7 }]);
  expect([lock.layFinger("thumb"), lock.layFinger("index")]).toEqual([undefined, "HolderNotListed"]);
  expect(await settled(driver.eraseFinger(3))).toEqual({ ok: true });
  expect(lock.layFinger("thumb")).toBe("HolderNotListed");
  expect(JSON.stringify(lock.memory.audit)).not.toContain("thumb");
  await driver.close();
});

test("rule 14.4: the list that no longer names a holder ends his PIN and his fingers in the same breath, and nobody else's", async () => {
  const { clock, lock, driver, settled } = roomLockBench();
  await settled(driver.setClock(nowOf(clock)));
  await settled(driver.applyList(listFor(clock, 1, [{ holder: 7 }, { holder: 8 }])));
  await settled(driver.setPin(sealedPin(7, 1, "274951")));
  await settled(driver.setPin(sealedPin(8, 1, "385062")));
  const enrolling = driver.enrolFinger({ slot: 0, holder: 7 }, () => {});
  await clock.until(() => lock.memory.enrolment !== undefined, 1_000);
  for (let touch = 0; touch < 3; touch++) lock.layFinger("thumb");
  expect(await settled(enrolling)).toEqual({ ok: true });

  expect(await settled(driver.applyList(listFor(clock, 2, [{ holder: 8 }])))).toEqual({ ok: true });
  expect([lock.typePin("274951"), lock.layFinger("thumb"), lock.typePin("385062")]).toEqual(["HolderNotListed", "HolderNotListed", undefined]);
  await settled(driver.state());
  expect(driver.lastState).toMatchObject({ listVersion: 2, pins: [{ holder: 8, version: 1 }], fingers: [] });
  expect(refusedWith(await settled(driver.applyList(listFor(clock, 1, [{ holder: 7 }, { holder: 8 }]))))).toBe("VersionNotNewer");
  expect(refusedWith(await settled(driver.setPin(sealedPin(7, 2, "274951"))))).toBe("HolderNotListed");
  await driver.close();
});

test("a list of many holders travels in pieces over 20 bytes a segment; one that is altered on its way is refused whole", async () => {
  const { clock, lock, driver, settled } = roomLockBench();
  const rows = Array.from({ length: 200 }, (_, nth) => ({
    holder: nth + 1,
    credentials: [{ id: new Uint8Array(8).fill(nth), proof: new Uint8Array(32).fill(nth) }],
  }));
  const record = listFor(clock, 1, rows);
  expect(record.length).toBeGreaterThan(10_000);
  expect(refusedWith(await settled(driver.applyList(record.map((byte, at) => (at === 9_000 ? byte ^ 1 : byte)))))).toBe("RecordRefused");
  expect(lock.memory.list).toBeUndefined();
  expect(await settled(driver.applyList(record))).toEqual({ ok: true });
  expect(lock.memory.list!.value.rows).toHaveLength(200);
  await driver.close();
});

test("without a list, without the time, past the list's end and for whom the deny set names nothing opens at the lock itself", async () => {
  const { clock, lock, driver, settled } = roomLockBench(1, { checkEveryMs: 30 * 86_400_000 });
  const ask = () => [lock.typePin("274951"), lock.holdCard(Uint8Array.of(1, 2, 3, 4))];
  const key = new Uint8Array(32).fill(0x33);
  const token = new Uint8Array(
    createHmac("sha256", key)
      .update(Uint8Array.of(1, 2, 3, 4))
      .digest()
      .subarray(0, 16),
  );
  const card = new Uint8Array(8).fill(0xca);
  const rows = [{ holder: 7, credentials: [{ id: card, proof: token }] }];
  expect(ask()).toEqual(["HolderNotListed", "HolderNotListed"]);
  await settled(driver.applyList(listFor(clock, 1, rows)));
  await settled(driver.setPin(sealedPin(7, 1, "274951")));
  await settled(driver.setCardKey(key, 1));
  expect(ask()).toEqual(["ClockUnset", "ClockUnset"]);
  await settled(driver.setClock(nowOf(clock)));
  expect(ask()).toEqual([undefined, undefined]);
  const deny = (version: number, who: Parameters<typeof makeDenySet>[2], signer = controllerSigner) =>
    makeDenySet(SITE, { controller: CONTROLLER, version, issued: nowOf(clock), salt: new Uint8Array(8).fill(version) }, who, nodeSha256, signer);
  expect(refusedWith(await settled(driver.applyDenySet(deny(1, [{ holder: 7 }], nodeSigner(new Uint8Array(32).fill(9))))))).toBe("RecordRefused");
  await settled(driver.applyDenySet(deny(1, [{ credential: card }])));
  expect(ask()).toEqual([undefined, "HolderNotListed"]);
  await settled(driver.applyDenySet(deny(2, [{ credential: card }, { holder: 7 }])));
  expect(ask()).toEqual(["HolderNotListed", "HolderNotListed"]);
  await settled(driver.applyDenySet(deny(3, [])));
  await clock.pass(7 * 86_400_000);
  expect(ask()).toEqual(["HolderNotListed", "HolderNotListed"]);
  expect(await settled(driver.unlock(wish(1)))).toEqual({ ok: true });
  await driver.close();
});

test("the log is read behind a cursor, and tells that rows are lost", async () => {
  const { clock, lock, driver, settled } = roomLockBench();
  await settled(driver.setClock(nowOf(clock)));
  for (let n = 0; n < 240; n++) lock.turnHandle();
  const seen: number[] = [];
  let after = 0;
  for (;;) {
    const page = await settled(driver.readAudit(after, 16));
    if (!page.ok) throw new Error(page.detail);
    if (after === 0) expect([page.firstSeq, page.lastSeq]).toEqual([42, 241]);
    if (page.rows.length === 0) break;
    seen.push(...page.rows.map(({ seq }) => seq));
    after = seen.at(-1)!;
  }
  expect(seen).toEqual(Array.from({ length: 200 }, (_, nth) => nth + 42));
  await driver.close();
});

test("a lock whose battery is dead or whose bolt is stuck says so, and a battery that gets low is told once", async () => {
  const { lock, driver, settled, gatt } = roomLockBench();
  lock.setBattery(18);
  lock.setBattery(12);
  await settled(driver.state());
  expect(driver.lastState!.batteryPercent).toBe(12);
  expect(lock.memory.audit.filter(({ event }) => event === "BatteryLow")).toHaveLength(1);
  lock.setBattery(4);
  expect(refusedWith(await settled(driver.unlock(wish(1))))).toBe("BatteryDead");
  lock.turnHandle();
  expect(lock.memory.bolt).toBe("unlocked");
  lock.setBattery(50);
  lock.setMechanismStuck(true);
  expect(refusedWith(await settled(driver.unlock(wish(2))))).toBe("BoltJammed");
  expect(refusedWith(await settled(driver.secure()))).toBe("BoltJammed");
  await settled(driver.state());
  expect(driver.lastState!.bolt).toBe("jammed");
  lock.setMechanismStuck(false);
  expect(await settled(driver.secure())).toEqual({ ok: true });
  lock.setBattery(0);
  gatt.place(ADDRESS, undefined);
  expect(refusedWith(await settled(driver.unlock(wish(3))))).toBe("Disconnected");
  expect(driver.health.kind).toBe("offline");
  await driver.close();
});

test("a lock that knows another controller, and one that somebody else is connected to, are told apart in words", async () => {
  const { clock, gatt, driver, settled } = roomLockBench();
  await settled(driver.state());
  await settled(driver.close());
  const stranger = driverOver(gatt.adapter, clock, seededRandom(5), { own: nodeAgreementKey(new Uint8Array(32).fill(0x77)) }); // prettier-ignore
  expect(await settled(stranger.unlock(wish(1)))).toMatchObject({ ok: false, error: "BadReply", detail: expect.stringContaining("key") });
  await settled(stranger.close());
  await clock.pass(60_000);
  await settled(gatt.adapter.connect(ADDRESS));
  const second = driverOver(gatt.adapter, clock, seededRandom(6));
  expect(await settled(second.unlock(wish(1)))).toMatchObject({ ok: false, error: "Disconnected", detail: expect.stringContaining("somebody else") });
  await second.close();
});

test.each([1, 2, 3])(
  "seed %i: lost and late segments, broken connections and a dying bus: everything is answered in time, what is wished arrives, nothing opens twice",
  async (seed) => {
    const { clock, gatt, lock, driver, settled } = roomLockBench(seed);
    const random = seededRandom(1_000 + seed);
    await settled(driver.setClock(nowOf(clock)));
    gatt.setFaults({ lostNotification: 0.02, lostWrite: 0.01, disconnect: 0.005, connectFails: 0.3, delayMsMax: 15 });
    const opened = new Map<number, string>();
    let version = 0;
    for (let turn = 0; turn < 15; turn++) {
      if (random() < 0.15) gatt.setBusAlive(false);
      const began = clock.monotonic();
      const seq = turn + 1;
      const unlocking = driver.unlock(wish(seq, 7, 1_000));
      const listing = driver.applyList(listFor(clock, ++version, [{ holder: 7 }]));
      clock.after(4_000, () => gatt.setBusAlive(true));
      opened.set(seq, refusedWith(await settled(unlocking)));
      expect(clock.monotonic() - began).toBeLessThanOrEqual(30_000);
      await settled(listing, 120_000);
    }
    gatt.setFaults({});
    gatt.setBusAlive(true);
    await clock.pass(61_000); // behind hellos in vain the lock is closed for a minute
    expect(refusedWith(await settled(driver.applyList(listFor(clock, ++version, [{ holder: 7 }]))))).toBe("ok");
    expect(lock.memory.list!.value.version).toBe(version);
    const drawn = lock.memory.audit.filter(({ event }) => event === "Opened").map(({ number }) => number);
    expect(new Set(drawn).size).toBe(drawn.length);
    // What was answered as done has happened; what was refused by us has not.
    for (const [seq, outcome] of opened) if (outcome === "ok") expect(drawn).toContain(seq);
    for (const seq of drawn) expect(["ok", "TimedOut", "Disconnected"]).toContain(opened.get(seq));
    await settled(driver.close());
    await clock.pass(1);
    expect(gatt.connections).toBe(0);
  },
  30_000,
);

test("a hundred connections leave neither connections, nor timers, nor sessions behind; a dead bus and a lost lock are noticed and forgotten", async () => {
  const { clock, gatt, lock, driver, settled } = roomLockBench(1, { idleMs: 10 });
  const healths: string[] = [];
  driver.onHealth(({ kind }) => healths.push(kind));
  await settled(driver.state());
  for (let n = 1; n <= 100; n++) {
    expect(await settled(driver.unlock(wish(n)))).toEqual({ ok: true });
    await clock.pass(20);
    expect(gatt.connections).toBe(0);
  }
  expect(healths).toEqual(["online"]);
  gatt.setBusAlive(false);
  expect(refusedWith(await settled(driver.unlock(wish(101))))).toBe("TimedOut");
  gatt.setBusAlive(true);
  expect(await settled(driver.unlock(wish(102)))).toEqual({ ok: true });
  expect(healths).toEqual(["online", "offline", "online"]);
  await clock.pass(10_000);
  const before = clock.pending;
  await settled(driver.close());
  expect([before, clock.pending, lock.memory.bolt]).toEqual([1, 0, "locked"]);
});

test("a lock that is written anything opens for nobody and goes on answering; a driver that is told anything answers in time", async () => {
  const { clock, lock, driver, gatt, settled } = roomLockBench();
  const random = seededRandom(99);
  const anything = (): Uint8Array => {
    const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * 20) }, () => Math.floor(random() * 256));
    if (random() < 0.7) bytes[0] = random() < 0.5 ? 0xc0 : 0x80;
    if (random() < 0.7 && bytes.length > 1) bytes[1] = Math.floor(random() * 8);
    return bytes;
  };
  const stranger = lock.connected(
    () => {},
    () => {},
  );
  for (let n = 0; n < 3_000; n++) stranger.written(anything());
  stranger.gone();
  expect([lock.memory.bolt, lock.memory.audit.filter(({ event }) => event === "Opened")]).toEqual(["locked", []]);
  await clock.pass(60_000);
  expect(await settled(driver.unlock(wish(1)))).toEqual({ ok: true });
  await settled(driver.close());

  const { make } = lock;
  gatt.place(ADDRESS, { make, connected: (notify) => ({ written: () => Array.from({ length: 4 }, anything).forEach(notify), gone: () => {} }) });
  const deceived = driverOver(gatt.adapter, clock, random);
  for (let n = 0; n < 10; n++) expect(["BadReply", "TimedOut", "Disconnected"]).toContain(refusedWith(await settled(deceived.unlock(wish(2)))));
  await settled(deceived.close());
});
