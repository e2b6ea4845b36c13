/** Why a room lock does not do what it was asked, in the order of looking. One table for lock, driver, controller and docs/lock-profile.md. */
export const LOCK_REFUSAL = {
  LockedOut: "too many wrong tries: it takes none until the time is over",
  GrantRefused: "the grant is not signed by its controller, is for another lock, or is out of range",
  ChallengeStale: "the grant answers no challenge that is open, or one that is older than 10 s",
  RecordRefused: "the record is not signed by its controller, is for another lock, or is not of its one form",
  VersionNotNewer: "it holds that version already with other content, or a newer one",
  PinUnopened: "the PIN was sealed for another lock, site, holder or version, or was altered",
  PinFormat: "a PIN has 6 to 8 digits",
  PinNotAllowed: "that PIN is too simple, or in use: choose another",
  SlotsFull: "there is no free place for a PIN or a finger",
  SlotTaken: "another holder's finger is in that place",
  FingerTimedOut: "nobody laid a finger on in time",
  FingerUnreadable: "the finger was not read the same each time",
  FingerKnown: "that finger is in another place already",
  HolderNotListed: "the lock's list names no such holder",
  ClockUnset: "the lock does not know the time",
  BatteryDead: "the battery is too low to move the bolt",
  BoltJammed: "the bolt does not move",
  Busy: "it is busy with a finger",
  Unsupported: "this lock cannot do that",
  Malformed: "it does not understand the request",
} as const;
export type LockRefusal = keyof typeof LOCK_REFUSAL;
/** In the order of their numbers on the wire: the first is 1. */
export const LOCK_REFUSALS = Object.keys(LOCK_REFUSAL) as readonly LockRefusal[];

/** By what a room lock was opened, or was tried to be: by a grant of its controller, by what is typed or shown at it, or by its handle from inside. */
export const LOCK_WAYS = ["grant", "pin", "finger", "key", "card", "inside"] as const;
export type LockWay = (typeof LOCK_WAYS)[number];

/** What a room lock writes into its own log. */
export const LOCK_EVENTS = [
  "Opened",
  "Refused",
  "LockedOut",
  "PinSet",
  "PinErased",
  "FingerEnrolled",
  "FingerErased",
  "ListTaken",
  "DenySetTaken",
  "ClockSet",
  "BatteryLow",
  "BoltJammed",
  "Restarted",
] as const;
export type LockEventName = (typeof LOCK_EVENTS)[number];

/** Where the bolt is, as the lock knows it. */
export const BOLT_STATES = ["locked", "unlocked", "jammed"] as const;
export type BoltState = (typeof BOLT_STATES)[number];

/** At most so many holders have a PIN at one lock, and so many fingers are enrolled at it: slots 0 and up. */
export const LOCK_PINS_MAX = 50;
export const LOCK_FINGERS_MAX = 50;

/** A lock id: 1 to 64 printable characters of ASCII, no white space. It stands in what is signed and sealed. */
export const isLockId = (id: unknown): id is string => typeof id === "string" && /^[\x21-\x7e]{1,64}$/.test(id);
