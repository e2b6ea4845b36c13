import { unixSeconds } from "../units.ts";
import { CREDENTIAL, GIVEN, challenged, held, issued, KEY, NOW, who } from "./vector-campus.ts";
import { type Case, type Expected, type Given, refused, verified } from "./vector.ts";

/** Steps 1, 8 and 9: what was seen, suspended or spent before. */
export function sequelCases(): Case[] {
  return [...replayCases(), ...suspendedCases(), ...validityCases(), ...debouncedCases()];
}

function replayCases(): Case[] {
  const replayed = (pass: NonNullable<Expected["pass"]>): Expected => refused("PassReplayed", "not yet spent", { pass, phoneClockOffsetS: 0 });
  const H = held().text;
  const spentH = (counter: number, signedAt: number): Partial<Given> => ({ spent: { T: null, H: { counter, signedAt: unixSeconds(signedAt) } } });
  const spentT = (expiresAt: number): Partial<Given> => ({ spent: { T: { counter: expiresAt, signedAt: unixSeconds(expiresAt - 30) }, H: null } });
  const before = NOW - 20;
  const cases: [string, string, Partial<Given>, Expected][] = [
    ["H, nothing spent yet", H, {}, verified(who.H())],
    ["H, counter one greater than the last spent", H, spentH(999, before), verified(who.H())],
    ["H, counter equal: the same pass again", H, spentH(1000, NOW - 5), replayed(who.H())],
    ["H, counter equal, signed later", H, spentH(1000, before), replayed(who.H())],
    ["H, counter one less", H, spentH(1001, before), replayed(who.H())],
    ["H, counter greater, signed in the same second", H, spentH(999, NOW - 5), verified(who.H())],
    ["H, counter greater, signed a second earlier: the phone's time ran backwards", H, spentH(999, NOW - 4), replayed(who.H())],
    ["H, the last counter of u32 spent", H, spentH(0xffff_ffff, before), replayed(who.H())],
    ["HC, counts with H", challenged().text, spentH(1000, NOW - 5), replayed(who.HC())],
    ["HC, greater than the last H", challenged().text, spentH(999, NOW - 5), verified(who.HC())],
    ["H, a T spent with a greater counter counts apart", H, spentT(NOW + 20), verified(who.H())],
    ["T, nothing spent yet", issued().text, {}, verified(who.T())],
    ["T, the same expiry", issued().text, spentT(NOW + 20), replayed(who.T())],
    ["T, an earlier one after a later one", issued().text, spentT(NOW + 21), replayed(who.T())],
    ["T, a second later than the last", issued().text, spentT(NOW + 19), verified(who.T())],
    ["T, an H spent with a smaller counter counts apart", issued().text, spentH(5, NOW), verified(who.T())],
  ];
  return cases.map(([comment, text, given, expected]): Case => ({ comment, flags: ["Replay"], text, given, expected }));
}

function suspendedCases(): Case[] {
  const reasons = ["Frozen", "Suspended", "CredentialLost", "CredentialStolen"] as const;
  const suspended = (suspension: (typeof reasons)[number]): Partial<Given> => ({ credentials: GIVEN.credentials.map((row) => ({ ...row, suspension })) });
  const refusedAs = (pass: NonNullable<Expected["pass"]>): Expected => refused("CredentialNotEnabled", "credential is enabled", { pass, phoneClockOffsetS: 0 });
  return [
    ...reasons.map((reason): Case => ({
      comment: `H, the credential is ${reason}`,
      flags: ["Suspended"],
      text: held().text,
      given: suspended(reason),
      expected: refusedAs(who.H()),
    })),
    { comment: "T, the credential is Frozen", flags: ["Suspended"], text: issued().text, given: suspended("Frozen"), expected: refusedAs(who.T()) },
    {
      comment: "a frozen credential's pass that is also replayed: frozen is said",
      flags: ["Suspended", "Replay"],
      text: held().text,
      given: { ...suspended("Frozen"), spent: { T: null, H: { counter: 1000, signedAt: unixSeconds(NOW - 5) } } },
      expected: refusedAs(who.H()),
    },
    {
      comment: "a frozen credential's pass signed by a stranger: nobody hears that it is frozen",
      flags: ["Suspended"],
      text: held({}, KEY.stranger).text,
      given: suspended("Frozen"),
      expected: refused("SignatureInvalid", "signature holds"),
    },
    {
      comment: "T of a credential that the list does not know",
      flags: ["Credential"],
      text: issued({ credentialId: CREDENTIAL.unknown }).text,
      expected: refused("CredentialNotFound", "credential is in the list", { pass: who.T({ credentialId: CREDENTIAL.unknown }), phoneClockOffsetS: 0 }),
    },
  ];
}

/** validFrom ≤ now < validUntil, by the clock as it stands: its uncertainty widens no validity. */
function validityCases(): Case[] {
  const valid = (validFrom: number, validUntil: number): Partial<Given> => ({
    credentials: GIVEN.credentials.map((row) => ({ ...row, validFrom, validUntil })),
  });
  const H = held().text;
  const refusedAs = (reason: "CredentialNotActive" | "CredentialExpired", step: string): Expected =>
    refused(reason, step, { pass: who.H(), phoneClockOffsetS: 0 });
  const notActive = refusedAs("CredentialNotActive", "credential is active");
  const expired = refusedAs("CredentialExpired", "credential has not expired");
  const cases: [string, Partial<Given>, Expected][] = [
    ["H, the credential's validity begins now", valid(NOW, NOW + 1), verified(who.H())],
    ["H, it begins in a second", valid(NOW + 1, NOW + 9), notActive],
    ["H, it ends in a second", valid(0, NOW + 1), verified(who.H())],
    ["H, it ends now", valid(0, NOW), expired],
    ["H, it ended, by a clock that may be a second fast", { ...valid(0, NOW), wall: { now: NOW, uncertaintyS: 1 } }, expired],
  ];
  return cases.map(([comment, given, expected]): Case => ({ comment, flags: ["Credential"], text: H, given, expected }));
}

/** The window slides: it counts from when the text was last seen, not from when it was first. 3 s here. */
function debouncedCases(): Case[] {
  const { text } = held();
  const spent = { T: null, H: { counter: 1000, signedAt: unixSeconds(NOW - 5) } };
  const replayed = refused("PassReplayed", "not yet spent", { pass: who.H(), phoneClockOffsetS: 0 });
  const cases: [string, Given["before"], Expected][] = [
    ["the same text a moment later: the light again, no event", { text, msAgo: 80 }, { outcome: "debounced" }],
    ["the same text at the end of the window", { text, msAgo: 2_999 }, { outcome: "debounced" }],
    ["the same text after the window: judged again, and replayed", { text, msAgo: 3_000 }, replayed],
    ["another text before it", { text: issued().text, msAgo: 80 }, replayed],
  ];
  return cases.map(([comment, before, expected]): Case => ({ comment, flags: ["Debounce"], text, given: { before, spent }, expected }));
}
