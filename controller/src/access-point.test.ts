import { type ControllerEvent, type DenyReason, eventOf } from "@portico/card-protocol";
import { afterEach, describe, expect, test } from "vitest";
import { CARD, challengedPass, CREDENTIAL, heldPass, issuedPass, KEY, PROFILE, START } from "./rig/people.ts";
import { outcomeOf, type ReaderChange, ReaderRig } from "./rig/reader-rig.ts";

let rig: ReaderRig;
afterEach(() => rig.end());

function reader(change: ReaderChange = {}, list: Parameters<ReaderRig["load"]>[0] = {}): ReaderRig {
  rig = new ReaderRig(change);
  rig.load(list);
  return rig;
}
/** What was recorded behind the loading of the list. */
const log = (): ControllerEvent[] => rig.events().slice(1);
const names = (): string[] => log().map(({ name }) => name);
/** The counts of what was refused before a signature held, written at the close. */
function counted(): Readonly<Partial<Record<DenyReason, number>>> {
  rig.point.close();
  return Object.fromEntries(rig.named("ScansRefused").map(({ fields }) => [fields.reason, fields.count]));
}
const WINDOW_MS = 3_000;

describe("a genuine pass", () => {
  test("is granted: recorded with its bytes, spent with its record, then the lock is asked", () => {
    reader();
    const text = rig.pass("zhang", { counter: 12 });
    const judged = rig.show(text);
    expect(judged).toMatchObject({
      accessPoint: "gate-1-in",
      decision: { kind: "granted", accessProfile: PROFILE, extended: false, partySize: 1 },
      presentation: "H",
      credential: CREDENTIAL.zhang,
      seq: 2,
    });
    expect(log()).toEqual([
      eventOf("AccessGranted", {
        accessPoint: "gate-1-in",
        credential: CREDENTIAL.zhang,
        presentation: "H",
        holder: 1,
        counter: 12,
        signedAt: START as never,
        pass: expect.any(Uint8Array),
        accessProfile: PROFILE,
        uncertaintyS: 1,
        listVersion: 1,
        replayGroup: "main-gate/entry",
      }),
    ]);
    expect(rig.store.spent.last(CREDENTIAL.zhang, "H", "main-gate/entry")).toEqual({ counter: 12, signedAt: START });
    expect([rig.grants, rig.logAtGrant, rig.lights]).toEqual([
      [{ accessPoint: "gate-1-in", credential: CREDENTIAL.zhang, holder: 1, grantedSeq: 2, extended: false, partySize: 1 }],
      [["ListLoaded", "AccessGranted"]],
      ["AccessGranted"],
    ]);
  });

  test("of each kind is taken, each in its replay class", () => {
    reader();
    expect(outcomeOf(rig.show(rig.pass("zhang")))).toBe("granted");
    expect(outcomeOf(rig.show(issuedPass(rig.now() + 20)))).toBe("granted");
    expect(outcomeOf(rig.show(challengedPass("li", rig.now(), rig.point.challenge())))).toBe("granted");
    expect(rig.store.spent.last(CREDENTIAL.zhao, "T", "main-gate/entry")?.counter).toBe(START + 20);
    expect(rig.store.spent.last(CREDENTIAL.li, "H", "main-gate/entry")?.counter).toBe(START);
    expect(log().map((event) => (event.name === "AccessGranted" ? event.fields.presentation : event.name))).toEqual(["H", "T", "HC"]);
  });

  test("whose row cannot be written with its spent counter leaves neither, and lets nobody in", () => {
    reader();
    rig.store.database.prepare<[]>("CREATE TEMP TRIGGER no_row BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'broken'); END").run();
    expect(() => rig.show(rig.pass("zhang"))).toThrow("broken");
    expect([rig.store.spent.last(CREDENTIAL.zhang, "H", "main-gate/entry"), rig.grants]).toEqual([undefined, []]);
  });

  test("of a holder who needs longer asks for longer", () => {
    reader({}, { credentials: { zhang: { flags: ["extendedTime"] } } });
    rig.show(rig.pass("zhang"));
    expect(rig.grants).toMatchObject([{ extended: true }]);
  });
});

describe("the same text again", () => {
  test("gets the light again as long as it is seen, never the effect and no event", () => {
    reader();
    const text = rig.pass("zhang");
    rig.show(text);
    for (let i = 0; i < 5; i++) {
      rig.time.advance(WINDOW_MS - 1);
      expect(rig.show(text)).toBeUndefined();
    }
    expect([rig.lights.length, new Set(rig.lights), rig.grants.length, names()]).toEqual([6, new Set(["AccessGranted"]), 1, ["AccessGranted"]]);
  });

  test("after the window is judged anew: now it is replayed", () => {
    reader();
    const text = rig.pass("zhang");
    rig.show(text);
    rig.time.advance(WINDOW_MS);
    expect(outcomeOf(rig.show(text))).toBe("PassReplayed: pass was not spent before");
    expect(rig.lights).toEqual(["AccessGranted", "AccessDenied"]);
  });

  test("that was refused gets the refusing light again, and is counted once", () => {
    reader();
    rig.show("hello");
    rig.time.advance(500);
    rig.show("hello");
    expect(rig.lights).toEqual(["AccessDenied", "AccessDenied"]);
    expect(counted()).toEqual({ PassMalformed: 1 });
  });

  test("of a card gets the light again too", () => {
    reader();
    rig.show(CARD.chen);
    rig.time.advance(1_000);
    expect([rig.show(CARD.chen), rig.grants.length]).toEqual([undefined, 1]);
    rig.time.advance(WINDOW_MS);
    expect(outcomeOf(rig.show(CARD.chen)), "a card cannot be replayed").toBe("granted");
  });
});

/** Steps 0 to 7 that end without a signature: each spoils one thing of an otherwise good pass. */
const WITHOUT_SIGNATURE: readonly (readonly [string, ReaderChange, (rig: ReaderRig) => string, DenyReason])[] = [
  ["too short", {}, (rig) => rig.pass("zhang").slice(0, -1), "PassMalformed"],
  ["another prefix", {}, (rig) => `CP2${rig.pass("zhang").slice(3)}`, "PassMalformed"],
  ["no strict Base45", {}, (rig) => rig.pass("zhang").toLowerCase().replace("cp1", "CP1"), "PassMalformed"],
  ["a constant of the template", {}, (rig) => `CP1:0${rig.pass("zhang").slice(5)}`, "PassMalformed"],
  ["no clock", { trusted: "time-frames" }, (rig) => rig.pass("zhang"), "ClockUntrusted"],
  ["too old, and forged", {}, (rig) => rig.pass("zhang", { ageS: 300, signer: KEY.stranger }), "PassExpired"],
  ["too early, and forged", {}, (rig) => rig.pass("zhang", { ageS: -300, signer: KEY.stranger }), "PassNotYetValid"],
  ["no challenge answered where one is demanded", { challengeDemanded: true }, (rig) => rig.pass("zhang"), "ChallengeRequired"],
  ["issued, where a challenge is demanded", { challengeDemanded: true }, (rig) => issuedPass(rig.now() + 20), "ChallengeRequired"],
  ["of a credential that is in no list", {}, (rig) => rig.pass("zhang", { credential: CREDENTIAL.unlisted }), "CredentialNotFound"],
  ["of a credential that has no key", {}, (rig) => rig.pass("zhang", { credential: CREDENTIAL.zhao }), "CredentialNotFound"],
  ["of an issuer that is not known", {}, (rig) => issuedPass(rig.now() + 20, { kid: 8 }), "SignatureInvalid"],
  ["signed by a stranger", {}, (rig) => rig.pass("zhang", { signer: KEY.stranger }), "SignatureInvalid"],
  ["issued by a stranger", {}, (rig) => issuedPass(rig.now() + 20, { signer: KEY.stranger }), "SignatureInvalid"],
  ["for another site", {}, (rig) => rig.pass("zhang", { site: "campus-west" }), "SignatureInvalid"],
];

describe("what has no signature that holds", () => {
  test.each(WITHOUT_SIGNATURE)("%s: is only counted, and names nobody", (_, change, text, reason) => {
    reader(change);
    const judged = rig.show(text(rig));
    expect(judged).toMatchObject({
      decision: { kind: "denied", reason },
      credential: undefined,
      presentation: undefined,
      seq: undefined,
      phoneClockOffsetS: undefined,
    });
    expect([log(), rig.lights, rig.grants]).toEqual([[], ["AccessDenied"], []]);
    expect(counted()).toEqual({ [reason]: 1 });
    expect(rig.store.database.prepare<[], number>("SELECT count(*) FROM spent_counter").pluck().get()).toBe(0);
  });

  test("is written once a minute, a count for each reason, and what is left at the close", () => {
    reader();
    for (let i = 0; i < 4; i++) rig.show(`garbage ${i}`);
    rig.time.advance(30_000);
    rig.show(rig.pass("zhang", { signer: KEY.stranger }));
    rig.time.advance(29_999);
    expect(names()).toEqual([]);
    rig.time.advance(1);
    expect(rig.named("ScansRefused").map(({ fields }) => [fields.reason, fields.count])).toEqual([
      ["PassMalformed", 4],
      ["SignatureInvalid", 1],
    ]);
    rig.time.advance(120_000);
    rig.show("more");
    rig.point.close();
    expect(names()).toEqual(["ScansRefused", "ScansRefused", "ScansRefused"]);
    rig.point.close();
    expect(names()).toHaveLength(3);
  });
});

/** What is refused although the signature holds: an event with the credential. */
const WITH_SIGNATURE: readonly (readonly [string, ReaderChange, Parameters<ReaderRig["load"]>[0], (rig: ReaderRig) => string, string])[] = [
  ["a minute old", {}, {}, (rig) => rig.pass("zhang", { ageS: 60 }), "PassExpired: pass holds"],
  ["a minute early", {}, {}, (rig) => rig.pass("zhang", { ageS: -60 }), "PassNotYetValid: pass holds"],
  ["to a challenge of nobody", {}, {}, (rig) => challengedPass("zhang", rig.now(), new Uint8Array(8)), "ChallengeRequired: pass holds"],
  [
    "of a kind that the credential does not take",
    {},
    { credentials: { zhang: { takes: ["HC"] } } },
    (rig) => rig.pass("zhang"),
    "PassKindNotTaken: pass holds",
  ],
  [
    "of a credential that no list holds any more",
    {},
    {},
    (rig) => issuedPass(rig.now() + 9, { credential: CREDENTIAL.unlisted }),
    "CredentialNotFound: credential is in the list",
  ],
  [
    "of a frozen credential",
    {},
    { credentials: { zhang: { suspension: "Frozen" } } },
    (rig) => rig.pass("zhang"),
    "CredentialNotEnabled: credential is enabled",
  ],
  [
    "of one that is not active yet",
    {},
    { credentials: { zhang: { validFrom: (START + 60) as never } } },
    (rig) => rig.pass("zhang"),
    "CredentialNotActive: credential is active",
  ],
  [
    "of one that has expired",
    {},
    { credentials: { zhang: { validUntil: START } } },
    (rig) => rig.pass("zhang"),
    "CredentialExpired: credential has not expired",
  ],
  ["at a reader that is switched off", { enabled: false }, {}, (rig) => rig.pass("zhang"), "AccessPointDisabled: access point is enabled"],
  ["without a grant", {}, { without: ["zhang"] }, (rig) => rig.pass("zhang"), "Unauthorized: a valid permission names this access point"],
  [
    "outside the hours",
    {},
    { hours: { startS: 9 * 3_600, endS: 17 * 3_600 } },
    (rig) => rig.pass("zhang"),
    "NotPermittedAtThisTime: a valid permission is open at this time",
  ],
];

describe("what is refused behind its signature", () => {
  test.each(WITH_SIGNATURE)("%s: an event that names the credential and carries the pass", (_, change, list, text, expected) => {
    reader(change, list);
    const judged = rig.show(text(rig));
    expect(outcomeOf(judged)).toBe(expected);
    expect(judged?.seq).toBe(2);
    expect(rig.named("AccessDenied")).toMatchObject([
      { fields: { reason: expected.split(":")[0], credential: judged?.credential, pass: expect.any(Uint8Array), listVersion: 1 } },
    ]);
    expect([rig.grants, rig.lights, judged?.credential !== undefined]).toEqual([[], ["AccessDenied"], true]);
  });

  test("spends nothing: a lane in use refuses, and the same pass is taken a moment later", () => {
    reader();
    rig.refusal = { reason: "Interlock", detail: "the passage before is not over" };
    const text = rig.pass("zhang");
    expect(outcomeOf(rig.show(text))).toBe("Interlock: door lets somebody in");
    rig.refusal = undefined;
    rig.time.advance(WINDOW_MS);
    expect(outcomeOf(rig.show(text))).toBe("granted");
  });

  test("by a list that is too old: everybody but the emergency group, and nobody on the way out", () => {
    reader({}, { credentials: { li: { flags: ["emergency"] } } });
    rig.freshness = "essential";
    expect(outcomeOf(rig.show(rig.pass("zhang")))).toBe("ListStale: list is fresh enough");
    expect(outcomeOf(rig.show(rig.pass("li")))).toBe("granted");
    rig.end();
    reader({ egress: true });
    rig.freshness = "expired";
    expect(outcomeOf(rig.show(rig.pass("zhang")))).toBe("granted");
  });

  test("tells how far the phone's clock is off where time alone was wrong", () => {
    reader();
    expect(rig.show(rig.pass("zhang", { ageS: 62 }))?.phoneClockOffsetS).toBe(-62);
    rig.time.advance(1_000);
    expect(rig.show(rig.pass("zhang", { ageS: -75 }))?.phoneClockOffsetS).toBe(75);
    rig.time.advance(1_000);
    expect(rig.show(rig.pass("zhang"))?.phoneClockOffsetS).toBeUndefined();
  });
});

test("passes that are late are verified five times a second at most; those between are only counted", () => {
  reader();
  const late = Array.from({ length: 40 }, (_, i) => rig.pass("zhang", { ageS: 60, counter: i + 1 }));
  for (const text of late) {
    rig.show(text);
    rig.time.advance(25);
  }
  expect([rig.verified, rig.named("AccessDenied").length]).toEqual([5, 5]);
  expect(outcomeOf(rig.show(rig.pass("zhang"))), "a good one is never among them").toBe("granted");
  expect(counted()).toEqual({ PassExpired: 35 });
});

describe("a replayed pass", () => {
  test("is refused at every lane that spends together, and within its class alone", () => {
    reader();
    const [first, second] = [rig.pass("zhang", { counter: 5 }), rig.pass("zhang", { counter: 6 })];
    expect(outcomeOf(rig.show(second))).toBe("granted");
    expect(outcomeOf(rig.show(first)), "an older counter").toBe("PassReplayed: pass was not spent before");
    expect(rig.named("AccessDenied")[0]?.fields.detail).toBe("counter 5, last 6");
    expect(rig.store.spent.last(CREDENTIAL.zhang, "H", "main-gate/exit")).toBeUndefined();
  });

  test("stays refused although its credential left the list and came back", () => {
    reader();
    const text = rig.pass("zhang");
    rig.show(text);
    rig.load({ credentials: { zhang: { id: CREDENTIAL.unlisted } } });
    rig.load();
    rig.time.advance(WINDOW_MS);
    expect(outcomeOf(rig.show(text))).toBe("PassReplayed: pass was not spent before");
  });
});

describe("a challenge", () => {
  test("that is demanded is answered once, within its time", () => {
    reader({ challengeDemanded: true });
    const challenge = Uint8Array.from(rig.point.challenge());
    expect(rig.point.challenge()).toEqual(challenge);
    expect(outcomeOf(rig.show(challengedPass("zhang", rig.now(), challenge)))).toBe("granted");
    expect(rig.point.challenge(), "a new one is shown at once").not.toEqual(challenge);
    expect(outcomeOf(rig.show(challengedPass("li", rig.now(), challenge)))).toBe("ChallengeRequired: pass holds");
  });

  test("of another reader is none of this one's, and one that is too old is none any more", () => {
    reader({ challengeDemanded: true });
    const challenge = Uint8Array.from(rig.point.challenge());
    rig.time.advance(12_000);
    expect(outcomeOf(rig.show(challengedPass("zhang", rig.now(), challenge)))).toBe("ChallengeRequired: pass holds");
  });

  test("is answered although the clock is untrusted, where the access point lets the emergency group in", () => {
    const list = { credentials: { zhang: { flags: ["emergency"] as const } } };
    reader({ trusted: "time-frames", untrustedClock: { qr: "emergency", card: "refuse" } }, list);
    expect(outcomeOf(rig.show(challengedPass("zhang", 1, rig.point.challenge())))).toBe("granted");
    expect(outcomeOf(rig.show(challengedPass("li", 1, rig.point.challenge())))).toBe("ClockUntrusted: clock known, or not needed here");
    expect(rig.named("AccessGranted")[0]?.fields.uncertaintyS).toBeNull();
  });
});

describe("while the clock is untrusted", () => {
  test("passes that are signed near the last known time are taken of the emergency group alone", () => {
    reader({ trusted: "time-frames", untrustedClock: { qr: "emergency", card: "refuse" } }, { credentials: { zhang: { flags: ["emergency"] } } });
    expect(outcomeOf(rig.show(heldPass("li", START - 80_000)))).toBe("ClockUntrusted: clock known, or not needed here");
    expect(outcomeOf(rig.show(heldPass("zhang", START - 80_000)))).toBe("granted");
    expect(outcomeOf(rig.show(heldPass("zhang", START + 80_000)))).toBe("ClockUntrusted: pass holds");
  });

  test("cards are taken as was chosen for cards, whatever was chosen for passes", () => {
    const list = { credentials: { chen: { flags: ["emergency"] as const } } };
    reader({ trusted: "time-frames", untrustedClock: { qr: "emergency", card: "refuse" } }, list);
    expect(outcomeOf(rig.show(CARD.chen))).toBe("ClockUntrusted: clock known, or not needed here");
    rig.end();
    reader({ trusted: "time-frames", untrustedClock: { qr: "refuse", card: "emergency" } }, list);
    expect(outcomeOf(rig.show(CARD.chen))).toBe("granted");
  });

  test("a way out takes every pass of the list, of whatever time, once", () => {
    reader({ trusted: "time-frames", egress: true });
    expect(outcomeOf(rig.show(heldPass("zhang", 5)))).toBe("granted");
    expect(outcomeOf(rig.show(heldPass("zhang", 4)))).toBe("PassReplayed: pass was not spent before");
    expect(outcomeOf(rig.show(CARD.chen))).toBe("granted");
  });
});

describe("a head that reads both cards and codes", () => {
  test("grants the card of the list, by its number's token", () => {
    reader();
    expect(rig.show("04:c3:e5:a7:19:2b:3d")).toMatchObject({ decision: { kind: "granted" }, presentation: "card", credential: CREDENTIAL.chen });
    expect(log()).toMatchObject([
      { name: "AccessGranted", fields: { presentation: "card", counter: null, signedAt: null, pass: null, credential: CREDENTIAL.chen } },
    ]);
  });

  test("makes of a card that nobody knows an event without number and credential", () => {
    reader();
    expect(outcomeOf(rig.show(CARD.nobody))).toBe("CredentialNotFound: credential is in the list");
    expect(rig.named("AccessDenied")).toMatchObject([{ fields: { credential: null, presentation: "card", pass: null, detail: "no row" } }]);
    expect(JSON.stringify([rig.events(), rig.judged])).not.toMatch(/FFEEDDCC/i);
  });

  test("only counts a line that is no number of its format, whatever it says", () => {
    reader();
    expect(rig.show(CARD.damaged)).toMatchObject({
      decision: { reason: "InvalidIdentifierValue" },
      presentation: "card",
      credential: undefined,
      seq: undefined,
    });
    expect(JSON.stringify(rig.judged)).not.toMatch(/C3E5A7/i);
    expect(counted()).toEqual({ InvalidIdentifierValue: 1 });
  });

  test("takes a pass for a pass, and a reader without cards takes a card's line for a malformed pass", () => {
    reader();
    expect(outcomeOf(rig.show(rig.pass("zhang")))).toBe("granted");
    rig.end();
    reader({ cardFormat: undefined });
    expect(outcomeOf(rig.show(CARD.chen))).toBe("PassMalformed: pass holds");
    expect(counted()).toEqual({ PassMalformed: 1 });
  });

  test("refuses a lost card by name", () => {
    reader({}, { credentials: { chen: { suspension: "CredentialLost" } } });
    expect(outcomeOf(rig.show(CARD.chen))).toBe("CredentialNotEnabled: credential is enabled");
    expect(rig.named("AccessDenied")[0]?.fields).toMatchObject({ credential: CREDENTIAL.chen, detail: "CredentialLost" });
  });
});

test("without a list nobody is let in", () => {
  rig = new ReaderRig();
  expect(outcomeOf(rig.show(rig.pass("zhang")))).toBe("CredentialNotFound: pass holds");
  expect(outcomeOf(rig.show(CARD.chen))).toBe("CredentialNotFound: credential is in the list");
  expect(rig.named("AccessDenied")[0]?.fields.listVersion).toBe(0);
});

test("an access point that was closed judges nobody", () => {
  reader();
  rig.point.close();
  expect([rig.show(rig.pass("zhang")), rig.grants, log()]).toEqual([undefined, [], []]);
});
