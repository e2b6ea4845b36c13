import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, monotonicMs, unixSeconds } from "@portico/card-protocol";
import { nodeAgreementKey, nodeSessionCrypto } from "@portico/card-protocol/node";
import { readLockSecret } from "@portico/controller";
import { seededRandom, seededRandomBytes, systemClock, type RoomLockResult } from "@portico/firmware-ts";
import { bleLock, bluezAdapter } from "@portico/firmware-ts/ble-lock";
import { expect, onTestFinished, test } from "vitest";
import { openCampusFolder, partFolder } from "../campus/campus-folder.ts";
import { roomsOf } from "../campus/campus-rooms.ts";
import { smallCampus } from "../campus/small-campus.ts";
import { wholeCampus } from "../campus/whole-campus.ts";
import { openCampusRadio } from "./campus-radio.ts";
import { devicesAnswers, type DevicesParts } from "./devices-answers.ts";

const clock = systemClock(() => "untrusted");
/** Four times as fast: a driver by it gives up what is out of reach after seconds, not after half a minute. */
const hurried: Clock = { ...clock, monotonic: () => monotonicMs(4 * clock.monotonic()), after: (delayMs, callback) => clock.after(delayMs / 4, callback) };
const randomBytes = seededRandomBytes(seededRandom(5));
const ROOM = "room-301";

function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), "portico-radio-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const folderAt = (path: string, make = wholeCampus) => openCampusFolder(path, make, randomBytes, unixSeconds(1_800_000_000));

/** The campus's Bluetooth, and the driver of production behind its bus, as the controller of the room has it. */
async function radioAt(path: string) {
  const folder = folderAt(path);
  const radio = await openCampusRadio({ folder, socket: join(path, "bus.sock"), clock, randomBytes });
  const { campus } = folder;
  const part = campus.parts.find(({ places }) => places.includes(ROOM))!;
  const own = nodeAgreementKey(readLockSecret(partFolder(path, campus, part), randomBytes));
  const [{ address, secret }] = roomsOf(campus) as [ReturnType<typeof roomsOf>[number]];
  const parties = { site: campus.site, lock: ROOM, controller: part.controller, controllerKey: own.publicKey, lockKey: nodeAgreementKey(secret).publicKey };
  const adapter = bluezAdapter({ clock, busAddress: radio.busAddress! });
  const driver = bleLock({ id: ROOM, address, parties, own, adapter, crypto: nodeSessionCrypto, clock: hurried, random: seededRandom(6), randomBytes });
  const close = async (): Promise<void> => {
    await driver.close();
    await adapter.close();
    await radio.close();
  };
  const acts = devicesAnswers({ radio, devices: {}, wires: new Map(), printers: new Map() } as unknown as DevicesParts);
  return { radio, driver, acts, close };
}

const wordOf = (result: RoomLockResult): string => (result.ok ? "ok" : result.error === "Refused" ? result.refusal : result.error);

test("rule 2.8: the room's lock is reached by the driver of production over the campus's own bus, by the keys of its controller; hands are laid on it by name", async () => {
  const { driver, acts, close } = await radioAt(temporary());
  onTestFinished(close);
  expect(await driver.state()).toMatchObject({ ok: true, state: { bolt: "locked", batteryPercent: 100, pins: [] } });
  expect(acts["type-pin"]({ room: ROOM, digits: "274951" })).toBe("HolderNotListed");
  expect(acts.battery({ room: ROOM, percent: 12 })).toEqual({ bolt: "locked", batteryPercent: 12 });
  expect(acts.jam({ room: ROOM, stuck: true })).toEqual(acts.lock({ room: ROOM }));
  expect(wordOf(await driver.secure())).toBe("BoltJammed");
  await acts.jam({ room: ROOM, stuck: false });
  expect(await driver.secure()).toEqual({ ok: true });
  expect(driver.lastState).toMatchObject({ bolt: "locked" });
  expect(() => acts.lock({ room: "room-9" })).toThrow(expect.objectContaining({ status: 404, remedy: `use one of ${ROOM}` }));
  expect(() => acts["type-pin"]({ room: ROOM, digits: "12a" })).toThrow(expect.objectContaining({ status: 400 }));
});

test("an adapter that is off and a lock out of reach are told in words, and both come back", async () => {
  const { driver, acts, close } = await radioAt(temporary());
  onTestFinished(close);
  await driver.state();
  await acts.bluetooth({ on: false });
  expect(await driver.secure()).toMatchObject({ ok: false, detail: expect.stringContaining("adapter is off") });
  await acts.bluetooth({ on: true });
  expect(await driver.secure()).toEqual({ ok: true });
  await acts.reach({ room: ROOM, reachable: false });
  expect(wordOf(await driver.unlock({ holder: 1, seq: 1, holdMs: 1_000, sign: () => new Uint8Array(1) }))).toBe("Disconnected");
  await acts.reach({ room: ROOM, reachable: true });
  expect(await driver.secure()).toEqual({ ok: true });
}, 30_000);

test("a lock is the same tomorrow: its log goes on behind a loss of power, and its memory is its owner's alone", async () => {
  const path = temporary();
  const first = await radioAt(path);
  await first.acts["type-pin"]({ room: ROOM, digits: "274951" });
  await first.close();
  const file = join(path, "library", `${ROOM}.lock`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const second = await radioAt(path);
  expect(second.radio.rooms.get(ROOM)!.memory.audit.map(({ seq, event }) => [seq, event])).toEqual([[1, "Refused"], [2, "Restarted"]]); // prettier-ignore
  await second.close();
  writeFileSync(file, "not a memory");
  await expect(radioAt(path)).rejects.toThrow(expect.objectContaining({ name: "SetupError", where: file }));
});

test("a campus without rooms has no bus", async () => {
  const path = temporary();
  const radio = await openCampusRadio({ folder: folderAt(path, smallCampus), socket: join(path, "bus.sock"), clock, randomBytes });
  expect([radio.busAddress, radio.rooms.size]).toEqual([undefined, 0]);
  await radio.close();
});
