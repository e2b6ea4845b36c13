import { expect, test } from "vitest";
import { isGenuinePass, readHeldPassEvidence } from "./held-pass-evidence.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { makeChallengedPass, makeHeldPass, makeIssuedPass } from "./phone/make-pass.ts";
import { portableVerifier } from "./phone/portable-ed25519.ts";
import { unixSeconds } from "./units.ts";

const phone = nodeSigner(new Uint8Array(32).fill(1));
const FIELDS = { site: "demo-campus", credentialId: "00112233445566ff", counter: 65, signedAt: unixSeconds(1_800_000_000) };
const held = makeHeldPass(FIELDS, phone).bytes;
const found = { credentialId: "00112233445566ff", counter: 65, signedAt: 1_800_000_000 };

test.each([
  ["node:crypto", nodeVerifier],
  ["tweetnacl", portableVerifier],
])("what a phone has signed is read again by %s, a challenged pass too", (_, verifier) => {
  expect(readHeldPassEvidence(held, "demo-campus", phone.publicKey, verifier)).toEqual({ ok: true, value: found });
  const challenged = makeChallengedPass({ ...FIELDS, challenge: new Uint8Array(8) }, phone).bytes;
  expect(readHeldPassEvidence(challenged, "demo-campus", phone.publicKey, verifier)).toEqual({ ok: true, value: found });
});

test("no bit of it can be another: whoever holds a pass can make no second of it", () => {
  for (let bit = 0; bit < held.length * 8; bit += 5) {
    const altered = held.slice();
    altered[bit >> 3]! ^= 1 << (bit & 7);
    expect(readHeldPassEvidence(altered, "demo-campus", phone.publicKey, nodeVerifier).ok).toBe(false);
  }
});

test.each([
  ["another's key", () => readHeldPassEvidence(held, "demo-campus", nodeSigner(new Uint8Array(32).fill(2)).publicKey, nodeVerifier), "SignatureInvalid"],
  ["another site", () => readHeldPassEvidence(held, "campus-west", phone.publicKey, nodeVerifier), "SignatureInvalid"],
  ["a key of small order", () => readHeldPassEvidence(held, "demo-campus", new Uint8Array(32), nodeVerifier), "SignatureInvalid"],
  ["half of it", () => readHeldPassEvidence(held.subarray(0, 50), "demo-campus", phone.publicKey, nodeVerifier), "PassMalformed"],
  [
    "an issued pass",
    () =>
      readHeldPassEvidence(
        makeIssuedPass({ site: "demo-campus", credentialId: FIELDS.credentialId, kid: 3, expiresAt: FIELDS.signedAt }, phone).bytes,
        "demo-campus",
        phone.publicKey,
        nodeVerifier,
      ),
    "PassMalformed",
  ],
])("%s is no evidence", (_, read, error) => {
  expect(read()).toMatchObject({ ok: false, error });
});

test("a pass is genuine by the key that had to sign it: an issued one by the issuer's of its kid, a held one by its credential's, for its credential and site alone", () => {
  const issuer = nodeSigner(new Uint8Array(32).fill(3));
  const issued = makeIssuedPass({ site: "demo-campus", credentialId: FIELDS.credentialId, kid: 3, expiresAt: FIELDS.signedAt }, issuer).bytes;
  const keys = (kid: number | null): Uint8Array | undefined => (kid === null ? phone.publicKey : kid === 3 ? issuer.publicKey : undefined);
  const genuine = (bytes: Uint8Array, site = "demo-campus", id = FIELDS.credentialId, keyOf = keys): boolean =>
    isGenuinePass(bytes, site, id, keyOf, nodeVerifier);
  expect([genuine(held), genuine(issued)]).toEqual([true, true]);
  for (const bytes of [held, issued]) {
    expect([genuine(bytes, "campus-west"), genuine(bytes, "demo-campus", "00112233445566fe"), genuine(bytes.subarray(1))]).toEqual([false, false, false]);
    expect(genuine(bytes, "demo-campus", FIELDS.credentialId, () => undefined)).toBe(false);
    expect(
      genuine(bytes, "demo-campus", FIELDS.credentialId, (kid) => keys(kid === null ? 3 : null)),
      "the other's key",
    ).toBe(false);
  }
});
