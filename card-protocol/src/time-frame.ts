import { sameBytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { err, ok, type Result } from "./result.ts";
import type { Verifier } from "./signature.ts";
import { elementsOf, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "./signed.ts";
import type { Signer } from "./signer.ts";
import { isU32, type UnixSeconds, unixSeconds } from "./units.ts";

/** What a time frame answers. */
export interface TimeRequest {
  /** Controller id, 1..64 characters. */
  readonly controller: string;
  /** 16 bytes, the controller's, once. */
  readonly nonce: Uint8Array;
}

/** Signs the time for one request. Kind 11: `[site, controller, nonce, now]`, by a key of the trust list with usage `time`. */
export function makeTimeFrame(site: string, { controller, nonce }: TimeRequest, now: UnixSeconds, kid: Uint8Array, signer: Signer): Uint8Array {
  return sign1("time", site, kid, encodeCbor([site, controller, nonce, now]), signer);
}

/**
 * The time that a frame states, if it answers this very request. That it arrived within 2 s of the request, on monotonic time, is the caller's to judge.
 *
 * @param keyFor  `keysFor(trustList, "time", wall)`
 */
export function readTimeFrame(
  bytes: Uint8Array,
  site: string,
  request: TimeRequest,
  keyFor: KeyFor,
  verifier: Verifier,
): Result<UnixSeconds, SignedError | "TimeFrameMismatch"> {
  const record = verify1("time", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const read = decodeCbor(record.value.payload, RECORD.time.bytesMax);
  const [forSite, controller, nonce, now] = (read.ok ? elementsOf(read.value, 4) : undefined) ?? [];
  if (!isU32(now)) return err("RecordMalformed", "not [site, controller, nonce, now]");
  if (forSite !== site || controller !== request.controller || !(nonce instanceof Uint8Array) || !sameBytes(nonce, request.nonce))
    return err("TimeFrameMismatch", "answers another request");
  return ok(unixSeconds(now));
}
