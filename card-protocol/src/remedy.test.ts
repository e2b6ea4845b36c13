import { expect, test } from "vitest";
import { DENY_REASONS } from "./deny-reason.ts";
import { SUSPENSION_REASONS } from "./suspension-reason.ts";
import { REMEDIES, REMEDY, remedyAgainst } from "./remedy.ts";

test("every remedy helps against some refusal, and is said in Chinese and in English", () => {
  const used = new Set([...DENY_REASONS.map((reason) => remedyAgainst(reason)), ...SUSPENSION_REASONS.map((word) => remedyAgainst("CredentialNotEnabled", word))]); // prettier-ignore
  expect([...used].sort()).toEqual([...REMEDIES].sort());
  for (const { en, zh } of Object.values(REMEDY)) {
    expect(en).toMatch(/^[A-Z].*\.$/);
    expect(zh).toMatch(/^[\u4e00-\u9fff].*。$/);
  }
});

test("the detail tells nearer what helps of a credential that is not enabled alone", () => {
  expect(remedyAgainst("CredentialNotEnabled", "CredentialLost")).toBe("ReturnLostCard");
  expect(remedyAgainst("CredentialNotEnabled", "Frozen")).toBe("AskForUnfreezing");
  expect(remedyAgainst("CredentialNotEnabled", "a word of tomorrow")).toBe("AskWhySuspended");
  expect(remedyAgainst("CredentialExpired", "Frozen")).toBe("RenewCredential");
});
