import type { CredentialId } from "../pass.ts";
import { ok, type Result } from "../result.ts";
import type { Signer } from "../signer.ts";
import type { UnixSeconds } from "../units.ts";
import type { CounterBlocks, CounterError } from "./counter-blocks.ts";
import { makeChallengedPass, makeHeldPass, type SignedPass } from "./make-pass.ts";

/** A credential whose key lives on this phone: makes H and HC off-line, each with a counter of its own. */
export class HeldCredential {
  private readonly site: string;
  private readonly credentialId: CredentialId;
  private readonly signer: Signer;
  private readonly counters: CounterBlocks;

  constructor(parts: { readonly site: string; readonly credentialId: CredentialId; readonly signer: Signer; readonly counters: CounterBlocks }) {
    this.site = parts.site;
    this.credentialId = parts.credentialId;
    this.signer = parts.signer;
    this.counters = parts.counters;
  }

  /**
   * The next H, to be shown for 8 to 15 s. Nothing is signed without a stored counter.
   *
   * @param signedAt  the server's time: offset of the last answer + monotonic time
   */
  pass(signedAt: UnixSeconds): Result<SignedPass, CounterError> {
    const counter = this.counters.take();
    if (!counter.ok) return counter;
    const { site, credentialId } = this;
    return ok(makeHeldPass({ site, credentialId, signedAt, counter: counter.value }, this.signer));
  }

  /**
   * An HC that answers a reader.
   *
   * @param challenge  8 bytes, as the reader shows them
   */
  answer(challenge: Uint8Array, signedAt: UnixSeconds): Result<SignedPass, CounterError> {
    const counter = this.counters.take();
    if (!counter.ok) return counter;
    const { site, credentialId } = this;
    return ok(makeChallengedPass({ site, credentialId, signedAt, counter: counter.value, challenge }, this.signer));
  }
}
