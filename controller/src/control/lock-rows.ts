import type { LockRule } from "@portico/card-protocol";

/** A rule of the contract that a lock does not keep, and how. */
export interface RuleNotKeptRow {
  readonly rule: LockRule;
  readonly en: string;
  readonly zh: string;
  /** The site has agreed to it. What needs another rule is off. */
  readonly isAccepted: boolean;
}

/** A room lock as this controller knows it. */
export interface RoomLockRow {
  readonly id: string;
  /** Null: lists are loaded from files, and the lock has no list of its own. */
  readonly zone: string | null;
  readonly protocol: "ble" | "carried" | "ttlock";
  readonly health: "online" | "offline";
  readonly detail: string;
  /** As it said last; null: it does not tell, or was never asked. */
  readonly bolt: "locked" | "unlocked" | "jammed" | null;
  readonly batteryPercent: number | null;
  /** How far its clock was off when it was asked last, + fast; null: it has none, or nobody knows. */
  readonly clockOffS: number | null;
  /** So long its keypad takes no tries; 0: it takes them. */
  readonly lockedOutS: number | null;
  /** What it holds: its list's version, whose PINs, which fingers. */
  readonly listVersion: number | null;
  readonly denyVersion: number | null;
  /** Which of its zone's keys it finds cards by; 0: none. */
  readonly cardKeyGeneration: number | null;
  readonly pins: number | null;
  readonly fingers: number | null;
  /** What is wanted: people in the list, rows that have no room in it, PINs and fingers. Null: the zone or the time is not known. */
  readonly wanted: { readonly people: number; readonly left: number; readonly pins: number; readonly fingers: number } | null;
  /** The list that was made last, whether or not the lock has it, and when it ends; null: none was. */
  readonly listMade: number | null;
  readonly listUntil: number | null;
  /** Another list is to be brought: others may open the lock, or it is over soon. Null: that cannot be told now. */
  readonly isListDue: boolean | null;
  /** What the last look after it came to. */
  readonly look: "never" | "done" | "failed";
  readonly lookAt: number | null;
  readonly lookDetail: string;
  /** What PINs for it are sealed to: the X25519 key of its sticker, or, behind a maker's platform, one of this controller's; 64 hex digits. Null: not known here. */
  readonly pinKey: string | null;
  /** The rules that it cannot keep, for whatever is behind a maker's platform. */
  readonly notKept: readonly RuleNotKeptRow[];
  /** The cloud seals PINs to another key than this lock's: none can be opened. */
  readonly isOtherKey: boolean;
}

/** What room locks are given at commissioning, and the locks. */
export interface RoomLocksAnswer {
  readonly site: string;
  readonly controller: string;
  /** X25519 and Ed25519, 64 hex digits each. */
  readonly agreementKey: string;
  readonly signingKey: string;
  /** As it was made last; null: never. */
  readonly denySet: Omit<DenySetRow, "record"> | null;
  readonly locks: readonly RoomLockRow[];
}

/** A list that is carried to a lock. */
export interface CarriedList {
  readonly lock: string;
  readonly version: number;
  readonly people: number;
  readonly validUntil: number;
  /** Signed record of kind 16, hex. */
  readonly record: string;
}

/** A deny set, for all locks of the controller. */
export interface DenySetRow {
  readonly version: number;
  readonly issued: number;
  /** How many credentials and holders it names, and how many had no room in it: they open until other lists are brought. */
  readonly denied: number;
  readonly left: number;
  /** Signed record of kind 17, hex. */
  readonly record: string;
}

/** The set that whoever goes to locks takes along. */
export interface DenySetAnswer {
  /** Null: there is nobody to deny, and never was. */
  readonly denySet: DenySetRow | null;
}

/** A row of a lock's own log. */
export interface LockLogRow {
  readonly row: number;
  readonly at: number | null;
  readonly event: string;
  readonly way: string | null;
  readonly holder: number | null;
  readonly number: number;
  readonly refusal: string | null;
}

export interface LockParams {
  readonly id: string;
}

export type LockLogQuery = {
  /** The last row that is known; 0: from the beginning. */
  readonly after?: string;
};
