import { sameBytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import type { WallTime } from "./clock.ts";
import { err, ok, type Result } from "./result.ts";
import type { Verifier } from "./signature.ts";
import { elementsOf, isBytes, isWord, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "./signed.ts";
import type { Signer } from "./signer.ts";
import { isU32, type UnixSeconds, unixSeconds } from "./units.ts";

/** A remote act on one controller, such as unlocking a door. Kind 8. */
export interface Command {
  /** 16 random bytes; persisted before acting, so that a command acts at most once. */
  readonly id: Uint8Array;
  /** The controller, the door or device, and what to do: 1..64 characters each, no white space. */
  readonly controller: string;
  readonly target: string;
  readonly verb: string;
  readonly issued: UnixSeconds;
  /** issued < notAfter ≤ issued + {@link COMMAND_LIFE_MAX_S}. */
  readonly notAfter: UnixSeconds;
  /** 16 bytes: the controller's nonce that it answers; null: judged by the clock alone. */
  readonly nonce: Uint8Array | null;
  /** Who asks, 1..{@link COMMAND_BY_MAX} UTF-16 units, and why, at most {@link COMMAND_REASON_MAX}: both stand in the controller's events. */
  readonly by: string;
  readonly reason: string;
}

export const COMMAND_BY_MAX = 64;
export const COMMAND_REASON_MAX = 200;

/** No command lives longer. */
export const COMMAND_LIFE_MAX_S = 10;
/** A clock that may be further off cannot judge a command: it must answer a nonce. */
export const COMMAND_UNCERTAINTY_MAX_S = 5;

/** Why a command that the cloud has signed is not carried out, in the order of looking. One table for controller, cloud, events and docs/feed-and-events.md. */
export const COMMAND_REFUSAL = {
  CommandForAnother: "it names another controller",
  NonceMismatch: "it answers another nonce than the one that is open",
  ClockUncertain: "the clock may be off by more than 5 s, and it answers no nonce",
  CommandNotYetValid: "it is issued ahead of the controller's time",
  CommandExpired: "it came too late",
  CommandReplayed: "its id was taken before",
  CommandUnknown: "there is no such door, or no such verb",
  NotRecorded: "the disk refuses to record, so nothing was moved",
  OperationRefused: "the door cannot do that now",
  Interrupted: "the controller went down between recording and acting",
} as const;
export type CommandRefusal = keyof typeof COMMAND_REFUSAL;
/** In the order of the document. */
export const COMMAND_REFUSALS = Object.keys(COMMAND_REFUSAL) as readonly CommandRefusal[];

/**
 * Signs a command: `[id, controller, target, verb, issued, notAfter, nonce | null, by, reason]`, by a key of the trust list with usage `command`.
 *
 * @throws RangeError for a command out of range: the caller's mistake
 */
export function makeCommand(site: string, command: Command, kid: Uint8Array, signer: Signer): Uint8Array {
  const { id, controller, target, verb, issued, notAfter, nonce, by, reason } = command;
  const payload = encodeCbor([id, controller, target, verb, issued, notAfter, nonce, by, reason]);
  if (decodeCommand(payload) === undefined) throw new RangeError("a command out of range");
  return sign1("command", site, kid, payload, signer);
}

/**
 * A command that is signed and in range. Whether it is for this controller, and in time: {@link judgeCommand}.
 *
 * @param keyFor  `keysFor(trustList, "command", wall)`
 */
export function readCommand(bytes: Uint8Array, site: string, keyFor: KeyFor, verifier: Verifier): Result<Command, SignedError> {
  const record = verify1("command", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const command = decodeCommand(record.value.payload);
  return command === undefined ? err("RecordMalformed", "not a command, or out of range") : ok(command);
}

/**
 * Whether a controller may carry a command out now: it is for this one, and in time. A clock that is off by at most 5 s judges it: issued ≤ now < notAfter, widened by that. Any other clock asks for an
 * answer to the nonce that this controller has open. A command that answers a nonce answers that one, whatever the clock.
 *
 * @param openNonce  the nonce that this controller gave out and that nobody answered yet
 */
export function judgeCommand(
  command: Command,
  controller: string,
  wall: WallTime,
  openNonce: Uint8Array | undefined,
): Result<Command, "CommandForAnother" | "NonceMismatch" | "CommandNotYetValid" | "CommandExpired" | "ClockUncertain"> {
  if (command.controller !== controller) return err("CommandForAnother", `for controller ${command.controller}`);
  const answersNonce = command.nonce !== null && openNonce !== undefined && sameBytes(command.nonce, openNonce);
  if (command.nonce !== null && !answersNonce) return err("NonceMismatch", "the command answers another nonce");
  if (wall === "untrusted" || wall.uncertaintyS > COMMAND_UNCERTAINTY_MAX_S)
    return answersNonce ? ok(command) : err("ClockUncertain", "the command must answer this controller's nonce");
  if (wall.now + wall.uncertaintyS < command.issued) return err("CommandNotYetValid", `issued ${command.issued - wall.now} s ahead`);
  if (wall.now - wall.uncertaintyS >= command.notAfter) return err("CommandExpired", `${wall.now - command.notAfter} s too late`);
  return ok(command);
}

function decodeCommand(payload: Uint8Array): Command | undefined {
  const read = decodeCbor(payload, RECORD.command.bytesMax);
  const [id, controller, target, verb, issued, notAfter, nonce, by, reason] = (read.ok ? elementsOf(read.value, 9) : undefined) ?? [];
  if (!isBytes(id, 16) || !isWord(controller) || !isWord(target) || !isWord(verb)) return undefined;
  if (!isU32(issued) || !isU32(notAfter) || notAfter <= issued || notAfter > issued + COMMAND_LIFE_MAX_S) return undefined;
  if (nonce !== null && !isBytes(nonce, 16)) return undefined;
  if (!isTextOf(by, 1, COMMAND_BY_MAX) || !isTextOf(reason, 0, COMMAND_REASON_MAX)) return undefined;
  return { id, controller, target, verb, issued: unixSeconds(issued), notAfter: unixSeconds(notAfter), nonce, by, reason };
}

const isTextOf = (value: unknown, least: number, most: number): value is string => typeof value === "string" && value.length >= least && value.length <= most;
