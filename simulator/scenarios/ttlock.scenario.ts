import { unixSeconds } from "@portico/card-protocol";
import { type RoomLockResult, seededRandom } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { roomLockContract } from "./contracts/room-lock.contract.ts";
import { LOGIN, nowOf, sealedPin, type TtlockBench, ttlockBench, wish } from "./ttlock-bench.ts";

const said = (result: RoomLockResult): string => (result.ok ? "ok" : result.error === "Refused" ? result.refusal : result.error);
const rigOf = (bench: TtlockBench) => ({
  lock: bench.driver,
  isDrawn: () => bench.body.bolt === "unlocked",
  opensFor: (digits: string) => bench.body.typePin(digits),
  setReachable: (reachable: boolean) => void (bench.platform.isOnline = reachable),
  wish,
  sealed: sealedPin,
  list: () => new Uint8Array(100),
  begin: () => Promise.resolve(),
  settled: bench.settled,
  pass: bench.pass,
});

roomLockContract("a lock of TTLock's", async () => rigOf(await ttlockBench()));
roomLockContract("a lock of TTLock's over HTTP", async () => rigOf(await ttlockBench({ overHttp: true })));
roomLockContract("a lock of TTLock's where nobody accepts what it cannot keep", async () => rigOf(await ttlockBench({ accepts: ["14.3"] })));

test("rule 14.1: where nobody has agreed that the platform learns PINs none is sent to it, and what was set before is taken away", async () => {
  const { platform, body, driver, settled, restarted } = await ttlockBench({ accepts: ["14.3", "14.1"] });
  const refused = await settled(driver.setPin(sealedPin(7, 1, "274951")));
  expect([said(refused), refused.ok ? "" : refused.detail]).toEqual(["Unsupported", expect.stringContaining("rules 14.1 and 14.4")]);
  expect(JSON.stringify(platform.forms)).not.toContain("274951");
  body.pins = [{ id: 1, digits: "385062", name: "portico pin 7 v1", startMs: 0, endMs: 9e15 }, { id: 2, digits: "111333", name: "cleaner", startMs: 0, endMs: 9e15 }]; // prettier-ignore
  const state = await settled(restarted().state());
  expect(state.ok && state.state.pins).toEqual([]);
  expect(
    body.pins.map(({ name }) => name),
    "what is not ours is not touched",
  ).toEqual(["cleaner"]);
});

test("rule 14.1: a PIN that was sealed for another lock, holder or version, or altered, is sent to nobody", async () => {
  const { platform, driver, settled } = await ttlockBench();
  const good = sealedPin(7, 1, "274951");
  for (const spoilt of [
    { ...good, version: 2 },
    { ...good, holder: 8 },
    { ...good, sealed: good.sealed.with(40, good.sealed[40]! ^ 1) },
  ])
    expect(said(await settled(driver.setPin(spoilt)))).toBe("PinUnopened");
  expect(platform.heard.filter((path) => path.startsWith("/v3/keyboardPwd"))).toEqual([]);
  for (const [digits, refusal] of [
    ["777777", "PinNotAllowed"],
    ["12345", "PinFormat"],
  ] as const) {
    const refused = await settled(driver.setPin(sealedPin(7, 1, digits)));
    expect([said(refused), JSON.stringify(refused).includes(digits)], "the platform repeats it, we do not").toEqual([refusal, false]);
  }
});

test.each(["lost", "status500", "html", "cut", "hangUp"] as const)(
  "a PIN whose answer is spoilt (%s) stands at the lock once, whenever it is said again",
  async (fault) => {
    const { platform, body, driver, settled } = await ttlockBench();
    platform.fail("/v3/keyboardPwd/add", fault);
    await settled(driver.setPin(sealedPin(7, 1, "274951")));
    expect(said(await settled(driver.setPin(sealedPin(7, 1, "274951"))))).toBe("ok");
    expect(body.pins.map(({ digits, name }) => [digits, name])).toEqual([["274951", "portico pin 7 v1 renewed"]]);
    platform.fail("/v3/keyboardPwd/change", fault);
    await settled(driver.setPin(sealedPin(7, 2, "385062")));
    expect(said(await settled(driver.setPin(sealedPin(7, 2, "385062"))))).toBe("ok");
    expect(body.pins.map(({ digits, name }) => [digits, name])).toEqual([["385062", "portico pin 7 v2 renewed"]]);
  },
);

test("a lost answer is looked up: the PIN is taken as set when it is there, and a driver that remembers nothing sets none twice", async () => {
  const { platform, body, driver, settled, restarted } = await ttlockBench();
  platform.fail("/v3/keyboardPwd/add", "lost");
  expect(said(await settled(driver.setPin(sealedPin(7, 1, "274951"))))).toBe("ok");
  expect(said(await settled(restarted().setPin(sealedPin(7, 1, "274951"))))).toBe("ok");
  expect([body.pins.length, platform.heard.filter((path) => path === "/v3/keyboardPwd/add").length]).toEqual([1, 1]);
  body.pins = [...body.pins, { ...body.pins[0]!, id: 77, digits: "666111" }];
  expect(said(await settled(driver.setPin(sealedPin(7, 1, "274951"))))).toBe("ok");
  expect(
    body.pins.map(({ digits }) => digits),
    "of two one stays",
  ).toEqual(["274951"]);
});

test("rule 14.4: a PIN ends at the lock by the grant's date though controller and gateway are gone, after 30 days at most, and is renewed before", async () => {
  const { clock, body, driver, settled, pass, restarted } = await ttlockBench();
  const DAY_MS = 86_400_000;
  await settled(driver.setPin({ ...sealedPin(7, 1, "274951"), until: unixSeconds(nowOf(clock) + 2 * 86_400) }));
  await settled(driver.setPin(sealedPin(8, 1, "385062")));
  await settled(driver.close());
  await pass(2 * DAY_MS);
  expect([body.typePin("274951"), body.typePin("385062")]).toEqual([false, true]);
  await pass(22 * DAY_MS);
  const back = restarted();
  const held = await settled(back.state());
  expect(held.ok && held.state.pins, "both are to be said again").toEqual([]);
  await settled(back.setPin(sealedPin(8, 1, "385062")));
  const renewed = await settled(back.state());
  expect(renewed.ok && renewed.state.pins).toEqual([{ holder: 8, version: 1 }]);
  await settled(back.close());
  await pass(29 * DAY_MS);
  expect(body.typePin("385062")).toBe(true);
  await pass(DAY_MS);
  expect(body.typePin("385062")).toBe(false);
});

test("rule 14.4: erasing waits for the gateway, and is asked for until the platform has taken it", async () => {
  const { platform, body, driver, settled, pass } = await ttlockBench();
  await settled(driver.setPin(sealedPin(7, 1, "274951")));
  const finger = body.enrolByApp("portico finger 2 of 7");
  body.isGatewayOn = false;
  expect([said(await settled(driver.erasePin({ holder: 7, version: 1 }))), said(await settled(driver.eraseFinger(2)))]).toEqual([
    "Disconnected",
    "Disconnected",
  ]);
  expect([body.typePin("274951"), body.layFinger(finger)], "the shortcoming").toEqual([true, true]);
  body.isGatewayOn = true;
  await pass(180_000);
  platform.fail("/v3/keyboardPwd/delete", "lost", "status500");
  platform.fail("/v3/fingerprint/delete", "lost");
  expect([said(await settled(driver.erasePin({ holder: 7, version: 1 }))), said(await settled(driver.eraseFinger(2)))]).toEqual(["ok", "ok"]);
  expect([body.pins, body.fingers]).toEqual([[], []]);
});

test("rule 14.2: a finger is the holder's that was enrolled at the lock under the holder's name; another's place is not taken, and who does not come has a minute", async () => {
  const { body, driver, settled, pass } = await ttlockBench();
  body.enrolByApp("thumb of the cleaner");
  const asked = driver.enrolFinger({ slot: 2, holder: 7 }, () => {});
  await pass(20_000);
  const finger = body.enrolByApp("portico finger 2 of 7");
  expect(said(await settled(asked))).toBe("ok");
  const state = await settled(driver.state());
  expect(state.ok && state.state.fingers).toEqual([{ slot: 2, holder: 7 }]);
  expect(said(await settled(driver.enrolFinger({ slot: 2, holder: 8 }, () => {})))).toBe("SlotTaken");
  await pass(700_000);
  const late = await settled(driver.enrolFinger({ slot: 2, holder: 7 }, () => {}));
  expect([said(late), late.ok ? "" : late.detail]).toEqual(["FingerTimedOut", expect.stringContaining(`"portico finger 2 of 7"`)]);
  const anew = body.enrolByApp("portico finger 2 of 7");
  expect(said(await settled(driver.enrolFinger({ slot: 2, holder: 7 }, () => {})))).toBe("ok");
  expect([body.layFinger(finger), body.layFinger(anew)], "the one before is gone").toEqual([false, true]);
});

test("it is opened only if it throws its bolt by itself: it is set so, and where it cannot be it stays shut", async () => {
  const { body, driver, settled, pass, clock } = await ttlockBench();
  body.isPassageMode = true;
  expect(said(await settled(driver.unlock(wish(1))))).toBe("ok");
  expect([body.autoLockS, body.isPassageMode]).toEqual([5, false]);
  await pass(5_100);
  expect(body.bolt).toBe("locked");
  const other = await ttlockBench();
  other.body.takesAutoLock = false;
  const refused = await other.settled(other.driver.unlock(wish(1)));
  expect([said(refused), refused.ok ? "" : refused.detail, other.body.openedFromAfar]).toEqual(["Unsupported", expect.stringContaining("throw its bolt"), 0]);
  expect(said(await other.settled(other.driver.erasePin({ holder: 7, version: 1 }))), "what is taken away is taken away").toBe("ok");
  expect(clock.pending).toBeGreaterThan(0);
});

test("an opening whose answer is lost is not sent again, and the platform's log tells of it; one that was answered says nothing new", async () => {
  const { platform, body, driver, settled, pass } = await ttlockBench();
  await settled(driver.state());
  // It is done, and what comes back says nothing: there would be time to say it again.
  platform.fail("/v3/lock/unlock", "cut");
  expect(said(await settled(driver.unlock(wish(41))))).toBe("TimedOut");
  expect(body.openedFromAfar).toBe(1);
  await pass(120_000);
  expect(said(await settled(driver.unlock(wish(42, 8))))).toBe("ok");
  await pass(20_000);
  const page = await settled(driver.readAudit(0, 16));
  expect(page.ok && page.rows.map(({ event, way, holder, number }) => [event, way, holder, number])).toEqual([
    ["Opened", "grant", 7, 41],
    ["Opened", "grant", 8, 42],
  ]);
});

test("what was done at the lock is read in its own words, also what a gateway brought late; what was typed is in nothing", async () => {
  const { body, driver, settled, pass } = await ttlockBench();
  await settled(driver.setPin(sealedPin(7, 1, "274951")));
  const finger = body.enrolByApp("portico finger 2 of 8");
  const stranger = body.enrolByApp("thumb of the cleaner");
  body.typePin("274951");
  await pass(60_000);
  const first = await settled(driver.state());
  const seen = first.ok ? first.state.auditSeq : 0;
  body.isGatewayOn = false;
  for (const way of [() => body.typePin("90909090"), () => body.layFinger(finger), () => body.layFinger(stranger), () => body.openFromInside()]) {
    way();
    await pass(10_000);
  }
  await pass(7_200_000);
  body.isGatewayOn = true;
  await pass(180_000);
  const page = await settled(driver.readAudit(seen, 16));
  expect(page.ok && page.rows.map(({ event, way, holder, refusal }) => [event, way, holder, refusal ?? ""])).toEqual([
    ["Refused", "pin", 0, "HolderNotListed"],
    ["Opened", "finger", 8, ""],
    ["Opened", "finger", 0, ""],
    ["Opened", "inside", 0, ""],
  ]);
  expect(JSON.stringify(page)).not.toMatch(/274951|90909090/);
  const more = await settled(driver.readAudit(page.ok ? page.lastSeq : 0, 16));
  expect(more.ok && more.rows).toEqual([]);
});

test("what the platform was given within the last seconds waits for the next look: of one second nothing is lost, and no row is told twice", async () => {
  const { clock, body, driver, settled, pass } = await ttlockBench();
  await settled(driver.state());
  await pass(1_000 - (clock.monotonic() % 1_000));
  body.openFromInside();
  const soon = await settled(driver.readAudit(0, 16));
  expect(soon.ok && [soon.rows, soon.lastSeq]).toEqual([[], 0]);
  body.openFromInside();
  await pass(10_000);
  const page = await settled(driver.readAudit(0, 1));
  expect(page.ok && [page.rows.length, new Set(page.rows.map(({ seq }) => seq)).size], "both of the second, though one was asked for").toEqual([2, 1]);
  const more = await settled(driver.readAudit(page.ok ? page.lastSeq : 0, 16));
  expect(more.ok && more.rows).toEqual([]);
});

test("battery and clock are the lock's; the clock is set by the platform's, and a slow gateway makes it no other", async () => {
  const { clock, platform, body, driver, settled } = await ttlockBench();
  [body.battery, body.clockOffMs] = [17, -600_000];
  const state = await settled(driver.state());
  expect(state.ok && [state.state.batteryPercent, nowOf(clock) - state.state.clock!]).toEqual([17, expect.closeTo(600, -0.5)]);
  await settled(driver.setClock(nowOf(clock)));
  expect(body.clockOffMs).toBe(0);
  platform.latencyMs = 3_000;
  const slow = await settled(driver.state());
  expect(slow.ok && Math.abs(slow.state.clock! - nowOf(clock))).toBeLessThanOrEqual(2);
});

test("a token that is spent is renewed, one that cannot be renewed is asked for anew, and nobody notices", async () => {
  const { platform, driver, settled, pass } = await ttlockBench();
  await settled(driver.state());
  platform.withdrawTokens();
  expect(said(await settled(driver.unlock(wish(1))))).toBe("ok");
  expect([platform.logins, platform.renewals]).toEqual([1, 1]);
  platform.withdrawTokens();
  platform.refusesRenewal = true;
  await pass(10_000);
  expect(said(await settled(driver.unlock(wish(2))))).toBe("ok");
  expect([platform.logins, platform.renewals]).toEqual([2, 1]);
});

test("a wrong password is said in words of ours, not tried on and on, and no secret stands in anything that is said", async () => {
  const { platform, driver, settled, pass } = await ttlockBench({ login: { password: "wrong-app-password" } });
  const refused = await settled(driver.state());
  expect(refused).toMatchObject({ ok: false, error: "BadReply", detail: expect.stringContaining("user name or password (10007)") });
  await pass(240_000);
  expect(platform.heard.filter((path) => path === "/oauth2/token").length, "an account that is tried on and on is shut").toBe(1);
  const everything = JSON.stringify([refused, driver.health]);
  for (const secret of [LOGIN.clientSecret, LOGIN.password, "wrong-app-password"]) expect(everything).not.toContain(secret);
});

test("too many calls: it waits, and the lock is back behind it", async () => {
  const { platform, driver, settled, pass } = await ttlockBench();
  platform.callsPerMinute = 3;
  expect(await settled(driver.state())).toMatchObject({ ok: false, detail: expect.stringContaining("too many calls") });
  const before = platform.heard.length;
  await pass(50_000);
  expect(platform.heard.length - before).toBeLessThanOrEqual(1);
  platform.callsPerMinute = Infinity;
  await pass(120_000);
  expect(driver.health.kind).toBe("online");
});

test("a clock that is off is named, and without a time nothing is asked", async () => {
  const { clock, platform, driver, settled } = await ttlockBench();
  platform.clockOffMs = 400_000;
  expect(await settled(driver.state())).toMatchObject({ ok: false, detail: expect.stringContaining("five minutes") });
  platform.clockOffMs = 0;
  clock.setWall("untrusted");
  const asked = platform.heard.length;
  expect(await settled(driver.unlock(wish(1)))).toMatchObject({ ok: false, detail: expect.stringContaining("time is not known") });
  expect(platform.heard.length).toBe(asked);
});

test("a gateway that is busy is asked again for as long as a person waits, then the lock stays shut", async () => {
  const { clock, body, driver, settled, pass } = await ttlockBench();
  await settled(driver.state());
  body.isGatewayBusy = true;
  const asked = driver.unlock(wish(1));
  await pass(2_000);
  body.isGatewayBusy = false;
  expect(said(await settled(asked))).toBe("ok");
  await pass(6_000);
  body.isGatewayBusy = true;
  const from = clock.monotonic();
  expect(said(await settled(driver.unlock(wish(2))))).toBe("Disconnected");
  expect([clock.monotonic() - from <= 8_500, body.openedFromAfar, body.bolt]).toEqual([true, 1, "locked"]);
});

test.each(Array.from({ length: 12 }, (_, nth) => nth + 1))(
  "seed %i: whatever becomes of answers, in the end there is what was wished, once, and nothing that was said holds a PIN",
  async (seed) => {
    const { platform, body, driver, settled, pass } = await ttlockBench();
    const random = seededRandom(seed);
    const spoken: RoomLockResult[] = [];
    platform.setChance(random, [["lost", 0.15], ["silent", 0.1], ["status500", 0.1], ["html", 0.05], ["cut", 0.05], ["hangUp", 0.05], [{ errcode: -3003 }, 0.1], [{ errcode: 90000 }, 0.05]]); // prettier-ignore
    for (let version = 1; version <= 4; version++) {
      for (const holder of [7, 8]) spoken.push(await settled(driver.setPin(sealedPin(holder, version, `${holder}8506${version}`))));
      if (random() < 0.5) spoken.push(await settled(driver.erasePin({ holder: 8, version })));
      spoken.push(await settled(driver.unlock(wish(version))));
      await pass(30_000);
      expect(new Set(body.pins.map(({ name }) => name.split(" ")[2])).size, "never two PINs of one holder").toBe(body.pins.length);
    }
    platform.setChance(random, []);
    await pass(400_000);
    spoken.push(await settled(driver.setPin(sealedPin(7, 5, "385062"))), await settled(driver.erasePin({ holder: 8, version: 9 })));
    expect(body.pins.map(({ digits, name }) => [digits, name])).toEqual([["385062", "portico pin 7 v5 renewed"]]);
    expect(body.openedFromAfar, "no opening is sent twice").toBeLessThanOrEqual(4);
    expect(JSON.stringify([spoken, driver.health])).not.toMatch(/[78]8506\d|385062/);
  },
);
