import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { externalAad, type Signer, sigStructure1 } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import { SITE, signerOf } from "./campus.ts";

interface Signed {
  readonly publicKey: Uint8Array;
  readonly imported: KeyObject;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * What nobody can do without: one signature verified by node:crypto, of a message as long as a pass's. Another key, message and signature each round, as at a
 * gate: verified again and again, one signature takes less, because the processor learns its way through it.
 */
export class NativeVerify {
  #first = 0;
  #signed: readonly Signed[] = [];

  prepare(firstRound: number, rounds: number): void {
    this.#first = firstRound;
    this.#signed = Array.from({ length: rounds }, (_, nth) => signedBy(signerOf(firstRound + nth), firstRound + nth));
  }

  /** From the 32 bytes of a key, as they stand in a list. */
  verify(round: number): void {
    const { publicKey, message, signature } = this.#signed[round - this.#first]!;
    if (!nodeVerifier.verify(publicKey, message, signature)) throw new Error("a genuine signature does not hold");
  }

  /** With the key imported already. */
  verifyImported(round: number): void {
    const { imported, message, signature } = this.#signed[round - this.#first]!;
    if (!verify(null, message, imported, signature)) throw new Error("a genuine signature does not hold");
  }
}

function signedBy({ publicKey, sign }: Signer, round: number): Signed {
  const payload = new Uint8Array(13);
  new DataView(payload.buffer).setUint32(0, round);
  const message = sigStructure1(new Uint8Array(13), externalAad("passH", SITE), payload);
  const x = Buffer.from(publicKey).toString("base64url");
  return { publicKey, imported: createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }), message, signature: sign(message) };
}
