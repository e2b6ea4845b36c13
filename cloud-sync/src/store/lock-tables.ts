import type { LockPlatform } from "@portico/card-protocol";

/** Room locks, what is set at them, and what they have answered. */
export interface LockTables {
  room_lock: RoomLockTable;
  lock_state: LockStateTable;
  lock_answer: LockAnswerTable;
}

export interface RoomLockTable {
  /** Its access point. */
  id: string;
  /** X25519, 32 bytes. */
  public_key: Uint8Array;
  /** The campus service that says who may set PINs and fingers there (rule 14.3). */
  service: string;
  /** Fingers that it holds. */
  finger_slots: number;
  /** The maker's platform that it is behind. */
  platform: LockPlatform | null;
  added_at: number;
}

export const LOCK_STATE_KINDS = ["pin", "finger"] as const;
export type LockStateKind = (typeof LOCK_STATE_KINDS)[number];
export const LOCK_STATE_ENDS = ["asked", "grant"] as const;
/** Why something at a lock has ended: somebody asked for it, or the `unlock` grant ended (rule 14.4). */
export type LockStateEnd = (typeof LOCK_STATE_ENDS)[number];

/** A PIN or a finger of a person at a lock. One that has ended stays for its version, without what was sealed. */
export interface LockStateTable {
  lock: string;
  kind: LockStateKind;
  /** Of a PIN the person, of a finger its slot. */
  place: string;
  person: string;
  version: number;
  /** Of a PIN that stands. */
  sealed: Uint8Array | null;
  /** Of a finger. */
  enrol_until: number | null;
  /** Since when it stands; a change of a PIN that stands leaves it. */
  set_at: number;
  changed_at: number;
  changed_by: string;
  /** Until when the grant that it stands on holds, as it was expanded last. */
  held_until: number;
  ended_at: number | null;
  ended_why: LockStateEnd | null;
}

/** What a lock answered last about the PIN of a holder, or about a slot. */
export interface LockAnswerTable {
  lock: string;
  kind: LockStateKind;
  /** Of a PIN the holder in the lock's zone, of a finger its slot. */
  place: number;
  version: number;
  /** The version that it holds now; null: nothing. */
  holds: number | null;
  /** `set`, `erased`, `enrolled`, or the refusal. */
  outcome: string;
  detail: string;
  controller: string;
  at: number;
}
