import { bytesToHex, hexToBytes } from "../hex.ts";
import { PASS_TEMPLATES } from "../pass-template.ts";
import type { PassKind } from "../pass.ts";
import { passText } from "../phone/make-pass.ts";
import { externalAad, type SignedKind, sigStructure1 } from "../signature.ts";
import type { Signer } from "../signer.ts";
import { CREDENTIAL, challenged, held, issued, KEY, NOW, SITE, who } from "./vector-campus.ts";
import { type Case, refused, verified } from "./vector.ts";

const PASS = { T: issued(), H: held(), HC: challenged() } as const;
const KINDS = ["T", "H", "HC"] as const satisfies readonly PassKind[];
const malformed = (step: string) => refused("PassMalformed", step);
const LENGTH = malformed("length of a pass");
const PREFIX = malformed("begins with CP1:");
const BASE45 = malformed("strict Base45");
const CONSTANTS = malformed("constants of the template");

/** Steps 0, 2 and 3: what is a pass at all. */
export function shapeCases(): Case[] {
  return [...lineCases(), ...base45Cases(), ...constantCases(), ...expiryCases(), ...reencodedCases()];
}

function lineCases(): Case[] {
  const good = KINDS.flatMap((kind): Case[] => {
    const expected = verified(who[kind]());
    return [
      { comment: `a good pass ${kind}`, flags: ["Valid"], text: PASS[kind].text, expected },
      { comment: `${kind}, CR behind it`, flags: ["Valid", "LineEnd"], text: `${PASS[kind].text}\r`, expected },
      { comment: `${kind}, LF behind it`, flags: ["Valid", "LineEnd"], text: `${PASS[kind].text}\n`, expected },
      { comment: `${kind}, CR LF behind it`, flags: ["Valid", "LineEnd"], text: `${PASS[kind].text}\r\n`, expected },
    ];
  });
  const { text } = PASS.H;
  const bad: [string, string, typeof LENGTH][] = [
    ["two LF behind it", `${text}\n\n`, LENGTH],
    ["LF CR behind it", `${text}\n\r`, LENGTH],
    ["a space before it", ` ${text}`, LENGTH],
    ["a space behind it", `${text} `, LENGTH],
    ["an AIM prefix before it", `]Q1${text}`, PREFIX], // as long as a T
    ["nothing", "", LENGTH],
    ["a line end alone", "\r\n", LENGTH],
    ["the prefix alone", "CP1:", LENGTH],
    ["a card number", "0012345678\r\n", LENGTH],
    ["a web address", "https://campus.example/visit?id=1", LENGTH],
    ["a thousand characters", "A".repeat(1000), LENGTH],
    ["as long as an H, all zeros", "0".repeat(148), PREFIX],
    ["the prefix in lower case", `cp1:${text.slice(4)}`, PREFIX],
    ["the prefix of another format", `HC1:${text.slice(4)}`, PREFIX],
    ["the prefix of another version", `CP2:${text.slice(4)}`, PREFIX],
    ["the prefix without its colon", `CP1;${text.slice(4)}`, PREFIX],
  ];
  const lengths = KINDS.flatMap((kind): [string, string, typeof LENGTH][] => [
    [`${kind}, one character less`, PASS[kind].text.slice(0, -1), LENGTH],
    [`${kind}, one character more`, `${PASS[kind].text}0`, LENGTH],
    [`${kind}, three characters more`, `${PASS[kind].text}000`, kind === "H" ? CONSTANTS : LENGTH], // an H and 2 bytes are as long as a T
    [`${kind}, one byte less`, passText(PASS[kind].bytes.subarray(0, -1)), LENGTH],
    [`${kind}, one byte more`, passText(Uint8Array.of(...PASS[kind].bytes, 0)), LENGTH],
  ]);
  return [...good, ...[...bad, ...lengths].map(([comment, scan, expected]): Case => ({ comment, flags: ["Line"], text: scan, expected }))];
}

function base45Cases(): Case[] {
  const zeros = held({ counter: 0 });
  const group = 4 + (26 / 2) * 3; // bytes 26 and 27: the upper half of the counter
  const at = (from: number, characters: string): string => zeros.text.slice(0, from) + characters + zeros.text.slice(from + 3);
  const cases: [string, string][] = [
    ["GGW, which is 65,536 and would wrap to the same zeros", at(group, "GGW")],
    [":::, the largest group of three", at(group, ":::")],
    ["HGW, 65,537", at(group, "HGW")],
    ["a lower-case letter", at(group, "00a")],
    ["an underscore", at(group, "0_0")],
    ["a NUL", at(group, "\u00000\u0000")],
    ["a byte above ASCII", at(group, "0\u00ff0")],
    ["a tab", at(group, "\t00")],
    ["a comma at the end", `${zeros.text.slice(0, -1)},`],
    ["a line end within", at(group, "\r\n0")],
  ];
  return [
    { comment: "counter 0: the text that the next cases spoil", flags: ["Valid"], text: zeros.text, expected: verified(who.H({ counter: 0 })) },
    ...cases.map(([comment, text]): Case => ({ comment, flags: ["Base45"], text, expected: BASE45 })),
  ];
}

function constantCases(): Case[] {
  return PASS_TEMPLATES.flatMap(({ kind, constants }) =>
    [...constants].flatMap((at, index): Case[] => {
      if (index % 2 === 1) return [];
      const bytes = Uint8Array.from(PASS[kind].bytes);
      bytes[at] = bytes[at]! ^ 1;
      return [{ comment: `${kind}, constant byte ${at} flipped`, flags: ["Constant"], text: passText(bytes), expected: CONSTANTS }];
    }),
  );
}

function expiryCases(): Case[] {
  const expected = malformed("both expiries equal");
  const u32 = (value: number): string => value.toString(16).padStart(8, "0");
  return [-1, 1, 60].map((change): Case => {
    const payload = `a2041a${u32(NOW + 20)}074c${CREDENTIAL.issuedOnly}${u32(NOW + 20 + change)}`;
    return {
      comment: `T, signed by the issuer, its counter ${change} s off its expiry`,
      flags: ["Expiry"],
      text: passText(cose("84", "a2013204420001", payload, "passT", KEY.issuer)),
      expected,
    };
  });
}

/** The same claims in other CBOR, each signed as it stands by the right key: a lenient parser would take every one of them. */
function reencodedCases(): Case[] {
  const id = CREDENTIAL.held;
  const time = (NOW - 5).toString(16);
  const header = `a201320448${id}`;
  const payload = `a2061a${time}0744000003e8`;
  const float = new Uint8Array(4);
  new DataView(float.buffer).setFloat32(0, NOW - 5);
  const h = (head: string, protectedHeader: string, claims: string, tail: { unprotected?: string; wrap?: (hex: string) => string } = {}): string =>
    passText(cose(head, protectedHeader, claims, "passH", KEY.phone, tail));
  const cases: [string, string, typeof LENGTH][] = [
    ["tagged COSE_Sign1 (18)", h("d284", header, payload), LENGTH],
    ["tagged CWT (61, 18)", h("d83dd284", header, payload), LENGTH],
    ["array of indefinite length", h("9f", header, payload, { wrap: (hex) => `${hex}ff` }), LENGTH],
    ["array length in a longer head", h("9804", header, payload), LENGTH],
    ["protected header in other order", h("84", `a20448${id}0132`, payload), CONSTANTS],
    ["claims in other order", h("84", header, `a20744000003e8061a${time}`), CONSTANTS],
    ["time as a float of the same length", h("84", header, `a206fa${bytesToHex(float)}0744000003e8`), CONSTANTS],
    ["time as a 64-bit integer", h("84", header, `a2061b00000000${time}0744000003e8`), LENGTH],
    ["time twice", h("84", header, `a3061a${time}061a${time}0744000003e8`), LENGTH],
    ["algorithm in a longer head", h("84", `a20138120448${id}`, payload), LENGTH],
    ["algorithm EdDSA (-8)", h("84", `a201270448${id}`, payload), CONSTANTS],
    ["two keys in longer heads: as long as a T", h("84", header, `a218061a${time}180744000003e8`), CONSTANTS],
    ["claims of indefinite length", h("84", header, `bf061a${time}0744000003e8ff`), LENGTH],
    ["counter as text", h("84", header, `a2061a${time}0764000003e8`), CONSTANTS],
    ["counter as an integer", h("84", header, `a2061a${time}071a000003e8`), CONSTANTS],
    ["tagged time", h("84", header, `a206c11a${time}0744000003e8`), LENGTH],
    ["unprotected header not empty: as long as a T", h("84", header, payload, { unprotected: "a10500" }), CONSTANTS],
    ["unprotected header of indefinite length", h("84", header, payload, { unprotected: "bfff" }), LENGTH],
    ["ten bytes of an unknown claim: as long as an HC", h("84", header, `a3061a${time}0744000003e818cb4700000000000000`), CONSTANTS],
  ];
  return cases.map(([comment, text, expected]): Case => ({ comment: `H re-encoded: ${comment}`, flags: ["Reencoded"], text, expected }));
}

/** A COSE_Sign1 of any encoding, its signature right for the bytes as they stand. */
function cose(
  head: string,
  protectedHeader: string,
  claims: string,
  kind: SignedKind,
  signer: Signer,
  { unprotected = "a0", wrap = (hex: string) => hex }: { unprotected?: string; wrap?: (hex: string) => string } = {},
): Uint8Array {
  const signature = signer.sign(sigStructure1(hexToBytes(protectedHeader)!, externalAad(kind, SITE), hexToBytes(claims)!));
  const string = (hex: string): string => (0x40 | (hex.length / 2)).toString(16) + hex;
  return hexToBytes(wrap(`${head}${string(protectedHeader)}${unprotected}${string(claims)}5840${bytesToHex(signature)}`))!;
}
