import { type Clock, LOCK_REFUSAL, type LockRefusal, type MonotonicMs, type UnixSeconds } from "@portico/card-protocol";
import { type FingerName, fingerName, type PinName, pinName, readFingerName, readPinName, textOf, wholeOf } from "../core/ttlock/index.ts";
import type { RoomLockResult } from "../room-lock.ts";
import { type LockAsking, refusedBy, resultOf } from "./lock-asking.ts";
import type { PlatformReply } from "./platform-account.ts";

/** A PIN of ours at the lock. Its digits are held for as long as they are compared. */
interface HeldPin extends PinName {
  readonly id: number;
  readonly digits: string;
  readonly endMs: number;
}
interface HeldFinger extends FingerName {
  readonly id: number;
  readonly madeMs: number;
}
type Found<T> = { readonly ok: true; readonly found: readonly T[] } | Extract<PlatformReply, { readonly ok: false }>;

/** A PIN is given at most so long, and another time a week before: where gateway or platform are lost it ends by itself. As a lock's list does. */
const PIN_LIFE_S = 30 * 86_400;
const RENEW_BEFORE_S = 7 * 86_400;
/** Through a gateway, or the lock's own network. */
const REMOTELY = 2;
const FINGER_MS = 60_000;
const LOOK_MS = 5_000;
/** A finger that was enrolled so long before it is asked for is the one: who stands there need not hurry. */
const BEFORE_ASKED_MS = 600_000;

/** The PINs and fingers of ours at one lock: known by their names there, so that nothing that was lost on the way is done twice. */
export interface LockEntries {
  /** As they count: one that is over, or is to be renewed, is not held. */
  pins(): Promise<Found<{ readonly holder: number; readonly version: number }>>;
  fingers(): Promise<Found<FingerName>>;
  setPin(pin: { readonly holder: number; readonly version: number; readonly digits: string; readonly until: UnixSeconds | undefined }): Promise<RoomLockResult>;
  /** All of a holder's. */
  erasePin(holder: number): Promise<RoomLockResult>;
  /** @param pause  waits so long, or until there is no more to wait for: false */
  enrolFinger(finger: FingerName, pause: (ms: number) => Promise<boolean>): Promise<RoomLockResult>;
  eraseFinger(slot: number): Promise<RoomLockResult>;
}

export function lockEntries(id: string, asking: LockAsking, clock: Clock): LockEntries {
  const nowS = (): number => {
    const wall = clock.wall();
    return wall === "untrusted" ? 0 : wall.now;
  };

  async function heldPins(): Promise<Found<HeldPin>> {
    const listed = await asking.list("/v3/lock/listKeyboardPwd");
    if (!listed.ok) return listed;
    return {
      ok: true,
      found: listed.rows.flatMap((row) => {
        const [name, entry] = [readPinName(textOf(row, "keyboardPwdName") ?? ""), wholeOf(row, "keyboardPwdId")];
        if (name === undefined || entry === undefined) return [];
        return [{ ...name, id: entry, digits: textOf(row, "keyboardPwd") ?? "", endMs: wholeOf(row, "endDate") ?? 0 }];
      }),
    };
  }

  async function heldFingers(): Promise<Found<HeldFinger>> {
    const listed = await asking.list("/v3/fingerprint/list");
    if (!listed.ok) return listed;
    return {
      ok: true,
      found: listed.rows.flatMap((row) => {
        const [name, entry] = [readFingerName(textOf(row, "fingerprintName") ?? ""), wholeOf(row, "fingerprintId")];
        return name === undefined || entry === undefined ? [] : [{ ...name, id: entry, madeMs: wholeOf(row, "createDate") ?? 0 }];
      }),
    };
  }

  const isInTime = ({ endMs, isRenewed }: HeldPin): boolean => endMs > (nowS() + (isRenewed ? RENEW_BEFORE_S : 0)) * 1000;

  /** Each is erased; one that is not there is. */
  async function eraseAll(path: string, entries: readonly Readonly<Record<string, number>>[]): Promise<RoomLockResult> {
    for (const entry of entries) {
      const reply = await asking.reach(path, { ...entry, deleteType: REMOTELY }, { isRepeatable: true });
      if (!reply.ok && reply.kind !== "gone") return resultOf(id, reply);
    }
    return { ok: true };
  }
  const erasePins = (pins: readonly HeldPin[]): Promise<RoomLockResult> =>
    eraseAll("/v3/keyboardPwd/delete", pins.map((pin) => ({ keyboardPwdId: pin.id }))); // prettier-ignore
  const eraseFingers = (fingers: readonly HeldFinger[]): Promise<RoomLockResult> =>
    eraseAll("/v3/fingerprint/delete", fingers.map((finger) => ({ fingerprintId: finger.id }))); // prettier-ignore

  return {
    async pins() {
      const held = await heldPins();
      if (!held.ok) return held;
      const holders = [...new Set(held.found.map(({ holder }) => holder))].sort((a, b) => a - b);
      // Of one who has two the older counts: what is wanted then is set anew, or all of it erased.
      const found = holders.flatMap((holder) => {
        const all = held.found.filter((pin) => pin.holder === holder && isInTime(pin));
        return all.length === 0 ? [] : [{ holder, version: Math.min(...all.map(({ version }) => version)) }];
      });
      return { ok: true, found };
    },
    async fingers() {
      const held = await heldFingers();
      if (!held.ok) return held;
      const bySlot = new Map(held.found.map(({ slot, holder }) => [slot, { slot, holder }]));
      return { ok: true, found: [...bySlot.values()].sort((a, b) => a.slot - b.slot) };
    },
    async setPin({ holder, version, digits, until }) {
      if (!/^\d{6,8}$/.test(digits)) return refusedBy(id, "PinFormat", LOCK_REFUSAL.PinFormat);
      const now = nowS();
      const isRenewed = until === undefined || until > now + PIN_LIFE_S;
      const name = pinName({ holder, version, isRenewed });
      const dates = { startDate: now * 1000, endDate: (isRenewed ? now + PIN_LIFE_S : until) * 1000 };
      const isThere = (pin: HeldPin): boolean => pin.version === version && pin.digits === digits && pin.isRenewed === isRenewed && isInTime(pin) && (isRenewed || pin.endMs === dates.endDate); // prettier-ignore

      const before = await heldPins();
      if (!before.ok) return resultOf(id, before);
      const own = before.found.filter((pin) => pin.holder === holder);
      if (own.some((pin) => pin.version > version)) return refusedBy(id, "VersionNotNewer", LOCK_REFUSAL.VersionNotNewer);
      const [kept, ...others] = [...own].sort((a, b) => Number(isThere(b)) - Number(isThere(a)) || b.version - a.version);
      const cleared = await erasePins(others);
      if (!cleared.ok || (kept !== undefined && isThere(kept))) return cleared;

      const add = (): Promise<PlatformReply> => asking.reach("/v3/keyboardPwd/add", { keyboardPwd: digits, keyboardPwdName: name, keyboardPwdType: 3, ...dates, addType: REMOTELY }); // prettier-ignore
      let reply = kept === undefined ? await add() : await asking.reach("/v3/keyboardPwd/change", { keyboardPwdId: kept.id, newKeyboardPwd: digits, keyboardPwdName: name, ...dates, changeType: REMOTELY }); // prettier-ignore
      if (!reply.ok && kept !== undefined && (reply.kind === "neverUsed" || reply.kind === "gone")) {
        const erased = await erasePins([kept]);
        if (!erased.ok) return erased;
        reply = await add();
      }
      if (reply.ok || reply.kind !== "lost") return resultOf(id, reply);
      // It may be there although nobody said so.
      const behind = await heldPins();
      return behind.ok && behind.found.some((pin) => pin.holder === holder && isThere(pin)) ? { ok: true } : resultOf(id, reply);
    },
    async erasePin(holder) {
      const held = await heldPins();
      return held.ok ? erasePins(held.found.filter((pin) => pin.holder === holder)) : resultOf(id, held);
    },
    async enrolFinger(finger, pause) {
      const name = fingerName(finger);
      const until: MonotonicMs = asking.deadline(FINGER_MS);
      const newestMs = (nowS() * 1000) - BEFORE_ASKED_MS; // prettier-ignore
      for (;;) {
        const held = await heldFingers();
        if (!held.ok) return resultOf(id, held);
        const own = held.found.filter(({ slot, holder }) => slot === finger.slot && holder === finger.holder).sort((a, b) => b.madeMs - a.madeMs);
        if (held.found.some(({ slot, holder }) => slot === finger.slot && holder !== finger.holder)) return refusedBy(id, "SlotTaken", LOCK_REFUSAL.SlotTaken);
        if (own[0] !== undefined && own[0].madeMs >= newestMs) return eraseFingers(own.slice(1));
        if (clock.monotonic() + LOOK_MS >= until) return refusedBy(id, "FingerTimedOut", `enrol it at the lock with the maker's app under the name "${name}", then ask again`); // prettier-ignore
        if (!(await pause(LOOK_MS))) return { ok: false, error: "Superseded", detail: `${id}: something more urgent is wished` };
      }
    },
    async eraseFinger(slot) {
      const held = await heldFingers();
      return held.ok ? eraseFingers(held.found.filter((finger) => finger.slot === slot)) : resultOf(id, held);
    },
  };
}

/** @returns the refusal that says which rule nobody has agreed not to keep */
export const notAccepted = (id: string, rules: string, what: string): Extract<RoomLockResult, { readonly error: "Refused" }> =>
  refusedBy(id, "Unsupported" satisfies LockRefusal, `${what} only where the operator accepts that ${rules} is not kept: accepts of [[lock]]`);
