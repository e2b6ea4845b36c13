import { type CredentialId, type Signer, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { makeIssuedPass } from "@portico/card-protocol/phone";

/** A pass T with the times that its phone needs to choose it by. */
export interface IssuedPass {
  readonly text: string;
  /** Its expiry less the issuer's ttl. */
  readonly issuedAt: UnixSeconds;
  readonly expiresAt: UnixSeconds;
}

export interface PassIssuerOptions {
  readonly site: string;
  readonly kid: number;
  /** As the trust list says for this kid, seconds. */
  readonly ttlS: number;
  readonly signer: Signer;
}

/** The issuer of a campus, who lets visitors in from afar. */
export interface PassIssuer {
  /** A pass that begins now. */
  issue(credential: CredentialId, at: UnixSeconds): IssuedPass;
  /** Passes made in advance: one that begins each `everyS` seconds, from `at` on until just before `untilS` seconds later. At most 10 minutes are usual. */
  batch(credential: CredentialId, at: UnixSeconds, untilS: number, everyS: number): IssuedPass[];
}

export function passIssuer({ site, kid, ttlS, signer }: PassIssuerOptions): PassIssuer {
  function issue(credentialId: CredentialId, at: UnixSeconds): IssuedPass {
    const expiresAt = unixSeconds(at + ttlS);
    return { text: makeIssuedPass({ site, credentialId, kid, expiresAt }, signer).text, issuedAt: at, expiresAt };
  }
  return {
    issue,
    batch: (credential, at, untilS, everyS) => Array.from({ length: Math.ceil(untilS / everyS) }, (_, n) => issue(credential, unixSeconds(at + n * everyS))),
  };
}
