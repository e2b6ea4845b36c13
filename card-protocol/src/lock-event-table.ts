import type { EventRow } from "./event-field.ts";

/**
 * Why a room lock did not take what was wanted of it.
 *
 * `PinLength` the PIN has not 6 to 8 digits · `PinTaken` another person's PIN there is the same · `SealBroken` it was not sealed for this lock, holder and
 * version · `VersionStale` the lock knows a newer one · `MemoryFull` it holds no more · `FingerTimedOut` no finger came · `FingerUnclear` it could not be
 * read · `FingerKnown` it is enrolled there already · `NotSupported` the lock has no such part · `LockFault` anything else, which the detail says.
 */
export const LOCK_STATE_REFUSALS = [
  "PinLength",
  "PinTaken",
  "SealBroken",
  "VersionStale",
  "MemoryFull",
  "FingerTimedOut",
  "FingerUnclear",
  "FingerKnown",
  "NotSupported",
  "LockFault",
] as const;
/** See {@link LOCK_STATE_REFUSALS}. */
export type LockStateRefusal = (typeof LOCK_STATE_REFUSALS)[number];

/** How a room lock was opened, or somebody tried to, by what the lock itself remembers. */
export const LOCK_WAYS = ["pin", "finger", "pass", "list", "key", "inside"] as const;
export type LockWay = (typeof LOCK_WAYS)[number];

/** Why a room lock opened to nobody. */
export const LOCK_TRY_REFUSALS = ["WrongPin", "KeypadDead", "FingerUnknown", "NotListed", "OutOfTime", "ListStale", "NotVerified", "BatteryEmpty"] as const;
export type LockTryRefusal = (typeof LOCK_TRY_REFUSALS)[number];

/** The events of room locks. None holds a PIN, and a finger is its slot alone. Part of the one table: event-table.ts. */
export const LOCK_EVENT = {
  LockPinApplied: {
    severity: "notice",
    en: "Room lock {lock}: version {version} of the PIN of holder {holder} was {change}.",
    zh: "房间门锁 {lock}：持有人 {holder} 的密码（版本 {version}）已{change}。",
    fields: { lock: "source", holder: "u32", version: "u32", change: ["set", "erased"] },
  },
  LockPinRefused: {
    severity: "warning",
    en: "Room lock {lock} did not take version {version} of the PIN of holder {holder}: {refusal} ({detail}).",
    zh: "房间门锁 {lock} 未接受持有人 {holder} 的密码（版本 {version}）：{refusal}（{detail}）。",
    fields: { lock: "source", holder: "u32", version: "u32", refusal: LOCK_STATE_REFUSALS, detail: "text" },
  },
  LockFingerApplied: {
    severity: "notice",
    en: "Room lock {lock}: the finger in slot {slot}, version {version}, of holder {holder} was {change}.",
    zh: "房间门锁 {lock}：持有人 {holder} 在槽位 {slot} 的指纹（版本 {version}）已{change}。",
    fields: { lock: "source", slot: "u32", holder: "u32", version: "u32", change: ["enrolled", "erased"] },
  },
  LockFingerRefused: {
    severity: "warning",
    en: "Room lock {lock} did not enrol a finger in slot {slot}, version {version}, for holder {holder}: {refusal} ({detail}).",
    zh: "房间门锁 {lock} 未能为持有人 {holder} 在槽位 {slot} 录入指纹（版本 {version}）：{refusal}（{detail}）。",
    fields: { lock: "source", slot: "u32", holder: "u32", version: "u32", refusal: LOCK_STATE_REFUSALS, detail: "text" },
  },
  LockOpened: {
    severity: "notice",
    en: "Room lock {lock} was opened by {way}, holder {holder}, at {openedAt} by its own clock: entry {entry} of its memory.",
    zh: "房间门锁 {lock} 以{way}开门，持有人 {holder}，门锁时钟 {openedAt}：门锁记录第 {entry} 条。",
    fields: { lock: "source", way: LOCK_WAYS, holder: "u32?", openedAt: "time?", entry: "u32" },
  },
  LockTryRefused: {
    severity: "warning",
    en: "Room lock {lock} opened to nobody who tried by {way}: {refusal}, holder {holder}, at {triedAt} by its own clock: entry {entry} of its memory.",
    zh: "房间门锁 {lock} 拒绝了一次{way}开门：{refusal}，持有人 {holder}，门锁时钟 {triedAt}：门锁记录第 {entry} 条。",
    fields: { lock: "source", way: LOCK_WAYS, refusal: LOCK_TRY_REFUSALS, holder: "u32?", triedAt: "time?", entry: "u32" },
  },
  LockEntriesLost: {
    severity: "warning",
    en: "Room lock {lock} has forgotten {count} entries of its memory before they were read.",
    zh: "房间门锁 {lock} 有 {count} 条记录在读取前已被覆盖。",
    fields: { lock: "source", count: "u32" },
  },
  LockListBrought: {
    severity: "notice",
    en: "{by} had version {version} of its own list brought to room lock {lock}: {people} may open it off line, until {validUntil}.",
    zh: "{by} 向房间门锁 {lock} 送达离线名单版本 {version}：{people} 人可离线开门，有效至 {validUntil}。",
    fields: { lock: "source", version: "u32", people: "u32", validUntil: "time", by: "text" },
  },
} as const satisfies Record<string, EventRow>;
