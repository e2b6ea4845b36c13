import { sameBytes, type Signer, type TrustList, type UnixSeconds } from "@portico/card-protocol";

/** The key that signs passes T. */
export interface PassKey {
  /** 0..65,535. */
  readonly kid: number;
  /** How long one pass lives, seconds. Never changes for one kid. */
  readonly ttlS: number;
  /** What it signs ends before this. */
  readonly notAfter: UnixSeconds;
  readonly signer: Signer;
}

/** The key of ours that a trust list lets sign passes now: of several the one that lasts longest. Undefined: none. */
export function passKeyOf(list: TrustList, signers: readonly Signer[], now: UnixSeconds): PassKey | undefined {
  const found = [...list.keys.values()].flatMap(({ kid, ttlS, notBefore, notAfter, status, usages, publicKey }) => {
    const signer = signers.find((each) => sameBytes(each.publicKey, publicKey));
    const holds = status === "active" && usages.includes("T") && notBefore <= now && now + ttlS <= notAfter;
    return signer === undefined || !holds ? [] : [{ kid, ttlS, notAfter, signer }];
  });
  return found.sort((a, b) => b.notAfter - a.notAfter || a.kid - b.kid)[0];
}
