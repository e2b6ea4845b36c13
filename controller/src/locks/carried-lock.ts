import type { DeviceHealth, RoomLock, RoomLockResult } from "@portico/firmware-ts";
import { monotonicMs } from "@portico/card-protocol";

const UNREACHED = { ok: false, error: "Unsupported", detail: "nobody reaches this lock: its list is carried to it" } as const;
const refuse = (): Promise<Extract<RoomLockResult, { readonly ok: false }>> => Promise.resolve(UNREACHED);

/** A lock that no controller reaches: whoever comes by brings its list, and takes nothing back. Nothing can be asked of it. */
export class CarriedLock implements RoomLock {
  readonly id: string;
  readonly features: RoomLock["features"] = new Set(["list", "denySet"] as const);
  readonly health: DeviceHealth = { kind: "offline", error: "Unsupported", detail: UNREACHED.detail, since: monotonicMs(0) };
  readonly lastState = undefined;

  constructor(id: string) {
    this.id = id;
  }

  onHealth = (): (() => void) => () => {};
  onState = (): (() => void) => () => {};
  unlock = refuse;
  secure = refuse;
  state = refuse;
  setClock = refuse;
  setPin = refuse;
  erasePin = refuse;
  enrolFinger = refuse;
  eraseFinger = refuse;
  applyList = refuse;
  applyDenySet = refuse;
  setCardKey = refuse;
  readAudit = refuse;
  close = (): Promise<void> => Promise.resolve();
}
