import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Configuration, RoomLockRow } from "@portico/controller";
import { textOf } from "./computer-checks.ts";
import { failing, fine, type Finding, warning } from "./finding.ts";
import { timeText } from "./time-text.ts";

/** The adapter of the driver, as BlueZ names it. */
const ADAPTER = "hci0";
const SYSTEM_BUS = "/run/dbus/system_bus_socket";
const BATTERY_PERCENT_LOW = 20;
/** The controller sets a clock that is off by more, at its next look. */
const CLOCK_OFF_S = 2;
const DAY_S = 86_400;
/** A carried list that ends sooner is to be brought anew. */
const CARRY_WITHIN_S = 7 * DAY_S;

/**
 * What room locks need of this computer: a Bluetooth adapter that is on, and the bus that BlueZ is on. Nothing where no lock is reached by Bluetooth.
 *
 * @param isAnswered  a lock answers the running controller, so all of it works
 */
export function bluetoothFindings(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  { locks }: Pick<Configuration, "locks">,
  isAnswered: boolean,
): Finding[] {
  if (!locks.some(({ reach }) => reach.protocol === "ble")) return [];
  if (isAnswered) return [fine("Bluetooth", "locks answer over it")];
  return [adapterFinding(root), busFinding(root, env)];
}

function adapterFinding(root: string): Finding {
  const check = "Bluetooth adapter";
  const adapters = names(root, "sys/class/bluetooth").filter((name) => /^hci\d+$/.test(name));
  if (!adapters.includes(ADAPTER)) {
    const others = adapters.length === 0 ? "no adapter is there" : `${ADAPTER} is not there, only ${adapters.join(", ")}`;
    return failing(check, others, "plug in one with LE; on a Raspberry Pi take dtoverlay=disable-bt out of config.txt");
  }
  const blocks = names(root, "sys/class/rfkill").filter((name) => word(root, "sys/class/rfkill", name, "type") === "bluetooth");
  if (blocks.some((name) => word(root, "sys/class/rfkill", name, "hard") === "1"))
    return failing(check, "switched off by a switch of the computer", "switch it on there");
  if (blocks.some((name) => word(root, "sys/class/rfkill", name, "soft") === "1")) return failing(check, "switched off", "sudo rfkill unblock bluetooth");
  return fine(check, ADAPTER);
}

function busFinding(root: string, env: Readonly<Record<string, string | undefined>>): Finding {
  const check = "system bus";
  const named = /^unix:path=([^,;]+)/.exec(env["DBUS_SYSTEM_BUS_ADDRESS"] ?? "")?.[1] ?? SYSTEM_BUS;
  if (!existsSync(join(root, named))) return failing(check, `${named} is not there`, "sudo apt install bluez dbus, then systemctl enable --now bluetooth");
  const daemon = ["usr/libexec/bluetooth/bluetoothd", "usr/lib/bluetooth/bluetoothd"].some((path) => existsSync(join(root, path)));
  return daemon ? fine(check, named) : failing(check, "bluetoothd is not installed", "sudo apt install bluez, then systemctl enable --now bluetooth");
}

const names = (root: string, folder: string): string[] => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []);
const word = (root: string, folder: string, name: string, file: string): string | undefined => textOf(join(root, folder, name, file))?.trim();

/** What the running controller knows of its room locks: one finding each, the worst first. */
export const lockFindings = (locks: readonly RoomLockRow[], now: number): Finding[] => locks.map((lock) => lockFinding(lock, now));

function lockFinding(lock: RoomLockRow, now: number): Finding {
  const { id, protocol, health, detail, bolt, batteryPercent, clockOffS, pins, fingers, listVersion, wanted, listUntil, isOtherKey, look, lookDetail } = lock;
  const check = `lock ${id}`;
  if (isOtherKey)
    return failing(
      check,
      "the cloud seals PINs to another key than this lock's: none can be opened",
      `portico lock put ${id} --public-key ${lock.pinKey ?? "<the key of its sticker>"}`,
    );
  if (protocol === "carried") return carriedFinding(lock, now);
  if (health === "offline") return warning(check, detail, `see that it is in reach, and its batteries; then portico lock test ${id}`);
  const open = lock.notKept.filter(({ isAccepted }) => !isAccepted);
  if (open.length > 0) return warning(check, `it does not keep ${open.map(({ rule, en }) => `rule ${rule}: ${en}`).join("; ")}`, "put a lock of the profile there, or agree to it: accepts in [[lock]]"); // prettier-ignore
  if (bolt === "jammed") return warning(check, "its bolt does not move", "see what blocks it: door, strike, dirt; the handle inside opens");
  if (batteryPercent !== null && batteryPercent < BATTERY_PERCENT_LOW)
    return warning(check, `its battery has ${batteryPercent} %`, "change its batteries: below 5 % it opens to nobody outside");
  if (clockOffS !== null && Math.abs(clockOffS) > CLOCK_OFF_S)
    return warning(check, `its clock is ${Math.abs(clockOffS)} s ${clockOffS > 0 ? "fast" : "slow"}`, `portico lock test ${id} has it set`);
  if (look === "failed") return warning(check, `what its zone wants was not brought to it: ${lookDetail}`, `portico lock test ${id}, then portico lock held`);
  if (wanted !== null && wanted.left > 0) return warning(check, `${wanted.left} rows have no room in its list of 300`, "grant it to fewer people");
  const waiting = wanted === null || pins === null || fingers === null ? 0 : Math.max(0, wanted.pins - pins) + Math.max(0, wanted.fingers - fingers);
  if (waiting > 0) return warning(check, `${waiting} PINs or fingers are not in it`, `portico lock status ${id} says which wait, and which it has refused`);
  const battery = batteryPercent === null ? "" : `, battery ${batteryPercent} %`;
  const list = listVersion === null || listVersion === 0 ? "" : `, list ${listVersion}${listUntil === null ? "" : ` until ${timeText(listUntil)}`}`;
  return fine(check, `${bolt ?? "answers"}${battery}${list}${pins === null ? "" : `, ${pins} PINs`}${fingers === null ? "" : `, ${fingers} fingers`}`);
}

function carriedFinding({ id, listUntil, isListDue }: RoomLockRow, now: number): Finding {
  const check = `lock ${id}`;
  const carry = `portico lock carry ${id} --out ${id}.list, and bring it there`;
  if (listUntil === null) return warning(check, "no list was made for it yet: it opens to nobody", carry);
  if (listUntil <= now) return warning(check, `its list ended at ${timeText(listUntil)}: it opens to nobody`, carry);
  if (isListDue === true || listUntil - now < CARRY_WITHIN_S) return warning(check, `another list is due: the last one ends at ${timeText(listUntil)}`, carry);
  return fine(check, `carried; its list holds until ${timeText(listUntil)}`);
}
