import { createHmac } from "node:crypto";
import { openPin } from "@portico/card-protocol";
import { nodeAgreementKey, nodeSessionCrypto, nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import { type VirtualLock, virtualLock, type VirtualLockOptions } from "./virtual-lock.ts";

/** What a lock is given once. docs/lock-profile.md. */
export interface Commissioning {
  readonly site: string;
  readonly lock: string;
  readonly controller: string;
  /** Of the lock's own X25519 key, 32 bytes. */
  readonly lockSecret: Uint8Array;
  /** The controller's agreement key and signing key, public, 32 bytes each. */
  readonly controllerKey: Uint8Array;
  readonly signingKey: Uint8Array;
}

/** A virtual lock that computes with node:crypto. */
export function commissionedLock(
  given: Commissioning,
  means: Pick<VirtualLockOptions, "clock" | "randomBytes" | "segmentBytes" | "before" | "onMemory">,
): VirtualLock {
  const { site, lock, controller, lockSecret, controllerKey, signingKey } = given;
  return virtualLock({
    trust: {
      site,
      lock,
      controller,
      signingKey,
      verifier: nodeVerifier,
      sha256: nodeSha256,
      cardToken: (key, number) => new Uint8Array(createHmac("sha256", key).update(number).digest().subarray(0, 16)),
      openPin: (place, sealed) => openPin(lockSecret, place, sealed),
    },
    own: nodeAgreementKey(lockSecret),
    controllerKey,
    crypto: nodeSessionCrypto,
    ...means,
  });
}
