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
}

/** No command lives longer. */
export const COMMAND_LIFE_MAX_S = 10;
/** A clock that may be further off cannot judge a command: it must answer a nonce. */
export const COMMAND_UNCERTAINTY_MAX_S = 5;

export type CommandError = SignedError | "CommandForAnother";

/**
 * Signs a command: `[id, controller, target, verb, issued, notAfter, nonce | null]`, by a key of the trust list with usage `command`.
 *
 * @throws RangeError for a command out of range: the caller's mistake
 */
export function makeCommand(site: string, command: Command, kid: Uint8Array, signer: Signer): Uint8Array {
  const { id, controller, target, verb, issued, notAfter, nonce } = command;
  const payload = encodeCbor([id, controller, target, verb, issued, notAfter, nonce]);
  if (decodeCommand(payload) === undefined) throw new RangeError("a command out of range");
  return sign1("command", site, kid, payload, signer);
}

/**
 * A command that is signed, in range and meant for this controller. Whether it is in time: {@link judgeCommand}.
 *
 * @param keyFor  `keysFor(trustList, "command", wall)`
 */
export function readCommand(bytes: Uint8Array, site: string, controller: string, keyFor: KeyFor, verifier: Verifier): Result<Command, CommandError> {
  const record = verify1("command", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const command = decodeCommand(record.value.payload);
  if (command === undefined) return err("RecordMalformed", "not a command, or out of range");
  if (command.controller !== controller) return err("CommandForAnother", `for controller ${command.controller}`);
  return ok(command);
}

/**
 * Whether a command may be carried out now. A clock that is off by at most 5 s judges it: issued ≤ now < notAfter, widened by that. Any other clock asks for an
 * answer to the nonce that this controller has open. A command that answers a nonce answers that one, whatever the clock.
 *
 * @param openNonce  the nonce that this controller gave out and that nobody answered yet
 */
export function judgeCommand(
  command: Command,
  wall: WallTime,
  openNonce: Uint8Array | undefined,
): Result<Command, "NonceMismatch" | "CommandNotYetValid" | "CommandExpired" | "ClockUncertain"> {
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
  const [id, controller, target, verb, issued, notAfter, nonce] = (read.ok ? elementsOf(read.value, 7) : undefined) ?? [];
  if (!isBytes(id, 16) || !isWord(controller) || !isWord(target) || !isWord(verb)) return undefined;
  if (!isU32(issued) || !isU32(notAfter) || notAfter <= issued || notAfter > issued + COMMAND_LIFE_MAX_S) return undefined;
  if (nonce !== null && !isBytes(nonce, 16)) return undefined;
  return { id, controller, target, verb, issued: unixSeconds(issued), notAfter: unixSeconds(notAfter), nonce };
}
