import { concatBytes, sameBytes } from "../bytes.ts";
import { decodeCbor, encodeCbor } from "../cbor.ts";
import { keyId } from "../cose.ts";
import type { Sha256 } from "../event-chain.ts";
import { err, ok, type Result } from "../result.ts";
import type { Verifier } from "../signature.ts";
import { elementsOf, isBytes, isWord, RECORD, sign1, verify1 } from "../signed.ts";
import type { Signer } from "../signer.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";

/**
 * Who opens no lock any more whatever an older list says: four bytes a credential or holder, the same bytes for every lock of a controller, to be brought by
 * whoever comes by. Kind 17. A set only refuses: somebody who is taken for one of it by chance (n in 2³² at each try, others with each salt) is refused and never
 * let in.
 */
export interface DenySet {
  /** Whose locks it is for. */
  readonly controller: string;
  /** Rises with each set; a lock takes no lower one. */
  readonly version: number;
  readonly issued: UnixSeconds;
  /** 8 bytes, other ones in each version. */
  readonly salt: Uint8Array;
  /** The first four bytes of each digest, ascending, none twice; 4 × n bytes. */
  readonly digests: Uint8Array;
}

/** A credential, by its id of 8 bytes, or a holder's PIN and fingers, by his handle. */
export type Denied = { readonly credential: Uint8Array } | { readonly holder: number };

export const DENIED_MAX = 2_000;
const DIGEST_BYTES = 4;

/**
 * Signs a set: `[1, controller, version, issued, salt 8, digests]`.
 *
 * @param denied  at most {@link DENIED_MAX}
 * @throws RangeError for a set out of range: the caller's mistake
 */
export function makeDenySet(
  site: string,
  { controller, version, issued, salt }: Omit<DenySet, "digests">,
  denied: readonly Denied[],
  sha256: Sha256,
  signer: Signer,
): Uint8Array {
  const digests = [...new Set(denied.map((one) => digestOf(salt, one, sha256)))].toSorted((a, b) => a - b);
  const bytes = new Uint8Array(digests.length * DIGEST_BYTES);
  digests.forEach((digest, nth) => new DataView(bytes.buffer).setUint32(nth * DIGEST_BYTES, digest));
  const payload = encodeCbor([1, controller, version, issued, salt, bytes]);
  if (decodeSet(payload) === undefined) throw new RangeError("a deny set out of range");
  return sign1("denySet", site, keyId(signer.publicKey), payload, signer);
}

/** A set of this controller whose signature holds. Whether it is newer than what the lock has, the lock knows. */
export function readDenySet(
  bytes: Uint8Array,
  site: string,
  controller: string,
  controllerKey: Uint8Array,
  verifier: Verifier,
): Result<DenySet, "RecordRefused"> {
  const keyFor = (kid: Uint8Array) => (sameBytes(kid, keyId(controllerKey)) ? ok(controllerKey) : err("KeyUntrusted", "another key"));
  const record = verify1("denySet", site, bytes, keyFor, verifier);
  if (!record.ok) return err("RecordRefused", record.error);
  const set = decodeSet(record.value.payload);
  if (set === undefined) return err("RecordRefused", "out of range");
  return set.controller === controller ? ok(set) : err("RecordRefused", "of another controller");
}

/** Whether a set refuses: always for whom it was made for, and by chance for others. */
export function isDenied({ salt, digests }: DenySet, one: Denied, sha256: Sha256): boolean {
  const digest = digestOf(salt, one, sha256);
  const view = new DataView(digests.buffer, digests.byteOffset, digests.length);
  let [low, high] = [0, digests.length / DIGEST_BYTES];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (view.getUint32(middle * DIGEST_BYTES) < digest) low = middle + 1;
    else high = middle;
  }
  return low * DIGEST_BYTES < digests.length && view.getUint32(low * DIGEST_BYTES) === digest;
}

/** Of SHA-256 over the salt, 0 and the credential's id, or 1 and the holder's handle u32. */
function digestOf(salt: Uint8Array, one: Denied, sha256: Sha256): number {
  const who = "credential" in one ? [0, ...one.credential] : [1, one.holder >>> 24, (one.holder >> 16) & 255, (one.holder >> 8) & 255, one.holder & 255];
  const digest = sha256(concatBytes([salt, Uint8Array.from(who)]));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}

function decodeSet(payload: Uint8Array): DenySet | undefined {
  const read = decodeCbor(payload, RECORD.denySet.bytesMax);
  const [form, controller, version, issued, salt, digests] = (read.ok ? elementsOf(read.value, 6) : undefined) ?? [];
  if (form !== 1 || !isWord(controller) || !isU32(version) || !isU32(issued) || !isBytes(salt, 8) || !(digests instanceof Uint8Array)) return undefined;
  if (digests.length % DIGEST_BYTES !== 0 || digests.length > DENIED_MAX * DIGEST_BYTES) return undefined;
  const view = new DataView(digests.buffer, digests.byteOffset, digests.length);
  for (let at = DIGEST_BYTES; at < digests.length; at += DIGEST_BYTES) if (view.getUint32(at - DIGEST_BYTES) >= view.getUint32(at)) return undefined;
  return { controller, version, issued: unixSeconds(issued), salt, digests };
}
