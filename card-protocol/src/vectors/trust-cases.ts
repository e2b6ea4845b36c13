import { PASS_TEMPLATE } from "../pass-template.ts";
import type { PassKind } from "../pass.ts";
import { passText } from "../phone/make-pass.ts";
import { externalAad, SIGNED_KIND, type SignedKind, sigStructure1 } from "../signature.ts";
import type { Signer } from "../signer.ts";
import { CHALLENGE, challenged, CREDENTIAL, GIVEN, held, issued, KEY, NOW, SITE, who } from "./vector-campus.ts";
import { type Case, type Expected, type Given, refused, verified } from "./vector.ts";

const HOLDS = "signature holds";
const ISSUER = "issuer's key";
const NOT_HELD = refused("SignatureInvalid", HOLDS);
const DEMANDED = refused("ChallengeRequired", "challenge answered where one is demanded");
const TAKES = "credential takes this kind of pass";
const NOT_FOUND = refused("CredentialNotFound", "credential with a key in the list");
const MADE: Readonly<Record<PassKind, (change?: { site?: string }) => { text: string; bytes: Uint8Array }>> = { T: issued, H: held, HC: challenged };
const SIGNER: Readonly<Record<PassKind, Signer>> = { T: KEY.issuer, H: KEY.phone, HC: KEY.phone };
const KINDS = ["T", "H", "HC"] as const satisfies readonly PassKind[];

/** Steps 5 and 7: whose key, for what, for where, in answer to what. */
export function trustCases(): Case[] {
  return [...issuerCases(), ...credentialCases(), ...siteCases(), ...exchangedCases(), ...challengeCases(), ...fieldCases()];
}

function issuerCases(): Case[] {
  const signedAt = NOW - 10;
  const validity = (notBefore: number, notAfter: number): Partial<Given> => ({ issuerKeys: GIVEN.issuerKeys.map((key) => ({ ...key, notBefore, notAfter })) });
  const outside = refused("SignatureInvalid", `${ISSUER} valid when it signed`);
  const cases: [string, ReturnType<typeof issued>, Partial<Given>, Expected][] = [
    ["unknown kid", issued({ kid: 9 }), {}, refused("SignatureInvalid", `${ISSUER} in the trust list`)],
    ["kid 0", issued({ kid: 0 }), {}, refused("SignatureInvalid", `${ISSUER} in the trust list`)],
    ["a kid of two bytes", issued({ kid: 0xfffe }), {}, verified(who.T())],
    ["a kid of the feed", issued({ kid: 3 }, KEY.feed), {}, refused("SignatureInvalid", `${ISSUER} may sign T`)],
    ["a retired kid", issued({ kid: 4 }), {}, refused("SignatureInvalid", `${ISSUER} not retired`)],
    ["signed in the key's first second", issued(), validity(signedAt, NOW + 100), verified(who.T())],
    ["signed a second before the key's first", issued(), validity(signedAt + 1, NOW + 100), outside],
    ["signed in the key's last second", issued(), validity(NOW - 100, signedAt + 1), verified(who.T())],
    ["signed when the key had ended", issued(), validity(NOW - 100, signedAt), outside],
    ["another issuer's kid", issued({ kid: 2, expiresAt: NOW + 100 }), {}, NOT_HELD],
    ["signed by a phone", issued({}, KEY.phone), {}, NOT_HELD],
    ["signed by a stranger", issued({}, KEY.stranger), {}, NOT_HELD],
  ];
  return cases.map(([comment, { text }, given, expected]): Case => ({ comment: `T, ${comment}`, flags: ["Issuer"], text, given, expected }));
}

function credentialCases(): Case[] {
  const { held: id, issuedOnly, both, heldNotChallenged, unknown } = CREDENTIAL;
  const notTaken = (pass: NonNullable<Expected["pass"]>): Expected => refused("PassKindNotTaken", TAKES, { pass, phoneClockOffsetS: 0 });
  const cases: [string, { text: string }, Expected, Partial<Given>?][] = [
    ["H of an unknown credential", held({ credentialId: unknown }), NOT_FOUND],
    ["HC of an unknown credential", challenged({ credentialId: unknown }), NOT_FOUND],
    ["H of a credential without a key", held({ credentialId: issuedOnly }), NOT_FOUND],
    ["H signed with another credential's key", held({}, KEY.otherPhone), NOT_HELD],
    ["H with another credential's id", held({ credentialId: both }), NOT_HELD],
    ["H signed by the issuer", held({}, KEY.issuer), NOT_HELD],
    [
      "HC of a credential that takes H alone",
      challenged({ credentialId: heldNotChallenged }, KEY.otherPhone),
      notTaken(who.HC({ credentialId: heldNotChallenged })),
    ],
    ["T of a credential that takes H and HC", issued({ credentialId: id }), notTaken(who.T({ credentialId: id }))],
    ["a forged T of a credential that takes H and HC: nobody is named", issued({ credentialId: id }, KEY.stranger), NOT_HELD],
    [
      "T signed in the last second that the credential takes it",
      issued({ credentialId: both, expiresAt: NOW + 29 }),
      verified(who.T({ credentialId: both, signedAt: NOW - 1, counter: NOW + 29 })),
    ],
    [
      "T signed when the credential took it no longer",
      issued({ credentialId: both, expiresAt: NOW + 30 }),
      notTaken(who.T({ credentialId: both, signedAt: NOW, counter: NOW + 30 })),
    ],
    ["H of a credential that also takes T", held({ credentialId: both }, KEY.otherPhone), verified(who.H({ credentialId: both }))],
    [
      "T of a credential that the list does not know: its signature is the issuer's",
      issued({ credentialId: unknown }),
      verified(who.T({ credentialId: unknown })),
    ],
  ];
  return cases.map(([comment, { text }, expected, given = {}]): Case => ({ comment, flags: ["Credential"], text, given, expected }));
}

/** 19, 20 and 32 bytes: the CBOR head of the external_aad (4 bytes more) changes its length between the first two. */
function siteCases(): Case[] {
  const sites = ["a", "campus-19-bytes-abc", "campus-20-bytes-abcd", "campus-32-bytes-abcdefghijklmnop"];
  return KINDS.flatMap((kind): Case[] => [
    ...sites.map((site): Case => ({
      comment: `${kind}, site of ${site.length} bytes`,
      flags: ["Site"],
      text: MADE[kind]({ site }).text,
      given: { site },
      expected: verified(who[kind]()),
    })),
    ...[...sites, "campus-west", "campus-eas", "campus-east-"].map((site): Case => ({
      comment: `${kind}, made for ${site}, shown at ${SITE}`,
      flags: ["Site"],
      text: MADE[kind]({ site }).text,
      expected: NOT_HELD,
    })),
  ]);
}

/** The right key signs the right bytes as another kind of thing. */
function exchangedCases(): Case[] {
  return KINDS.flatMap((kind) =>
    (Object.keys(SIGNED_KIND) as SignedKind[]).flatMap((signedKind): Case[] => {
      const template = PASS_TEMPLATE[kind];
      if (signedKind === template.signedKind) return [];
      const bytes = Uint8Array.from(MADE[kind]().bytes);
      const message = sigStructure1(
        bytes.subarray(template.protectedFrom, template.protectedUntil),
        externalAad(signedKind, SITE),
        bytes.subarray(template.payloadFrom, template.payloadUntil),
      );
      bytes.set(SIGNER[kind].sign(message), template.signatureFrom);
      return [{ comment: `${kind}, signed as ${signedKind}`, flags: ["KindExchanged"], text: passText(bytes), expected: NOT_HELD }];
    }),
  );
}

function challengeCases(): Case[] {
  const notOpen = refused("ChallengeRequired", "challenge is one of the reader's", { pass: who.HC(), phoneClockOffsetS: 0 });
  const demanded = { challengeDemanded: true };
  const cases: [string, { text: string }, Expected, Partial<Given>?][] = [
    ["T where a challenge is demanded", issued(), DEMANDED, demanded],
    ["H where a challenge is demanded", held(), DEMANDED, demanded],
    ["a forged H where a challenge is demanded", held({}, KEY.stranger), DEMANDED, demanded],
    ["H of an unknown credential where a challenge is demanded", held({ credentialId: CREDENTIAL.unknown }), DEMANDED, demanded],
    ["HC where a challenge is demanded", challenged(), verified(who.HC()), demanded],
    ["HC where none is demanded", challenged(), verified(who.HC())],
    ["HC to a challenge already spent, too old, or another reader's", challenged(), notOpen, { openChallenges: ["0000000000000000", "c0ffee0123456788"] }],
    ["HC at a reader that shows no challenge", challenged(), notOpen, { openChallenges: [] }],
    ["HC to the eldest of three", challenged(), verified(who.HC()), { openChallenges: [CHALLENGE, "0000000000000001", "0000000000000002"] }],
    ["a forged HC spends no challenge", challenged({}, KEY.stranger), NOT_HELD],
  ];
  return cases.map(([comment, { text }, expected, given = {}]): Case => ({ comment, flags: ["Challenge"], text, given, expected }));
}

/** One bit of each field: caught by the signature, or before it by what the field means. */
function fieldCases(): Case[] {
  return KINDS.flatMap((kind) =>
    Object.entries(PASS_TEMPLATE[kind].offset).flatMap(([letter, at]): Case[] => {
      const bytes = Uint8Array.from(MADE[kind]().bytes);
      const last = letter === "k" || letter === "s" ? at + 1 : at + 3; // the low byte of a u32; a change of seconds stays in the window
      bytes[last] = bytes[last]! ^ 2;
      const expected: Partial<Record<string, Expected>> = {
        k: refused("SignatureInvalid", `${ISSUER} may sign T`), // kid 1 becomes 3
        x: refused("PassMalformed", "both expiries equal"),
        y: refused("PassMalformed", "both expiries equal"),
        ...(kind === "T" ? {} : { i: NOT_FOUND }),
      };
      return [
        { comment: `${kind}, a bit of the field at byte ${last} flipped`, flags: ["Field"], text: passText(bytes), expected: expected[letter] ?? NOT_HELD },
      ];
    }),
  );
}
