import { err, ok, type Result } from "@portico/card-protocol";
import { keyThatHolds, type PresentedKey } from "../callers.ts";
import type { Cloud } from "../cloud.ts";
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

  async admit(request: Request): Promise<Result<Admitted, EntranceRefusal>> {
    const now = Math.floor(this.#cloud.nowMs() / 1000);
    const signed = await judgeSignature(request, now, (publicKey) => keyThatHolds(this.#cloud.database.queries, publicKey, now));
    if (!signed.ok) return signed;
    const { key, nonce, coversDigest } = signed.value;
    const body = await bodyOf(request);
    if (body === undefined) return err("BodyTooLarge", `more than ${BODY_BYTES_MAX} bytes`);
    const trouble = digestTrouble(request.headers.get("content-digest"), coversDigest, body);
    if (trouble !== undefined) return err("SignatureRefused", trouble);
    if (!(await this.#nonces.use(key.id, nonce))) return err("NonceReused", `nonce ${nonce}`);
    return ok({ key, body });
  }
}

/** The whole body; undefined for one that is too large, of which no more is read than shows it. */
async function bodyOf(request: Request): Promise<Uint8Array | undefined> {
  const told = request.headers.get("content-length");
  if (told !== null && Number(told) > BODY_BYTES_MAX) return undefined;
  if (told !== null) return new Uint8Array(await request.arrayBuffer());
  if (request.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
