import { sameBytes } from "../bytes.ts";
import { decodeCbor, encodeCbor } from "../cbor.ts";
import { keyId } from "../cose.ts";
import { err, ok, type Result } from "../result.ts";
import type { Verifier } from "../signature.ts";
import { elementsOf, isBytes, isWord, RECORD, sign1, verify1 } from "../signed.ts";
import type { Signer } from "../signer.ts";
import { isU32 } from "../units.ts";
import { isLockId } from "./lock-words.ts";

/** What lets a room lock open once: its controller's decision, signed over the challenge that the lock gave just now. Kind 15. docs/lock-profile.md. */
export interface UnlockGrant {
  /** The lock, {@link isLockId}, and the controller that decided, 1 to 64 characters. */
  readonly lock: string;
  readonly controller: string;
  /** 16 bytes, the lock's; a grant answers one challenge and opens once. */
  readonly challenge: Uint8Array;
  /** Handle of whom it lets in, u32; 0: nobody by name, as from a button. */
  readonly holder: number;
  /** Number of the event AccessGranted in the controller's log: the lock writes it into its own. */
  readonly seq: number;
  /** How long the bolt stays drawn before the lock throws it again: {@link HOLD_MS_MIN}..{@link HOLD_MS_MAX}. The lock times it. */
  readonly holdMs: number;
}

export const CHALLENGE_BYTES = 16;
/** A challenge is answered within so long, or not at all. */
export const CHALLENGE_LIFE_MS = 10_000;
export const HOLD_MS_MIN = 1_000;
export const HOLD_MS_MAX = 60_000;

/**
 * Signs a grant: `[1, lock, controller, challenge, holder, seq, holdMs]`.
 *
 * @param signer  the controller's key, whose public part the lock was given at commissioning
 * @throws RangeError for a grant out of range: the caller's mistake
 */
export function makeUnlockGrant(site: string, grant: UnlockGrant, signer: Signer): Uint8Array {
  const { lock, controller, challenge, holder, seq, holdMs } = grant;
  const payload = encodeCbor([1, lock, controller, challenge, holder, seq, holdMs]);
  if (decodeGrant(payload) === undefined) throw new RangeError("an unlock grant out of range");
  return sign1("unlockGrant", site, keyId(signer.publicKey), payload, signer);
}

/**
 * A grant for this lock whose signature holds: what a lock asks before anything else. Whether its challenge is open, the lock knows.
 *
 * @param controllerKey  the one key that the lock believes, 32 bytes
 */
export function readUnlockGrant(
  bytes: Uint8Array,
  site: string,
  lock: string,
  controllerKey: Uint8Array,
  verifier: Verifier,
): Result<UnlockGrant, "GrantRefused"> {
  const keyFor = (kid: Uint8Array) => (sameBytes(kid, keyId(controllerKey)) ? ok(controllerKey) : err("KeyUntrusted", "another key"));
  const record = verify1("unlockGrant", site, bytes, keyFor, verifier);
  if (!record.ok) return err("GrantRefused", record.error);
  const grant = decodeGrant(record.value.payload);
  if (grant === undefined) return err("GrantRefused", "out of range");
  return grant.lock === lock ? ok(grant) : err("GrantRefused", "for another lock");
}

function decodeGrant(payload: Uint8Array): UnlockGrant | undefined {
  const read = decodeCbor(payload, RECORD.unlockGrant.bytesMax);
  const [form, lock, controller, challenge, holder, seq, holdMs] = (read.ok ? elementsOf(read.value, 7) : undefined) ?? [];
  if (form !== 1 || !isLockId(lock) || !isWord(controller) || !isBytes(challenge, CHALLENGE_BYTES) || !isU32(holder) || !isU32(seq)) return undefined;
  if (!isU32(holdMs) || holdMs < HOLD_MS_MIN || holdMs > HOLD_MS_MAX) return undefined;
  return { lock, controller, challenge, holder, seq, holdMs };
}
