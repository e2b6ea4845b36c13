import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Configuration, RoomLockRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import { bluetoothFindings, lockFindings } from "./lock-findings.ts";

const NOW = 1_800_000_000;
const DAY_S = 86_400;

/** A computer: files by their absolute paths. */
function computer(files: readonly string[], texts: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of [...files.map((file) => [file, ""] as const), ...Object.entries(texts)]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const lockOf = (protocol: "ble" | "carried"): Pick<Configuration, "locks"> => ({
  locks: [{ id: "room-301", reach: protocol === "ble" ? { protocol, address: "C0:FF:EE:00:03:01", publicKey: new Uint8Array(32) } : { protocol }, holdMs: 5_000, extendedHoldMs: 0, checkEveryMs: 60_000, cards: false }], // prettier-ignore
});
const BY_RADIO = lockOf("ble");
const BUS = "/run/dbus/system_bus_socket";
const DAEMON = "/usr/libexec/bluetooth/bluetoothd";
const ADAPTER = "/sys/class/bluetooth/hci0/uevent";
const rfkill = (of: { readonly soft?: string; readonly hard?: string }): Readonly<Record<string, string>> => ({
  "/sys/class/rfkill/rfkill0/type": "wlan\n",
  "/sys/class/rfkill/rfkill0/soft": "1\n",
  "/sys/class/rfkill/rfkill1/type": "bluetooth\n",
  "/sys/class/rfkill/rfkill1/soft": `${of.soft ?? "0"}\n`,
  "/sys/class/rfkill/rfkill1/hard": `${of.hard ?? "0"}\n`,
});

test("a computer that locks can be reached from: adapter on, bus there, bluetoothd installed", () => {
  const root = computer([ADAPTER, BUS, DAEMON], rfkill({}));
  expect(bluetoothFindings(root, {}, BY_RADIO, false)).toEqual([
    { check: "Bluetooth adapter", outcome: "ok", detail: "hci0", remedy: "" },
    { check: "system bus", outcome: "ok", detail: BUS, remedy: "" },
  ]);
});

test.each([
  ["no adapter", [BUS, DAEMON], {}, "no adapter is there", "plug in one with LE"],
  ["another adapter", ["/sys/class/bluetooth/hci1/uevent", BUS, DAEMON], {}, "hci0 is not there, only hci1", "plug in one"],
  ["one that a program switched off", [ADAPTER, BUS, DAEMON], rfkill({ soft: "1" }), "switched off", "sudo rfkill unblock bluetooth"],
  ["one that a switch switched off", [ADAPTER, BUS, DAEMON], rfkill({ hard: "1", soft: "1" }), "switched off by a switch", "switch it on there"],
  ["no bus", [ADAPTER, DAEMON], {}, `${BUS} is not there`, "sudo apt install bluez dbus"],
  ["no bluetoothd", [ADAPTER, BUS], {}, "bluetoothd is not installed", "sudo apt install bluez"],
] as const)("%s fails, with what to do", (_, files, texts, detail, remedy) => {
  const failed = bluetoothFindings(computer(files, texts), {}, BY_RADIO, false).filter(({ outcome }) => outcome === "fail");
  expect(failed).toEqual([expect.objectContaining({ detail: expect.stringContaining(detail), remedy: expect.stringContaining(remedy) })]);
});

test("a bus that the environment names is the one that counts; a lock that answers proves all of it; carried locks need none of it", () => {
  const env = { DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/srv/bus.sock,guid=1" };
  expect(bluetoothFindings(computer([ADAPTER, "/srv/bus.sock", DAEMON]), env, BY_RADIO, false)[1]).toMatchObject({ outcome: "ok", detail: "/srv/bus.sock" });
  expect(bluetoothFindings(computer([]), {}, BY_RADIO, true)).toEqual([expect.objectContaining({ check: "Bluetooth", outcome: "ok" })]);
  expect(bluetoothFindings(computer([]), {}, lockOf("carried"), false)).toEqual([]);
});

const ROW: RoomLockRow = {
  id: "room-301",
  zone: "dormitory",
  protocol: "ble",
  health: "online",
  detail: "",
  bolt: "locked",
  batteryPercent: 84,
  clockOffS: 1,
  lockedOutS: 0,
  listVersion: 4,
  denyVersion: 1,
  cardKeyGeneration: 0,
  pins: 2,
  fingers: 1,
  wanted: { people: 2, left: 0, pins: 2, fingers: 1 },
  listMade: 4,
  listUntil: NOW + 20 * DAY_S,
  isListDue: false,
  look: "done",
  lookAt: NOW - 60,
  lookDetail: "",
  isOtherKey: false,
  pinKey: "5f".repeat(32),
  notKept: [],
};
const found = (change: Partial<RoomLockRow>) => lockFindings([{ ...ROW, ...change }], NOW)[0]!;

test("a lock that is as its zone wants it is told with bolt, battery, list, PINs and fingers", () => {
  expect(found({})).toEqual({
    check: "lock room-301",
    outcome: "ok",
    detail: expect.stringMatching(/^locked, battery 84 %, list 4 until .+, 2 PINs, 1 fingers$/),
    remedy: "",
  });
});

test.each<[string, Partial<RoomLockRow>, string, string]>([
  ["out of reach", { health: "offline", detail: "not heard within 6 s" }, "not heard within 6 s", "portico lock test room-301"],
  [
    "of a maker whose platform does not keep a rule",
    { protocol: "ttlock", notKept: [{ rule: "14.1", en: "the platform reads PINs", zh: "平台可读取密码", isAccepted: false }] },
    "rule 14.1: the platform reads PINs",
    "accepts in [[lock]]",
  ],
  ["jammed", { bolt: "jammed" }, "does not move", "what blocks it"],
  ["low on battery", { batteryPercent: 12 }, "12 %", "change its batteries"],
  ["with a clock that is slow", { clockOffS: -40 }, "40 s slow", "portico lock test room-301"],
  ["not looked after in vain", { look: "failed", lookDetail: "no answer" }, "no answer", "portico lock held"],
  ["whose list is too small", { wanted: { people: 300, left: 7, pins: 2, fingers: 1 } }, "7 rows", "fewer people"],
  ["with PINs that wait", { pins: 0 }, "2 PINs or fingers are not in it", "portico lock status room-301"],
  ["carried, without a list", { protocol: "carried", listUntil: null }, "no list was made", "portico lock carry room-301"],
  ["carried, whose list is over", { protocol: "carried", listUntil: NOW }, "its list ended", "portico lock carry room-301"],
  ["carried, whose list ends this week", { protocol: "carried", listUntil: NOW + 6 * DAY_S }, "another list is due", "portico lock carry room-301"],
  ["carried, of whom others may open it", { protocol: "carried", isListDue: true }, "another list is due", "portico lock carry room-301"],
])("a lock that is %s is a warning with what to do", (_, change, detail, remedy) => {
  expect(found(change)).toMatchObject({ outcome: "warn", detail: expect.stringContaining(detail), remedy: expect.stringContaining(remedy) });
});

test("a lock whose key is another than the cloud's fails: no PIN can be opened by it", () => {
  expect(found({ isOtherKey: true, health: "offline" })).toMatchObject({
    outcome: "fail",
    remedy: `portico lock put room-301 --public-key ${"5f".repeat(32)}`,
  });
  expect(found({ protocol: "carried" })).toMatchObject({ outcome: "ok", detail: expect.stringContaining("carried") });
});
