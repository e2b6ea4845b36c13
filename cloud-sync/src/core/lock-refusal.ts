import type { RefusalRow } from "./refusal-row.ts";

/** How room locks are refused: part of the table of all refusals. */
export const LOCK_REFUSAL = {
  LockUnknown: { status: 404, title: "No such room lock", remedy: "List the locks; one is made by its access point's id.", caseCategory: "智能门锁" },
  LockNotYours: {
    status: 403,
    rule: "14.4",
    title: "The person holds no grant that unlocks this lock now",
    remedy: "Have the room granted with capability unlock, then set it again.",
    caseCategory: "智能门锁",
  },
  LockNotReady: {
    status: 409,
    rule: "14.4",
    title: "The zone of the lock does not know the person yet",
    remedy: "See that the person has a card or a phone, and try again when the grant is published.",
    caseCategory: "智能门锁",
  },
  LockVersionStale: {
    status: 409,
    rule: "14.1",
    title: "The PIN was sealed for another version than the next one",
    remedy: "Ask for the person's locks anew, and seal the PIN for the version that is named there.",
    caseCategory: "智能门锁",
  },
  LockStateUnknown: {
    status: 404,
    rule: "14.4",
    title: "Nothing of the person is set there",
    remedy: "Ask for the person's locks: what has ended with its grant is not there any more.",
    caseCategory: "智能门锁",
  },
  FingersFull: {
    status: 409,
    rule: "14.2",
    title: "There is no place for another finger",
    remedy: "Erase a finger there first.",
    caseCategory: "智能门锁",
  },
} as const satisfies Record<string, RefusalRow>;
