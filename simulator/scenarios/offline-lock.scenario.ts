import { encodeLockMake, makeDenySet, unixSeconds } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { makeChallengedPass, makeHeldPass } from "@portico/card-protocol/phone";
import { passerBy } from "@portico/firmware-ts/ble-lock";
import { expect, test } from "vitest";
import { ADDRESS, CONTROLLER, controllerSigner, listFor, nowOf, roomLockBench, SITE } from "./room-lock-bench.ts";

const phone = nodeSigner(new Uint8Array(32).fill(0x61));
const ID = new Uint8Array(8).fill(0xa1);
const credentialId = "a1".repeat(8);

/** A lock that was set up once and whose controller is far away since. */
async function farAway() {
  const bench = roomLockBench(1, { checkEveryMs: 40 * 86_400_000 });
  const { clock, driver, gatt, settled } = bench;
  await settled(driver.setClock(nowOf(clock)));
  await settled(driver.close());
  const visitor = passerBy({ adapter: gatt.adapter, address: ADDRESS, clock });
  const pass = (challenge: Uint8Array, signer = phone, site = SITE) =>
    makeChallengedPass({ site, credentialId, signedAt: nowOf(clock), counter: 1, challenge }, signer).bytes;
  const say = async (act: ReturnType<typeof visitor.present>): Promise<string> => {
    const result = await settled(act);
    return result.ok ? "ok" : result.error === "Refused" ? result.refusal : result.error;
  };
  const list = (version: number, holders = [7]) =>
    listFor(clock, version, holders.map((holder) => ({ holder, credentials: holder === 7 ? [{ id: ID, proof: phone.publicKey }] : [] }))); // prettier-ignore
  return { ...bench, visitor, pass, say, list };
}

test("rule 2.8: a lock that can ask nobody opens for a phone of its list over a fresh challenge, whatever the phone's clock says, and for no other", async () => {
  const { lock, visitor, pass, say, list } = await farAway();
  expect(await say(visitor.present(pass))).toBe("HolderNotListed");
  expect(await say(visitor.carry(16, list(1)))).toBe("ok");
  expect(await say(visitor.present(pass))).toBe("ok");
  expect(lock.memory.audit.at(-1)).toMatchObject({ event: "Opened", way: "key", holder: 7 });
  const wrongClock = (challenge: Uint8Array) => makeChallengedPass({ site: SITE, credentialId, signedAt: unixSeconds(5), counter: 9, challenge }, phone).bytes;
  expect(await say(visitor.present(wrongClock))).toBe("ok");
  const old = pass(new Uint8Array(8).fill(3));
  const spoilt: [string, (challenge: Uint8Array) => Uint8Array, string][] = [
    ["over another challenge", () => old, "ChallengeStale"],
    ["of another key", (challenge) => pass(challenge, nodeSigner(new Uint8Array(32).fill(0x62))), "HolderNotListed"],
    ["of another site", (challenge) => pass(challenge, phone, "other"), "HolderNotListed"],
    ["without a challenge", () => makeHeldPass({ site: SITE, credentialId, signedAt: unixSeconds(5), counter: 9 }, phone).bytes, "Malformed"],
  ];
  for (const [what, answer, refusal] of spoilt) expect([what, await say(visitor.present(answer))]).toEqual([what, refusal]);
});

test("whoever comes by brings list and deny set; what is forged, older or for another lock changes nothing, and the fifth refusal closes the way for a minute", async () => {
  const { clock, lock, visitor, pass, say, list } = await farAway();
  expect(await say(visitor.carry(16, list(2)))).toBe("ok");
  expect(await say(visitor.carry(16, list(2)))).toBe("ok");
  expect(await say(visitor.carry(16, list(1, [8])))).toBe("VersionNotNewer");
  expect(await say(visitor.carry(16, listFor(clock, 3, [{ holder: 7 }], { lock: "room-215" })))).toBe("RecordRefused");
  const set = (version: number, signer = controllerSigner) =>
    makeDenySet(
      SITE,
      { controller: CONTROLLER, version, issued: nowOf(clock), salt: new Uint8Array(8).fill(version) },
      [{ credential: ID }],
      nodeSha256,
      signer,
    );
  expect(await say(visitor.carry(17, set(1, nodeSigner(new Uint8Array(32).fill(9)))))).toBe("RecordRefused");
  expect(await say(visitor.carry(17, set(1)))).toBe("ok");
  expect(await say(visitor.present(pass))).toBe("HolderNotListed");
  expect(await say(visitor.carry(16, list(1)))).toBe("VersionNotNewer");
  expect(await say(visitor.carry(16, list(3)))).toBe("LockedOut");
  expect([lock.memory.list!.value.version, lock.memory.denySet!.value.version]).toEqual([2, 1]);
  await clock.pass(60_000);
  expect(await say(visitor.carry(16, list(3)))).toBe("ok");
});

test("a list of its own end: behind it the lock opens for nobody, and the next one that is brought opens again", async () => {
  const { clock, visitor, pass, say, list } = await farAway();
  await say(visitor.carry(16, list(1)));
  await clock.pass(7 * 86_400_000);
  expect(await say(visitor.present(pass))).toBe("HolderNotListed");
  expect(await say(visitor.carry(16, list(2)))).toBe("ok");
  expect(await say(visitor.present(pass))).toBe("ok");
});

test("a list of many that is brought by whoever comes by goes on where it broke off, and begins anew at a lock that has forgotten; what it counts is what the lock has", async () => {
  const bench = await farAway();
  const { clock, gatt, lock, visitor, say } = bench;
  const rows = (version: number) =>
    listFor(clock, version, Array.from({ length: 100 }, (_, nth) => ({ holder: nth + 1, credentials: [{ id: new Uint8Array(8).fill(nth), proof: phone.publicKey }] }))); // prettier-ignore
  const spoil: readonly [string, () => void][] = [
    ["the connection breaks", () => gatt.setFaults({ disconnect: 1 })],
    ["the answer is lost", () => gatt.setFaults({ lostNotification: 1 })],
    ["a piece is lost", () => gatt.setFaults({ lostWrite: 1 })],
    ["the batteries are taken out", () => lock.powerCycle()],
  ];
  for (const [nth, [what, spoiling]] of spoil.entries()) {
    const record = rows(nth + 1);
    const told: number[] = [];
    const brought = visitor.carry(16, record, (bytes) => {
      told.push(bytes);
      if (told.length !== 2) return;
      spoiling();
      clock.after(1_000, () => gatt.setFaults({}));
    });
    expect([what, await say(brought)]).toEqual([what, "ok"]);
    const whole = Array.from({ length: Math.ceil(record.length / 1_024) }, (_, piece) => Math.min(record.length, (piece + 1) * 1_024));
    expect([what, told]).toEqual([what, what.includes("batteries") ? [...whole.slice(0, 2), ...whole] : whole]);
    expect([lock.memory.list!.value.version, lock.memory.pieces]).toEqual([nth + 1, undefined]);
  }
});

test("whoever comes by gives up a lock that does not answer any more, and one that takes no list is asked for nothing", async () => {
  const { clock, gatt, lock, visitor, say, list } = await farAway();
  gatt.setFaults({ lostNotification: 1 });
  const began = clock.monotonic();
  expect(await say(visitor.carry(16, list(1)))).toBe("TimedOut");
  expect(clock.monotonic() - began).toBeLessThanOrEqual(20_000);
  gatt.place(ADDRESS, undefined);
  expect(await say(visitor.carry(16, list(1)))).toBe("Disconnected");
  gatt.setFaults({});
  let written = 0;
  const make = encodeLockMake({ firmware: "old", segmentBytes: 20, can: ["pins", "list"] });
  gatt.place(ADDRESS, { make, connected: (...ends) => ({ ...lock.connected(...ends), written: () => void written++ }) });
  expect(await say(visitor.carry(17, list(1)))).toBe("Unsupported");
  expect(written).toBe(0);
});
