import type { BoltState, LockAuditRow, LockRefusal, UnixSeconds } from "@portico/card-protocol";
import type { Device, DeviceError } from "./device.ts";

/** `Refused`: the lock was reached and says no, by which of its reasons. Everything else is as with any device: nothing is known to have happened. */
export type RoomLockResult<T extends object = object> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly error: DeviceError; readonly detail: string }
  | { readonly ok: false; readonly error: "Refused"; readonly refusal: LockRefusal; readonly detail: string };

/** What a kind of lock can be asked for. What it cannot answers `Unsupported`; docs/room-locks.md says which rule is not kept then. */
export const ROOM_LOCK_FEATURES = ["signedGrant", "sealedPin", "finger", "list", "denySet", "audit", "clock", "cardAtLock"] as const;
export type RoomLockFeature = (typeof ROOM_LOCK_FEATURES)[number];

/** One opening that somebody has decided and written down. */
export interface UnlockWish {
  /** Zone-local handle of whom it lets in, u32; 0: nobody by name. */
  readonly holder: number;
  /** Number of the event AccessGranted. */
  readonly seq: number;
  /** How long the bolt stays drawn; timed by the lock. {@link HOLD_MS_MIN}..{@link HOLD_MS_MAX} of card-protocol. */
  readonly holdMs: number;
  /**
   * The signed grant over the lock's fresh challenge: `makeUnlockGrant` with the controller's key. Not called by a lock without `signedGrant`. Called at most
   * twice, when a challenge grew old on the way.
   */
  readonly sign: (challenge: Uint8Array) => Uint8Array;
}

/** What a lock says of itself. */
export interface RoomLockState {
  readonly bolt: BoltState;
  /** 0 to 100; undefined: the lock does not tell. */
  readonly batteryPercent: number | undefined;
  /** By the lock's clock when it was asked; undefined: it knows no time, or does not tell. */
  readonly clock: UnixSeconds | undefined;
  /** Versions of what it holds; 0: nothing. */
  readonly listVersion: number;
  readonly denyVersion: number;
  /** Which key for the tokens of cards it was given; 0: none. */
  readonly cardKeyGeneration: number;
  /** The last row of its log; 0: none. */
  readonly auditSeq: number;
  /** Whose PIN it holds, with the version that it took last. An erased one is not among them. */
  readonly pins: readonly { readonly holder: number; readonly version: number }[];
  /** Which fingers it holds. */
  readonly fingers: readonly { readonly slot: number; readonly holder: number }[];
  /** So long it takes no tries at its keypad; 0: it takes them. */
  readonly lockedOutS: number;
}

/** Rows of a lock's log. */
export interface LockAuditPage {
  /** Ascending; those behind the cursor, as many as went into one answer. Where a platform keeps the log, its rows are seconds, and several may share one. */
  readonly rows: readonly LockAuditRow[];
  /** The oldest row that the lock still has: where it is more than one above the cursor, those between are lost. */
  readonly firstSeq: number;
  /** The newest row that the lock has. */
  readonly lastSeq: number;
}

/**
 * A lock of a room with a bolt, a battery and a memory of its own: keypad, finger, list, log. A PIN comes to it sealed and is never seen on the way; a finger's
 * template never leaves it.
 *
 * One conversation at a time: what is asked meanwhile waits, {@link RoomLock.secure} in front of everything else. Nothing here rejects, and everything answers
 * within a time-out of the driver, also when the bus under it dies.
 *
 * {@link Device.health} is what the last conversation came to; a driver looks after its lock from time to time by itself.
 */
export interface RoomLock extends Device {
  readonly features: ReadonlySet<RoomLockFeature>;
  /**
   * Draws the bolt once. Resolves when the lock says that it is drawn. `Superseded`: {@link secure} came in between, or another unlock. Any error but `TimedOut`
   * and `Disconnected` means that it was not drawn; after those two its log tells.
   */
  unlock(wish: UnlockWish): Promise<RoomLockResult>;
  /** Throws the bolt now. Never refused by us; cancels every unlock that the lock has not been asked for yet, and breaks off an enrolment, as {@link unlock} does. */
  secure(): Promise<RoomLockResult>;
  /** Asks how it is. Newest answer in {@link lastState}. */
  state(): Promise<RoomLockResult<{ readonly state: RoomLockState }>>;
  readonly lastState: RoomLockState | undefined;
  /** Called with each answer to {@link state}, asked for or not. Returns the function that removes it. */
  onState(listener: (state: RoomLockState) => void): () => void;
  /** @param at  the time to set; the driver adds what passes until the lock has it */
  setClock(at: UnixSeconds): Promise<RoomLockResult>;
  /**
   * Sets or changes the PIN of a holder. A version that the lock holds already is taken as done, a lower one is `VersionNotNewer`.
   *
   * @param sealed  `sealPin` for this lock, holder and version, 57 bytes
   * @param until  when the grant ends, as far as it is known: a lock without a list of its own ends the PIN by itself then, if it can
   */
  setPin(pin: { readonly holder: number; readonly version: number; readonly sealed: Uint8Array; readonly until?: UnixSeconds }): Promise<RoomLockResult>;
  /** Erases it, and takes no PIN of this holder of a version up to this one any more. There need not be one. */
  erasePin(pin: { readonly holder: number; readonly version: number }): Promise<RoomLockResult>;
  /**
   * Asks the holder, who stands in front of it, for a finger, and answers when the lock has it or gives up: within 60 s.
   *
   * @param onTouch  told after each time that the finger was read, of how many
   */
  enrolFinger(
    finger: { readonly slot: number; readonly holder: number },
    onTouch: (touch: { readonly nth: number; readonly of: number }) => void,
  ): Promise<RoomLockResult>;
  /** There need not be one. */
  eraseFinger(slot: number): Promise<RoomLockResult>;
  /**
   * Brings the list of those who may open without anybody being asked (kind 16). In the same breath the lock erases PINs and fingers of whom it does not name.
   * PINs and fingers open for those alone whom it names: a lock without a list opens by grants only.
   *
   * @param record  `makeLockList`
   */
  applyList(record: Uint8Array): Promise<RoomLockResult>;
  /** @param record  `makeDenySet` (kind 17) */
  applyDenySet(record: Uint8Array): Promise<RoomLockResult>;
  /** Gives the key by which the lock finds cards in its list: the zone's. @param key  32 bytes @param generation  1 and up */
  setCardKey(key: Uint8Array, generation: number): Promise<RoomLockResult>;
  /** Rows of its log behind a cursor. @param after  0: from the beginning @param rowsMax  1..16 */
  readAudit(after: number, rowsMax: number): Promise<RoomLockResult<LockAuditPage>>;
}
