import type { VirtualTtlock } from "./virtual-ttlock.ts";

/** What was posted. */
export type PlatformForm = Readonly<Record<string, string>>;

/** The platform says no, by a number of its own. */
export class PlatformRefusal extends Error {
  readonly errcode: number;
  constructor(errcode: number) {
    super(`errcode ${errcode}`);
    this.errcode = errcode;
  }
}

type PlatformCall = (lock: VirtualTtlock, form: PlatformForm, user: string) => object;

const DONE = { errcode: 0, errmsg: "none error message", description: "" };

/** What goes through a gateway needs one. */
const remotely =
  (call: PlatformCall): PlatformCall =>
  (lock, form, user) => {
    if (!lock.isGatewayOn) throw new PlatformRefusal(-3002);
    if (lock.isGatewayBusy) throw new PlatformRefusal(-3003);
    return call(lock, form, user);
  };

/** Changes through the maker's app are not for whoever asks from afar. */
const from = (form: PlatformForm, field: string): void => {
  if (form[field] !== "2") throw new PlatformRefusal(-3);
};

function paged(rows: readonly object[], form: PlatformForm): object {
  const [pageNo, pageSize] = [Number(form["pageNo"]), Number(form["pageSize"])];
  if (!(pageNo >= 1) || !(pageSize >= 1 && pageSize <= 200)) throw new PlatformRefusal(-3);
  const list = rows.slice((pageNo - 1) * pageSize, pageNo * pageSize);
  return { list, pageNo, pageSize, pages: Math.ceil(rows.length / pageSize), total: rows.length };
}

/** 4 to 9 digits, not too simple, not twice at one lock. */
function judgePin(lock: VirtualTtlock, digits: string, id: number | undefined): void {
  if (!/^\d{4,9}$/.test(digits)) throw new PlatformRefusal(-3006);
  if (/^(\d)\1+$/.test(digits) || "0123456789".includes(digits) || "9876543210".includes(digits)) throw new PlatformRefusal(-2032);
  if (lock.pins.some((pin) => pin.digits === digits && pin.id !== id)) throw new PlatformRefusal(-3007);
}

/** By path. An answer that has something to give has no errcode. */
export const PLATFORM_CALLS: Readonly<Record<string, PlatformCall>> = {
  "/v3/lock/detail": (lock) => ({
    lockId: lock.lockId,
    lockName: "S31_1a2b3c",
    electricQuantity: lock.battery,
    autoLockTime: lock.autoLockS === 0 ? -1 : lock.autoLockS,
    passageMode: lock.isPassageMode ? 1 : 2,
    hasGateway: 1,
    noKeyPwd: "8273645",
    aesKeyStr: "5f,21,9a",
  }),
  "/v3/lock/queryOpenState": remotely((lock) => ({ state: lock.bolt === "locked" ? 0 : 1 })),
  "/v3/lock/queryDate": remotely((lock) => ({ date: lock.lockMs })),
  "/v3/lock/updateDate": remotely((lock) => {
    lock.clockOffMs = 0;
    return { date: lock.lockMs };
  }),
  "/v3/lock/unlock": remotely((lock, _, user) => {
    lock.openFromAfar(user);
    return DONE;
  }),
  "/v3/lock/lock": remotely((lock) => {
    if (!lock.locksFromAfar) throw new PlatformRefusal(-4043);
    lock.throwBolt();
    return DONE;
  }),
  "/v3/lock/setAutoLockTime": remotely((lock, form) => {
    from(form, "type");
    if (!lock.takesAutoLock) throw new PlatformRefusal(-4043);
    lock.autoLockS = Math.max(0, Number(form["seconds"]));
    return DONE;
  }),
  "/v3/lock/configPassageMode": remotely((lock, form) => {
    from(form, "type");
    lock.isPassageMode = form["passageMode"] === "1";
    return DONE;
  }),
  "/v3/lock/listKeyboardPwd": (lock, form) =>
    paged(
      lock.pins.map(({ id, digits, name, startMs, endMs }) => ({
        keyboardPwdId: id,
        lockId: lock.lockId,
        keyboardPwd: digits,
        keyboardPwdName: name,
        keyboardPwdType: "3",
        startDate: startMs,
        endDate: endMs,
        isCustom: 1,
      })),
      form,
    ),
  "/v3/keyboardPwd/add": remotely((lock, form) => {
    from(form, "addType");
    const digits = form["keyboardPwd"] ?? "";
    judgePin(lock, digits, undefined);
    if (lock.pins.length >= lock.pinsMax) throw new PlatformRefusal(-3009);
    const id = lock.nextId();
    lock.pins = [...lock.pins, { id, digits, name: form["keyboardPwdName"] ?? "", startMs: Number(form["startDate"]), endMs: Number(form["endDate"]) }];
    return { keyboardPwdId: id };
  }),
  "/v3/keyboardPwd/change": remotely((lock, form) => {
    from(form, "changeType");
    const id = Number(form["keyboardPwdId"]);
    const before = lock.pins.find((pin) => pin.id === id);
    if (before === undefined) throw new PlatformRefusal(-2009);
    const digits = form["newKeyboardPwd"] ?? before.digits;
    judgePin(lock, digits, id);
    const times = form["startDate"] === undefined ? {} : { startMs: Number(form["startDate"]), endMs: Number(form["endDate"]) };
    const changed = { ...before, digits, name: form["keyboardPwdName"] ?? before.name, ...times };
    lock.pins = lock.pins.map((pin) => (pin.id === id ? changed : pin));
    return DONE;
  }),
  "/v3/keyboardPwd/delete": remotely((lock, form) => {
    from(form, "deleteType");
    const id = Number(form["keyboardPwdId"]);
    if (!lock.pins.some((pin) => pin.id === id)) throw new PlatformRefusal(-2009);
    lock.pins = lock.pins.filter((pin) => pin.id !== id);
    return DONE;
  }),
  "/v3/fingerprint/list": (lock, form) =>
    paged(
      lock.fingers.map(({ id, name, madeMs }) => ({ fingerprintId: id, lockId: lock.lockId, fingerprintNumber: `44668054${id}`, fingerprintName: name, createDate: madeMs })), // prettier-ignore
      form,
    ),
  "/v3/fingerprint/delete": remotely((lock, form) => {
    from(form, "deleteType");
    lock.fingers = lock.fingers.filter(({ id }) => id !== Number(form["fingerprintId"]));
    return DONE;
  }),
  "/v3/lockRecord/list": (lock, form) => {
    const [start, end] = [Number(form["startDate"] ?? 0), Number(form["endDate"] ?? Infinity)];
    return paged(
      lock
        .records()
        .filter(({ lockMs }) => start <= lockMs && lockMs <= end)
        .map(({ id, type, isSuccess, username, shown, lockMs, serverMs }) => ({
          recordId: id,
          lockId: lock.lockId,
          recordType: type,
          success: isSuccess ? 1 : 0,
          username,
          keyboardPwd: shown,
          lockDate: lockMs,
          serverDate: serverMs,
        })),
      form,
    );
  },
};
