import type { EventRow } from "./event-field.ts";
import { LOCK_REFUSALS, LOCK_WAYS } from "./lock/lock-words.ts";

/** The events of room locks. None holds a PIN, and a finger is its place alone. Part of the one table: event-table.ts. */
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
    fields: { lock: "source", holder: "u32", version: "u32", refusal: LOCK_REFUSALS, detail: "text" },
  },
  LockFingerApplied: {
    severity: "notice",
    en: "Room lock {lock}: the finger in place {slot}, version {version}, of holder {holder} was {change}.",
    zh: "房间门锁 {lock}：持有人 {holder} 在槽位 {slot} 的指纹（版本 {version}）已{change}。",
    fields: { lock: "source", slot: "u32", holder: "u32", version: "u32", change: ["enrolled", "erased"] },
  },
  LockFingerRefused: {
    severity: "warning",
    en: "Room lock {lock} did not enrol a finger in place {slot}, version {version}, for holder {holder}: {refusal} ({detail}).",
    zh: "房间门锁 {lock} 未能为持有人 {holder} 在槽位 {slot} 录入指纹（版本 {version}）：{refusal}（{detail}）。",
    fields: { lock: "source", slot: "u32", holder: "u32", version: "u32", refusal: LOCK_REFUSALS, detail: "text" },
  },
  LockOpened: {
    severity: "notice",
    en: "Room lock {lock} was opened by {way}, holder {holder}, at {openedAt} by its own clock: row {row} of its log.",
    zh: "房间门锁 {lock} 以{way}开门，持有人 {holder}，门锁时钟 {openedAt}：门锁记录第 {row} 条。",
    fields: { lock: "source", way: LOCK_WAYS, holder: "u32?", openedAt: "time?", row: "u32" },
  },
  LockTryRefused: {
    severity: "warning",
    en: "Room lock {lock} did not open to a try by {way}: {refusal}, holder {holder}, at {triedAt} by its own clock: row {row} of its log.",
    zh: "房间门锁 {lock} 拒绝了一次以{way}开门的尝试：{refusal}，持有人 {holder}，门锁时钟 {triedAt}：门锁记录第 {row} 条。",
    fields: { lock: "source", way: LOCK_WAYS, refusal: LOCK_REFUSALS, holder: "u32?", triedAt: "time?", row: "u32" },
  },
  LockLockedOut: {
    severity: "alarm",
    en: "Room lock {lock} takes no tries at its keypad for {lockedS} s after too many wrong ones, at {at} by its own clock: row {row} of its log.",
    zh: "房间门锁 {lock} 因多次输错，键盘锁定 {lockedS} 秒，门锁时钟 {at}：门锁记录第 {row} 条。",
    fields: { lock: "source", lockedS: "u32", at: "time?", row: "u32" },
  },
  LockJammed: {
    severity: "alarm",
    en: "The bolt of room lock {lock} does not move, at {at} by its own clock: row {row} of its log.",
    zh: "房间门锁 {lock} 的锁舌卡住，门锁时钟 {at}：门锁记录第 {row} 条。",
    fields: { lock: "source", at: "time?", row: "u32" },
  },
  LockRowsLost: {
    severity: "warning",
    en: "{count} rows of the log of room lock {lock} were gone before they were read.",
    zh: "房间门锁 {lock} 有 {count} 条记录在读取前已被覆盖。",
    fields: { lock: "source", count: "u32" },
  },
  LockListMade: {
    severity: "notice",
    en: "Version {version} of the list of room lock {lock} was {change}: {people} people may open it while nobody can be asked, until {validUntil}.",
    zh: "房间门锁 {lock} 的离线名单版本 {version} 已{change}：{people} 人可在无法询问时开门，有效至 {validUntil}。",
    fields: { lock: "source", version: "u32", people: "u32", validUntil: "time", change: ["taken", "handed out"] },
  },
  LockDenySetMade: {
    severity: "notice",
    en: "Version {version} of the deny set of the room locks was made: it names {denied} credentials and holders, and has no room for {left}.",
    zh: "房间门锁的拒绝名单版本 {version} 已生成：含 {denied} 个凭证与持有人，另有 {left} 个放不下。",
    fields: { version: "u32", denied: "u32", left: "u32" },
  },
} as const satisfies Record<string, EventRow>;
