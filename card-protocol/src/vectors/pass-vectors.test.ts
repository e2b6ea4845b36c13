import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DENY_REASONS } from "../deny-reason.ts";
import { nodeVerifier } from "../node/index.ts";
import { PASS_CHECKS } from "../pass-checks.ts";
import { portableVerifier } from "../phone/index.ts";
import { CREDENTIAL_CHECKS } from "../permission.ts";
import { DEBOUNCE, judgeVector, NOT_YET_SPENT } from "./judge-vector.ts";
import { passVectorsText, type PassVectors } from "./pass-vectors.ts";

const PUBLISHED = new URL("../../vectors/passes.json", import.meta.url);
const file = JSON.parse(readFileSync(PUBLISHED, "utf8")) as PassVectors;
const all = file.testGroups.flatMap(({ throughStep, tests }) => tests.map((vector) => ({ throughStep, vector })));

test("the published vectors are those that the fixed seeds give: `npm run vectors` rewrites them", async () => {
  await expect(passVectorsText()).toMatchFileSnapshot(PUBLISHED.pathname);
});

test.each([
  ["node:crypto", nodeVerifier],
  ["tweetnacl", portableVerifier],
] as const)("every vector has its expected outcome with %s", (_, verifier) => {
  for (const { throughStep, vector } of all)
    expect(judgeVector(file, throughStep, vector, verifier), `${vector.id} ${vector.comment}`).toEqual(vector.expected);
});

/** An unknown key would fail as no strict key too: for the same reason, one check later. */
const CAUGHT_AGAIN = "issuer's key in the trust list";

test.each([DEBOUNCE, ...PASS_CHECKS.map(({ name }) => name), ...CREDENTIAL_CHECKS.map(({ name }) => name), NOT_YET_SPENT])(
  "a verifier that leaves out `%s` gives some vector another outcome",
  (name) => {
    const noticed = all.find(({ throughStep, vector: { expected, ...vector } }) => {
      const { outcome, reason, step } = judgeVector(file, throughStep, { ...vector, expected }, nodeVerifier, name);
      return outcome !== expected.outcome || reason !== expected.reason || (name === CAUGHT_AGAIN && step !== expected.step);
    });
    expect(noticed).toBeDefined();
  },
);

test("every flag of a vector is explained, and every explanation used", () => {
  expect([...new Set(all.flatMap(({ vector }) => vector.flags))].sort()).toEqual(Object.keys(file.notes).sort());
});

test("nobody is named by a refusal before the signature holds", () => {
  const beforeSignature = PASS_CHECKS.filter((check) => check.behindSignature !== true && check.timeAlone !== true).map(({ name }) => name);
  const named = all.filter(
    ({ vector: { expected } }) => expected.outcome === "refused" && beforeSignature.includes(expected.step!) && expected.pass !== undefined,
  );
  expect(named).toEqual([]);
});

test("every reason that reading and verifying can give stands in some vector", () => {
  const given = new Set(all.map(({ vector }) => vector.expected.reason));
  const upTo = DENY_REASONS.slice(0, DENY_REASONS.indexOf("PassKindNotTaken") + 1);
  expect(upTo.filter((reason) => !given.has(reason))).toEqual([]);
});
