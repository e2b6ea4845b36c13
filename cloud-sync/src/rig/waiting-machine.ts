import { makePossession, type RootSet, SALT_BYTES, type Signer } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import { askEnrolment, proveEnrolment } from "../enrolment.ts";

/** Roots of a campus of tests: one holder, who alone decides. */
export const RIG_ROOTS: RootSet = { version: 1, threshold: 1, keys: [nodeSigner(new Uint8Array(32).fill(0x21)).publicKey] };

export interface WaitingMachine {
  /** Of the enrolment. */
  readonly id: string;
  /** As the machine shows them. */
  readonly words: string;
  readonly signer: Signer;
}

/** A machine that has asked, and shown its key: it waits for an operator. @param seed  fills its key */
export async function waitingMachine(cloud: Cloud, controller: string, seed: number): Promise<WaitingMachine> {
  const signer = nodeSigner(new Uint8Array(32).fill(seed));
  const salt = new Uint8Array(SALT_BYTES).fill(seed);
  const asked = await askEnrolment(cloud, { controller, publicKey: signer.publicKey, commitment: nodeSha256(salt), asker: "192.0.2.1" });
  if (!asked.ok) throw new Error(`${asked.error}: ${asked.detail}`);
  const { id, nonce } = asked.value;
  const proved = await proveEnrolment(cloud, RIG_ROOTS, id, { salt, proof: makePossession(cloud.site, { nonce, person: controller }, signer) });
  if (!proved.ok) throw new Error(`${proved.error}: ${proved.detail}`);
  return { id, words: proved.value.words, signer };
}
