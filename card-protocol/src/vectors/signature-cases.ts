import { bytesToHex, hexToBytes } from "../hex.ts";
import { PASS_TEMPLATE } from "../pass-template.ts";
import { passText } from "../phone/make-pass.ts";
import { externalAad, sigStructure1 } from "../signature.ts";
import { forgedFor, withNeutralR, withS, withSPlus } from "./forged-signatures.ts";
import { challenged, CREDENTIAL, GIVEN, held, issued, KEY, seedOf, SITE, who } from "./vector-campus.ts";
import { type Case, type Given, refused, verified } from "./vector.ts";

const NOT_STRICT = refused("SignatureInvalid", "strict key and signature");
const NOT_HELD = refused("SignatureInvalid", "signature holds");
const P_LOW = 0xed; // p = 2²⁵⁵ − 19, little-endian: ed ff … ff 7f

/** Points whose order divides 8 in every encoding, canonical or not, and what they are. */
const SMALL_ORDER: readonly (readonly [string, string])[] = [
  ["neutral", "01".padEnd(64, "0")],
  ["neutral, sign bit set", `01${"00".repeat(30)}80`],
  ["order 2", `ec${"ff".repeat(30)}7f`],
  ["order 2, sign bit set", `ec${"ff".repeat(31)}`],
  ["order 4", "00".repeat(32)],
  ["order 4, sign bit set", `${"00".repeat(31)}80`],
  ["order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"],
  ["order 8, sign bit set", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"],
  ["order 8, the other y", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
  ["order 8, the other y, sign bit set", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"],
  ["order 4 written as p", `ed${"ff".repeat(30)}7f`],
  ["order 4 written as p, sign bit set", `ed${"ff".repeat(31)}`],
  ["neutral written as p + 1", `ee${"ff".repeat(30)}7f`],
  ["neutral written as p + 1, sign bit set", `ee${"ff".repeat(31)}`],
];

/** Step 6: signatures with a second form, keys with which anybody signs. */
export function signatureCases(): Case[] {
  return [...copiedCases(), ...smallKeyCases(), ...smallRCases(), ...largeYCases()];
}

function copiedCases(): Case[] {
  const { signature, resigned } = opened();
  const issuedPass = issued();
  const copies = Array.from({ length: 15 }, (_, i): Case => {
    const k = i + 1;
    const bytes = Uint8Array.from(issuedPass.bytes);
    bytes.set(withSPlus(bytes.subarray(-64), k), bytes.length - 64);
    return { comment: `T with S + ${k === 1 ? "" : k} L`, flags: ["LargeS"], text: passText(bytes), expected: NOT_STRICT };
  });
  const hc = Uint8Array.from(challenged().bytes);
  hc.set(withSPlus(hc.subarray(-64), 1), hc.length - 64);
  return [
    ...copies,
    { comment: "H with S + L", flags: ["LargeS"], text: resigned(withSPlus(signature, 1)), expected: NOT_STRICT },
    { comment: "HC with S + L spends no challenge", flags: ["LargeS"], text: passText(hc), expected: NOT_STRICT },
    { comment: "H with S = L", flags: ["LargeS"], text: resigned(withS(signature, "L")), expected: NOT_STRICT },
    { comment: "H with S = L - 1", flags: ["OtherS"], text: resigned(withS(signature, "L-1")), expected: NOT_HELD },
    { comment: "H with S = 0", flags: ["OtherS"], text: resigned(withS(signature, "0")), expected: NOT_HELD },
    { comment: "H with a signature of zeros", flags: ["SmallOrderR"], text: resigned(new Uint8Array(64)), expected: NOT_STRICT },
    { comment: "H with a signature of ones", flags: ["LargeS"], text: resigned(new Uint8Array(64).fill(0xff)), expected: NOT_STRICT },
    {
      comment: "H with R and S exchanged",
      flags: ["OtherS"],
      text: resigned(Uint8Array.of(...signature.subarray(32), ...signature.subarray(0, 32))),
      expected: exchangedExpected(signature),
    },
  ];
}

/** S for R is a point or none; R for S is almost never below L. */
const exchangedExpected = (signature: Uint8Array): typeof NOT_HELD => (signature[31]! >= 0x10 ? NOT_STRICT : NOT_HELD);

function smallKeyCases(): Case[] {
  return SMALL_ORDER.map(([name, key]): Case => {
    const { message, signature, resigned } = opened();
    const forged = forgedFor(hexToBytes(key)!, message);
    return {
      comment: `H of a listed key of small order, ${name}: ${forged === undefined ? "signature of another key" : "signature of nobody, which holds"}`,
      flags: ["SmallOrderA"],
      text: resigned(forged ?? signature),
      given: keyListed(key),
      expected: NOT_STRICT,
    };
  });
}

function smallRCases(): Case[] {
  const { message, signature, resigned } = opened();
  const neutral: Case = {
    comment: "H signed by its own key with the neutral point as R, which holds",
    flags: ["SmallOrderR"],
    text: resigned(withNeutralR(seedOf(0x21), KEY.phone.publicKey, message)),
    expected: NOT_STRICT,
  };
  const others = SMALL_ORDER.map(([name, r]): Case => ({
    comment: `H with an R of small order, ${name}`,
    flags: ["SmallOrderR"],
    text: resigned(Uint8Array.of(...hexToBytes(r)!, ...signature.subarray(32))),
    expected: NOT_STRICT,
  }));
  return [neutral, ...others];
}

/** Each y from p + 2 to 2²⁵⁵ − 1, and the sign bit: 17 numbers with a second form. */
function largeYCases(): Case[] {
  const { signature, resigned } = opened();
  const y = (low: number, top: number): Uint8Array => Uint8Array.of(low, ...new Uint8Array(30).fill(0xff), top);
  const largest = Array.from({ length: 0x100 - P_LOW - 2 }, (_, i) => P_LOW + 2 + i).flatMap((low): Case[] => [
    {
      comment: `H of a listed key with y = p + ${low - P_LOW}`,
      flags: ["LargeA"],
      text: held().text,
      given: keyListed(bytesToHex(y(low, 0x7f))),
      expected: NOT_STRICT,
    },
    {
      comment: `H with an R of y = p + ${low - P_LOW}`,
      flags: ["LargeR"],
      text: resigned(Uint8Array.of(...y(low, 0xff), ...signature.subarray(32))),
      expected: NOT_STRICT,
    },
  ]);
  return [
    ...largest,
    {
      comment: "H of a listed key with y = p - 2, the largest that is looked at",
      flags: ["LargeA"],
      text: held().text,
      given: keyListed(bytesToHex(y(P_LOW - 2, 0x7f))),
      expected: NOT_HELD,
    },
    {
      comment: "H of its own key with the sign bit flipped",
      flags: ["OtherA"],
      text: held().text,
      given: keyListed(signFlipped(KEY.phone.publicKey)),
      expected: NOT_HELD,
    },
    {
      comment: "the same pass with the key as it is",
      flags: ["Valid"],
      text: held().text,
      given: keyListed(bytesToHex(KEY.phone.publicKey)),
      expected: verified(who.H()),
    },
  ];
}

/** A good H taken apart: what it signs, its signature, and the pass with another one. */
function opened(): { message: Uint8Array; signature: Uint8Array; resigned: (signature: Uint8Array) => string } {
  const { bytes } = held();
  const { protectedFrom, protectedUntil, payloadFrom, payloadUntil, signatureFrom } = PASS_TEMPLATE.H;
  return {
    message: sigStructure1(bytes.subarray(protectedFrom, protectedUntil), externalAad("passH", SITE), bytes.subarray(payloadFrom, payloadUntil)),
    signature: bytes.slice(signatureFrom),
    resigned: (signature) => passText(Uint8Array.of(...bytes.subarray(0, signatureFrom), ...signature)),
  };
}

const keyListed = (publicKey: string): Partial<Given> => ({
  credentials: GIVEN.credentials.map((row) => (row.id === CREDENTIAL.held ? { ...row, publicKey } : row)),
});

function signFlipped(publicKey: Uint8Array): string {
  const flipped = Uint8Array.from(publicKey);
  flipped[31] = flipped[31]! ^ 0x80;
  return bytesToHex(flipped);
}
