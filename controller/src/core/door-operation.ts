import { type ControllerEvent, type CredentialId, type DenyReason, type DoorMode, err, eventOf, ok, type Result } from "@portico/card-protocol";

/** The modes that stay until an operation changes them. `Accessed` is none: it lasts as long as a passage. */
export type SetMode = Exclude<DoorMode, "Unknown" | "Accessed">;

/** What an operator or a schedule may ask of a door or a lane; `release` ends LockedDown and LockedOpen. */
export const DOOR_OPERATIONS = ["lock", "unlock", "block", "lock-down", "lock-open", "double-lock", "release"] as const;
export type DoorOperation = (typeof DOOR_OPERATIONS)[number];

/** Who asks and why; both stand in the event that the act leaves. */
export interface OperatorAct {
  /** Login name of the operator, 1..64 characters. */
  readonly by: string;
  /** Free text, at most 200 characters; empty where none was given. */
  readonly reason: string;
}

/** A guard's press of a button behind their own card; all of it stands in the event that it leaves. */
export interface GuardUse {
  readonly station: string;
  readonly credential: CredentialId;
  /** As the guard's key says; empty where none was asked for. */
  readonly reason: string;
}

/** What is recorded of an opening on somebody's word, before anything moves. */
export const openingEvent = (door: string, word: OperatorAct | GuardUse): ControllerEvent =>
  "station" in word ? eventOf("GuardOpened", { door, ...word }) : eventOf("DoorModeChanged", { door, mode: "Accessed", ...word });

/** Why a door or lane lets nobody in now. */
export interface DoorRefusal {
  readonly reason: DenyReason;
  readonly detail: string;
}

const SCHEDULE_SIGNS = "schedule ";

/** How a schedule signs what it does to a door. */
export const scheduleAct = (schedule: string, reason: string): OperatorAct => ({ by: `${SCHEDULE_SIGNS}${schedule}`, reason });

const INPUT_SIGNS = "input ";

/** How a button that is wired to a board signs. */
export const inputAct = (id: string): OperatorAct => ({ by: `${INPUT_SIGNS}${id}`, reason: "" });

/** True where a schedule or a wired button signed: no person may sign so. */
export const isSignedByMachine = ({ by }: Pick<OperatorAct, "by">): boolean => by.startsWith(SCHEDULE_SIGNS) || by.startsWith(INPUT_SIGNS);

/** True where a schedule signed. */
export const isSignedBySchedule = ({ by }: Pick<OperatorAct, "by">): boolean => by.startsWith(SCHEDULE_SIGNS);

const MODE_OF: Readonly<Record<Exclude<DoorOperation, "release">, SetMode>> = {
  lock: "Locked",
  unlock: "Unlocked",
  block: "Blocked",
  "lock-down": "LockedDown",
  "lock-open": "LockedOpen",
  "double-lock": "DoubleLocked",
};

/** True where the mode itself leaves the lock released. */
export const isFree = (mode: DoorMode): boolean => mode === "Unlocked" || mode === "LockedOpen";

/**
 * The mode behind an operation. LockedDown and LockedOpen accept nothing but `release`, which leads to Locked and means nothing to any other mode.
 * Asking for the mode that is set already is no mistake. A mode or operation that is none is refused. Source: ONVIF Door Control service, DoorMode.
 */
export function modeAfter(mode: DoorMode, operation: DoorOperation, doubleLock: boolean): Result<SetMode, "OperationRefused"> {
  if (mode === "Unknown") return err("OperationRefused", "not started yet");
  if (!Object.hasOwn(ANSWER_OF, mode)) return err("OperationRefused", "unknown mode");
  const held = mode === "LockedDown" || mode === "LockedOpen";
  if (operation === "release") return held ? ok("Locked") : err("OperationRefused", `${mode} has nothing to release`);
  if (!Object.hasOwn(MODE_OF, operation)) return err("OperationRefused", "unknown operation");
  const wanted = MODE_OF[operation];
  if (held && wanted !== mode) return err("OperationRefused", `${mode} accepts only its own release`);
  if (wanted === "DoubleLocked" && !doubleLock) return err("OperationRefused", "this lock has one bolt");
  return ok(wanted);
}

/** Whether a schedule may move a door: not one that somebody holds LockedDown, LockedOpen or Blocked. What it blocked itself it may. */
export const isSchedulable = (mode: DoorMode, bySchedule: boolean): boolean =>
  mode === "Locked" || mode === "Unlocked" || mode === "DoubleLocked" || (mode === "Blocked" && bySchedule);

/** What a mode says to access. A mode that is not in it refuses: only what says so lets anybody in. */
const ANSWER_OF: Readonly<Record<DoorMode, DoorRefusal | "lets in">> = {
  Unknown: { reason: "DoorBlocked", detail: "not started yet" },
  Locked: "lets in",
  Unlocked: "lets in",
  Accessed: "lets in",
  Blocked: { reason: "DoorBlocked", detail: "mode Blocked" },
  LockedDown: { reason: "LockedDown", detail: "until it is released" },
  LockedOpen: "lets in",
  DoubleLocked: "lets in",
};
const UNKNOWN_MODE: DoorRefusal = { reason: "DoorBlocked", detail: "unknown mode" };

/** Why the mode refuses access, or undefined where it does not. The fire input frees every door: then nothing is refused. */
export function modeRefusal(mode: DoorMode, fire: boolean, bySchedule = false): DoorRefusal | undefined {
  const answer = Object.hasOwn(ANSWER_OF, mode) ? ANSWER_OF[mode] : UNKNOWN_MODE;
  if (fire || answer === "lets in") return undefined;
  return bySchedule ? { ...answer, detail: `${answer.detail}, as its schedule says` } : answer;
}
