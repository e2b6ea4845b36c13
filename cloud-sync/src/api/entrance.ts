import { err, ok, type Result } from "@portico/card-protocol";
import { keyThatHolds, type PresentedKey } from "../callers.ts";
import type { Cloud } from "../cloud.ts";
import { bodyOf } from "./body.ts";
import { NonceBook } from "./nonces.ts";
import { digestTrouble, judgeSignature } from "./signature.ts";
import { BODY_BYTES_MAX } from "./signature-profile.ts";

/** A request that may come in: whose it is, and its whole body. */
export interface Admitted {
  readonly key: PresentedKey;
  readonly body: Uint8Array;
}
export type EntranceRefusal = "SignatureMissing" | "SignatureRefused" | "BodyTooLarge" | "NonceReused";

/** Lets signed requests in, each once. Nothing of a body is read before the signature holds. */
export class Entrance {
  readonly #cloud: Cloud;
  readonly #nonces: NonceBook;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    this.#nonces = new NonceBook(cloud);
  }

  /** @param bytesMax  of the body */
  async admit(request: Request, bytesMax = BODY_BYTES_MAX): Promise<Result<Admitted, EntranceRefusal>> {
    const now = Math.floor(this.#cloud.nowMs() / 1000);
    const signed = await judgeSignature(request, now, (publicKey) => keyThatHolds(this.#cloud.database.queries, publicKey, now));
    if (!signed.ok) return signed;
    const { key, nonce, coversDigest } = signed.value;
    const body = await bodyOf(request, bytesMax);
    if (body === undefined) return err("BodyTooLarge", `more than ${bytesMax} bytes`);
    const trouble = digestTrouble(request.headers.get("content-digest"), coversDigest, body);
    if (trouble !== undefined) return err("SignatureRefused", trouble);
    if (!(await this.#nonces.use(key.id, nonce))) return err("NonceReused", `nonce ${nonce}`);
    return ok({ key, body });
  }
}
