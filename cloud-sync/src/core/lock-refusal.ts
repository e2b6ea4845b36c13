import type { RefusalRow } from "./refusal-row.ts";

/** How room locks are refused: part of the table of all refusals. */
export const LOCK_REFUSAL = {
  LockUnknown: {
    status: 404,
    title: "No such room lock",
    zh: "没有该房间门锁。请列出门锁；门锁以其出入口的编号创建。",
    remedy: "List the locks; one is made by its access point's id.",
    caseCategory: "智能门锁",
  },
  LockNotYours: {
    status: 403,
    rule: "14.4",
    title: "The person holds no grant that unlocks this lock now",
    zh: "此人目前没有打开该门锁的授权。请先授予该房间的 unlock 权限，再设置。",
    remedy: "Have the room granted with capability unlock, then set it again.",
    caseCategory: "智能门锁",
  },
  LockNotReady: {
    status: 409,
    rule: "14.4",
    title: "The zone of the lock does not know the person yet",
    zh: "门锁所在区域尚不认识此人。请确认此人有卡或手机，待授权发布后重试。",
    remedy: "See that the person has a card or a phone, and try again when the grant is published.",
    caseCategory: "智能门锁",
  },
  LockVersionStale: {
    status: 409,
    rule: "14.1",
    title: "The PIN was sealed for another version than the next one",
    zh: "密码封装的版本不是下一版本。请重新查询此人的门锁，按所列版本封装密码。",
    remedy: "Ask for the person's locks anew, and seal the PIN for the version that is named there.",
    caseCategory: "智能门锁",
  },
  LockStateUnknown: {
    status: 404,
    rule: "14.4",
    title: "Nothing of the person is set there",
    zh: "此人在该门锁上没有任何设置。请查询此人的门锁：授权结束后设置随之清除。",
    remedy: "Ask for the person's locks: what has ended with its grant is not there any more.",
    caseCategory: "智能门锁",
  },
  FingersFull: {
    status: 409,
    rule: "14.2",
    title: "There is no place for another finger",
    zh: "没有空位录入指纹。请先在该处删除一枚指纹。",
    remedy: "Erase a finger there first.",
    caseCategory: "智能门锁",
  },
} as const satisfies Record<string, RefusalRow>;
