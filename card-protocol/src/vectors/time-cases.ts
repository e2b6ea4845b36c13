import { UNCERTAINTY_MAX_S } from "../clock.ts";
import { U32_MAX } from "../units.ts";
import { challenged, CREDENTIAL, GIVEN, held, issued, KEY, NOW, TTL_S, wall, who } from "./vector-campus.ts";
import { type Case, type Expected, type Given, refused, verified } from "./vector.ts";

const EARLY = "not before its time";
const LATE = "not after its time";
const CLOCK = "clock known";

/** Step 4: windows, edges, uncertainty, clocks that know nothing. */
export function timeCases(): Case[] {
  return [...windowCases(0), ...windowCases(7), ...windowCases(UNCERTAINTY_MAX_S), ...extremeCases(), ...despiteTimeCases(), ...untrustedCases()];
}

/** Closed windows, widened on both sides: H [iat − 10, iat + 30], T [iat − 10, exp + 5]. */
function windowCases(u: number): Case[] {
  const signedAt = NOW - 5;
  const expiresAt = NOW + 20;
  const edges: [string, string, number, boolean, (offsetS: number) => Expected][] = [
    ["H", held().text, signedAt - 10 - u, true, (offsetS) => refused("PassNotYetValid", EARLY, { pass: who.H(), phoneClockOffsetS: offsetS })],
    ["H", held().text, signedAt + 30 + u, false, (offsetS) => refused("PassExpired", LATE, { pass: who.H(), phoneClockOffsetS: offsetS })],
    ["T", issued().text, expiresAt - TTL_S - 10 - u, true, (offsetS) => refused("PassNotYetValid", EARLY, { pass: who.T(), phoneClockOffsetS: offsetS })],
    ["T", issued().text, expiresAt + 5 + u, false, (offsetS) => refused("PassExpired", LATE, { pass: who.T(), phoneClockOffsetS: offsetS })],
  ];
  return edges.flatMap(([kind, text, edge, isFirst, beyond]): Case[] => {
    const outside = isFirst ? edge - 1 : edge + 1;
    const iat = kind === "H" ? signedAt : expiresAt - TTL_S;
    const flags = ["Window"];
    const name = `${kind}, uncertainty ${u} s`;
    return [
      { comment: `${name}: the ${isFirst ? "first" : "last"} second`, flags, text, given: wall(edge, u), expected: verified(kind === "H" ? who.H() : who.T()) },
      { comment: `${name}: one second ${isFirst ? "before" : "after"}`, flags, text, given: wall(outside, u), expected: beyond(iat - outside) },
    ];
  });
}

function extremeCases(): Case[] {
  const slow = issued({ kid: 2, expiresAt: NOW + 120 }, KEY.slowIssuer);
  return [
    {
      comment: "H signed at the last second of u32",
      flags: ["Window"],
      text: held({ signedAt: U32_MAX }).text,
      expected: refused("PassNotYetValid", EARLY, { pass: who.H({ signedAt: U32_MAX }), phoneClockOffsetS: U32_MAX - NOW }),
    },
    {
      comment: "H signed in 1970: a phone that has lost its clock",
      flags: ["Window"],
      text: held({ signedAt: 0 }).text,
      expected: refused("PassExpired", LATE, { pass: who.H({ signedAt: 0 }), phoneClockOffsetS: -NOW }),
    },
    {
      comment: "T that expired in 1970: a signing time before it, no u32",
      flags: ["Window"],
      text: issued({ expiresAt: 0 }).text,
      expected: refused("PassExpired", LATE),
    },
    {
      comment: "T of a key with a ttl of 120 s, fresh",
      flags: ["Window", "Ttl"],
      text: slow.text,
      expected: verified(who.T({ signedAt: NOW, counter: NOW + 120 })),
    },
    {
      comment: "T of a key with a ttl of 120 s, 11 s before it was signed",
      flags: ["Window", "Ttl"],
      text: slow.text,
      given: wall(NOW - 11),
      expected: refused("PassNotYetValid", EARLY, { pass: who.T({ signedAt: NOW, counter: NOW + 120 }), phoneClockOffsetS: 11 }),
    },
    {
      comment: "HC signed in 1970: its time is not judged",
      flags: ["Window", "Challenge"],
      text: challenged({ signedAt: 0 }).text,
      expected: verified(who.HC({ signedAt: 0 })),
    },
    {
      comment: "HC signed at the last second of u32: its time is not judged",
      flags: ["Window", "Challenge"],
      text: challenged({ signedAt: U32_MAX }).text,
      expected: verified(who.HC({ signedAt: U32_MAX })),
    },
  ];
}

/** Only what fails on time alone is attributed, and only where the controller affords the verification. */
function despiteTimeCases(): Case[] {
  const old = NOW - 600;
  const plain = refused("PassExpired", LATE);
  const flags = ["DespiteTime"];
  return [
    {
      comment: "H of a phone that is 10 min slow",
      flags,
      text: held({ signedAt: old }).text,
      expected: refused("PassExpired", LATE, { pass: who.H({ signedAt: old }), phoneClockOffsetS: -600 }),
    },
    { comment: "the same beyond the rate limit", flags, text: held({ signedAt: old }).text, given: { verifyDespiteTime: false }, expected: plain },
    { comment: "the same for another site: nobody is named", flags, text: held({ signedAt: old, site: "campus-west" }).text, expected: plain },
    { comment: "the same signed by a stranger: nobody is named", flags, text: held({ signedAt: old }, KEY.stranger).text, expected: plain },
    { comment: "the same of an unknown credential", flags, text: held({ signedAt: old, credentialId: CREDENTIAL.unknown }).text, expected: plain },
    {
      comment: "the same where a challenge is demanded: not time alone",
      flags,
      text: held({ signedAt: old }).text,
      given: { challengeDemanded: true },
      expected: plain,
    },
    { comment: "an old T of an unknown kid", flags, text: issued({ kid: 9, expiresAt: old }).text, expected: plain },
  ];
}

function untrustedCases(): Case[] {
  const window = { from: NOW - 100, until: NOW - 100 + 86_400 };
  const untrusted: Partial<Given> = { wall: "untrusted" };
  const emergency: Partial<Given> = { ...untrusted, untrustedWindow: window };
  const signed = (signedAt: number): Pick<Case, "text"> & { pass: ReturnType<typeof who.H> } => ({ text: held({ signedAt }).text, pass: who.H({ signedAt }) });
  const no = refused("ClockUntrusted", CLOCK);
  const edge = (comment: string, signedAt: number, inside: boolean): Case => {
    const { text, pass } = signed(signedAt);
    return { comment, flags: ["Untrusted"], text, given: emergency, expected: inside ? verified(pass) : no };
  };
  const issuedAt = (comment: string, signedAt: number, inside: boolean): Case => ({
    comment,
    flags: ["Untrusted"],
    text: issued({ kid: 0xfffe, expiresAt: signedAt + TTL_S }).text,
    given: { ...emergency, issuerKeys: GIVEN.issuerKeys.map((key) => ({ ...key, notAfter: NOW + 200_000 })) },
    expected: inside ? verified(who.T({ signedAt, counter: signedAt + TTL_S })) : no,
  });
  return [
    { comment: "H, clock untrusted", flags: ["Untrusted"], text: held().text, given: untrusted, expected: no },
    { comment: "T, clock untrusted", flags: ["Untrusted"], text: issued().text, given: untrusted, expected: no },
    { comment: "T of an unknown kid, clock untrusted", flags: ["Untrusted"], text: issued({ kid: 9 }).text, given: untrusted, expected: no },
    { comment: "HC, clock untrusted", flags: ["Untrusted", "Challenge"], text: challenged().text, given: untrusted, expected: verified(who.HC()) },
    { comment: "H, an uncertainty of more than 300 s is an untrusted clock", flags: ["Untrusted"], text: held().text, given: wall(NOW, 301), expected: no },
    edge("H, untrusted, signed at the first second of the day that counts", window.from, true),
    edge("H, untrusted, signed a second before it", window.from - 1, false),
    edge("H, untrusted, signed at the last second of it", window.until, true),
    edge("H, untrusted, signed a second after it", window.until + 1, false),
    issuedAt("T, untrusted, signed at the first second of the day that counts", window.from, true),
    issuedAt("T, untrusted, signed a second before it", window.from - 1, false),
    issuedAt("T, untrusted, signed at the last second of it", window.until, true),
    issuedAt("T, untrusted, signed a second after it", window.until + 1, false),
    {
      comment: "T of an unknown kid, untrusted, within a day that counts for others",
      flags: ["Untrusted"],
      text: issued({ kid: 9 }).text,
      given: emergency,
      expected: refused("SignatureInvalid", "issuer's key in the trust list"),
    },
  ];
}
