import { bytesToHex, type KeyUsage, makeTrustList, type Signer, type TrustedKey, type TrustList, unixSeconds } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { START } from "./cloud-rig.ts";

/** The rig's cloud signs with this; its roots are two, and one of them is enough. */
export const CLOUD_SIGNER: Signer = nodeSigner(nodeSha256(Buffer.from("the cloud")));
export const RIG_ROOTS: readonly [Signer, Signer] = [nodeSigner(nodeSha256(Buffer.from("root 1"))), nodeSigner(nodeSha256(Buffer.from("root 2")))];

/** A key for everything but passes, from the beginning of time on. */
export const rigKey = (kid: number, publicKey: Uint8Array, usages: readonly KeyUsage[] = ["feed", "command", "time"]): TrustedKey => ({
  kid,
  publicKey,
  usages,
  notBefore: unixSeconds(0),
  notAfter: unixSeconds(START + 1e8),
  ttlS: usages.includes("T") ? 30 : 0,
  status: "active",
});

/** A list that the rig's first root has signed. @param keys  the cloud's own for everything, unless it says so */
export function rigTrustList(sequence: number, keys: readonly TrustedKey[] = [rigKey(1, CLOUD_SIGNER.publicKey)], change: Partial<TrustList> = {}): Uint8Array {
  const list: TrustList = {
    sequence,
    issued: unixSeconds(START),
    validUntil: unixSeconds(START + 100 * 86_400),
    feedEpoch: 1,
    roots: { version: 1, threshold: 1, keys: RIG_ROOTS.map(({ publicKey }) => publicKey) },
    keys: new Map(keys.map((key) => [key.kid, key])),
    ...change,
  };
  const made = makeTrustList("demo-campus", list, [RIG_ROOTS[0]]);
  if (!made.ok) throw new Error(made.detail);
  return made.value;
}
export const rigTrustListHex = (...list: Parameters<typeof rigTrustList>): string => bytesToHex(rigTrustList(...list));
