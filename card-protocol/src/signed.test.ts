import { Encoder } from "cbor-x";
import * as fc from "fast-check";
import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { err, ok } from "./result.ts";
import { externalAad, SIGNED_KIND, type SignedKind, sigStructure1 } from "./signature.ts";
import { type KeyFor, RECORD, type RecordKind, sign1, verify1 } from "./signed.ts";

const SITE = "demo-campus";
const signer = nodeSigner(new Uint8Array(32).fill(1));
const keyFor: KeyFor = () => ok(signer.publicKey);
const payload = encodeCbor([1, "gate", new Uint8Array(40)]);
const KINDS = Object.keys(RECORD) as RecordKind[];
const kidOf = (kind: RecordKind): Uint8Array => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).subarray(0, RECORD[kind].kidBytes);
const signedAs = (kind: RecordKind, site = SITE): Uint8Array => sign1(kind, site, kidOf(kind), payload, signer);
const outcome = (kind: RecordKind, bytes: Uint8Array, site = SITE): string => {
  const record = verify1(kind, site, bytes, keyFor, nodeVerifier);
  return record.ok ? "ok" : record.error;
};

test.each(KINDS)("a %s record gives its payload and kid back, as bytes of its own", (kind) => {
  const bytes = signedAs(kind);
  const record = verify1(kind, SITE, bytes, keyFor, nodeVerifier);
  bytes.fill(0);
  expect(record).toEqual({ ok: true, value: { kid: kidOf(kind), payload } });
});

test.each(KINDS.flatMap((signed) => KINDS.filter((kind) => kind !== signed).map((kind) => [signed, kind] as const)))(
  "a %s record is refused as %s",
  (signed, kind) => {
    expect(outcome(kind, signedAs(signed))).toBe(RECORD[kind].kidBytes === RECORD[signed].kidBytes ? "SignatureInvalid" : "RecordMalformed");
  },
);

test.each(Object.keys(SIGNED_KIND) as SignedKind[])("the signature of kind %s holds for no record of another kind, whatever its envelope", (signed) => {
  const accepted = KINDS.filter((kind) => {
    const bytes = signedAs(kind);
    const header = bytes.subarray(2, 2 + 5 + RECORD[kind].kidBytes);
    bytes.set(signer.sign(sigStructure1(header, externalAad(signed, SITE), payload)), bytes.length - 64);
    return outcome(kind, bytes) === "ok";
  });
  expect(accepted).toEqual(KINDS.filter((kind) => kind === signed));
});

test.each(["a".repeat(19), "a".repeat(20), "a".repeat(32)])("a site of any length of head signs for itself alone (%s)", (site) => {
  expect(outcome("command", signedAs("command", site), site)).toBe("ok");
  expect(outcome("command", signedAs("command", site))).toBe("SignatureInvalid");
  expect(outcome("command", signedAs("command"), site)).toBe("SignatureInvalid");
});

test("each byte of a record that is changed refuses it", () => {
  const bytes = signedAs("command");
  for (let i = 0; i < bytes.length; i++)
    for (const bit of [1, 0x80]) {
      const changed = bytes.slice();
      changed[i]! ^= bit;
      expect(outcome("command", changed)).not.toBe("ok");
    }
});

test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
  ["one byte less", (bytes) => bytes.subarray(0, -1)],
  ["one byte more", (bytes) => Uint8Array.of(...bytes, 0)],
  ["a tag in front", (bytes) => Uint8Array.of(0xd2, ...bytes)],
  ["a longer head of the payload", (bytes) => Uint8Array.of(...bytes.subarray(0, 10), 0x59, 0, ...bytes.subarray(11))],
  ["nothing at all", () => new Uint8Array()],
])("%s is malformed, and no key is looked for", (_, change) => {
  const bytes = change(signedAs("command"));
  const record = verify1("command", SITE, bytes, () => err("KeyUntrusted", "asked for a key"), nodeVerifier);
  expect(record).toMatchObject({ ok: false, error: "RecordMalformed" });
});

test("more bytes than the kind allows are refused unread", () => {
  for (const kind of KINDS) expect(outcome(kind, new Uint8Array(RECORD[kind].bytesMax + 1))).toBe("RecordTooLarge");
});

test("an untrusted key is refused with the reason its keeper gives", () => {
  const record = verify1("time", SITE, signedAs("time"), () => err("KeyUntrusted", "kid 258 is retired"), nodeVerifier);
  expect(record).toEqual({ ok: false, error: "KeyUntrusted", detail: "kid 258 is retired" });
});

test("the strict checks stand before the verifier: S + L and keys of small order never reach it", () => {
  const yes = { verify: () => true };
  const bytes = signedAs("time");
  const high = bytes.slice();
  high.fill(0xff, -32);
  expect(verify1("time", SITE, bytes, keyFor, yes).ok).toBe(true);
  expect(verify1("time", SITE, high, keyFor, yes)).toMatchObject({ error: "SignatureInvalid" });
  const order1 = new Uint8Array(32);
  order1[0] = 1;
  expect(verify1("time", SITE, bytes, () => ok(order1), yes)).toMatchObject({ error: "SignatureInvalid" });
});

test("any bytes have a typed outcome", () => {
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), fc.uint8Array({ maxLength: 400 }), (kind, bytes) => {
      expect(outcome(kind, bytes)).toMatch(/^Record(Malformed|TooLarge)$/);
    }),
  );
});

test("a plain COSE reader and a Sig_structure built elsewhere agree: RFC 9052 §4.2 and §4.4", () => {
  const cbor = new Encoder({ mapsAsObjects: false });
  const [header, unprotected, body, signature] = cbor.decode(signedAs("command")) as [Uint8Array, Map<unknown, unknown>, Uint8Array, Uint8Array];
  expect(cbor.decode(header)).toEqual(new Map<number, unknown>([[1, -19], [4, Uint8Array.of(1, 2)]])); // prettier-ignore
  expect(unprotected.size).toBe(0);
  const aad = Buffer.from(`CP1\u0008${SITE}`, "latin1");
  const message = new Encoder({ tagUint8Array: false }).encode(["Signature1", header, aad, body]);
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(signer.publicKey).toString("base64url") }, format: "jwk" });
  expect(verify(null, message, key, signature)).toBe(true);
});
