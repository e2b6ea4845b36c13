import { expect, test } from "vitest";
import { bytesToHex } from "./hex.ts";
import { nodeVerifier } from "./node/index.ts";
import { PASS_CHECKS, type PassContext } from "./pass-checks.ts";
import type { Verifier } from "./signature.ts";
import { contextOf } from "./vectors/judge-vector.ts";
import { challenged, CREDENTIAL, GIVEN, held, issued, KEY, NOW } from "./vectors/vector-campus.ts";
import { tracePass, verifyPass } from "./verify-pass.ts";

/** A context that writes down what it is asked. */
function observed(given: Partial<typeof GIVEN> = {}): { context: PassContext; asked: string[] } {
  const asked: string[] = [];
  const context = contextOf({ ...GIVEN, ...given }, nodeVerifier);
  const verifier: Verifier = {
    verify: (publicKey, message, signature) => {
      asked.push("verify");
      return nodeVerifier.verify(publicKey, message, signature);
    },
  };
  return {
    asked,
    context: {
      ...context,
      verifier,
      issuerKey: (kid) => (asked.push("issuer"), context.issuerKey(kid)),
      credential: (id) => (asked.push("credential"), context.credential(id)),
      spendChallenge: (challenge) => (asked.push("challenge"), context.spendChallenge(challenge)),
    },
  };
}

test.each([
  ["T", issued(), ["issuer", "verify", "credential"]],
  ["H", held(), ["credential", "verify"]],
  ["HC", challenged(), ["credential", "verify", "challenge"]],
  ["a forged T", issued({}, KEY.stranger), ["issuer", "verify"]],
  ["a forged HC", challenged({}, KEY.stranger), ["credential", "verify"]],
  ["an H of an unknown credential", held({ credentialId: CREDENTIAL.unknown }), ["credential"]],
  ["a scan of no pass's length", { text: "0012345678" }, []],
  ["a scan with other constants", { text: held().text.replace("CP1:", "CP2:") }, []],
])("%s asks each question at most once, the dear ones last", (_, { text }, questions) => {
  const { context, asked } = observed();
  verifyPass(text, context);
  expect(asked).toEqual(questions);
});

test("an expired pass beyond the rate limit costs no look-up of a credential and no verification", () => {
  const { context, asked } = observed({ verifyDespiteTime: false });
  verifyPass(held({ signedAt: NOW - 600 }).text, context);
  expect(asked).toEqual([]);
});

test("a challenge is spent once: the same HC again asks for another", () => {
  const { context } = observed();
  expect(verifyPass(challenged().text, context).kind).toBe("verified");
  expect(verifyPass(challenged().text, context)).toMatchObject({
    reason: "ChallengeRequired",
    verified: { pass: { credentialId: CREDENTIAL.held }, phoneClockOffsetS: 0 },
  });
});

test("what was verified carries the signed bytes as evidence", () => {
  const { text, bytes } = held();
  expect(verifyPass(text, observed().context)).toEqual({
    kind: "verified",
    pass: { kind: "H", credentialId: CREDENTIAL.held, signedAt: NOW - 5, counter: 1000, bytes },
  });
});

test("a refusal says what was seen, and names nobody before the signature holds", () => {
  const forged = [
    held({}, KEY.stranger),
    held({ credentialId: CREDENTIAL.unknown }),
    held({ signedAt: NOW - 600 }, KEY.stranger),
    issued({ kid: 9 }),
    challenged({}, KEY.stranger),
  ];
  for (const { text, bytes } of forged) {
    const outcome = verifyPass(text, observed().context);
    expect(outcome).toMatchObject({ kind: "refused" });
    expect(outcome).not.toHaveProperty("verified");
    for (const id of Object.values(CREDENTIAL)) expect(JSON.stringify(outcome)).not.toContain(id);
    expect(JSON.stringify(outcome)).not.toContain(bytesToHex(bytes.subarray(-64)));
  }
});

test.each([
  ["a T of the feed's key", issued({ kid: 3 }, KEY.feed), {}, "kid 3: another usage"],
  ["an H of another key", held({}, KEY.stranger), {}, `not for site ${observed().context.site}`],
  ["an early H", held({ signedAt: NOW + 52 }), {}, "42 s too early, ± 0 s"],
  ["a late H", held({ signedAt: NOW - 37 }), {}, "7 s too late, ± 0 s"],
  ["an H where a challenge is demanded", held(), { challengeDemanded: true }, "demanded, pass H"],
  ["a T of a credential that takes H and HC", issued({ credentialId: CREDENTIAL.held }), {}, "pass T, takes H, HC"],
])("%s: the detail is what a technician needs", (_, { text }, given, detail) => {
  expect(verifyPass(text, observed(given).context)).toMatchObject({ kind: "refused", detail });
});

test("a wall clock that is no number lets no pass through", () => {
  for (const wall of [
    { now: Number.NaN, uncertaintyS: 0 },
    { now: NOW, uncertaintyS: Number.NaN },
    { now: NOW, uncertaintyS: -1 },
    { now: NOW, uncertaintyS: Infinity },
  ])
    expect(verifyPass(held().text, observed({ wall }).context).kind).toBe("refused");
});

test("a list whose key has the wrong length lets nobody in", () => {
  for (const length of [0, 31, 33]) {
    const { context } = observed();
    const credential: PassContext["credential"] = () => ({ publicKey: Uint8Array.from([...KEY.phone.publicKey, 0].slice(0, length)), takes: ["H"] });
    expect(verifyPass(held().text, { ...context, credential })).toMatchObject({ reason: "SignatureInvalid" });
  }
});

test("a trace goes through every check in order, up to the first that fails", () => {
  const trace = tracePass(held({}, KEY.stranger).text, observed().context);
  expect(trace.map(({ check }) => check)).toEqual(PASS_CHECKS.map(({ name }) => name));
  const failed = trace.findIndex(({ outcome }) => outcome === "failed");
  expect(trace[failed]).toMatchObject({ check: "signature holds", reason: "SignatureInvalid" });
  expect(trace.slice(failed + 1).map(({ outcome }) => outcome)).toEqual(["not reached", "not reached"]);
});

test("the trace of a good pass passes everywhere", () => {
  for (const { text } of [issued(), held(), challenged()]) expect(tracePass(text, observed().context).every(({ outcome }) => outcome === "passed")).toBe(true);
});

test("check names are unique, and steps rise", () => {
  expect(new Set(PASS_CHECKS.map(({ name }) => name)).size).toBe(PASS_CHECKS.length);
  expect(PASS_CHECKS.map(({ step }) => step)).toEqual(PASS_CHECKS.map(({ step }) => step).sort((a, b) => a - b));
});
