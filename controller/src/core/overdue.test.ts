import { type Credential, type Permission, unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { overdueSince } from "./overdue.ts";

const credential = (validUntil: number): Credential => ({ id: "a1a2a3a4a5a6a7a8", holder: 1, kind: "plate", validFrom: unixSeconds(0), validUntil: unixSeconds(validUntil), takes: [], flags: [] }); // prettier-ignore
const permission = (validUntil: number): Permission => ({ accessProfile: "visit", capability: "pass", validFrom: unixSeconds(0), validUntil: unixSeconds(validUntil), schedule: { id: "always", weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } } }); // prettier-ignore

test("rule 7.12: somebody is overdue from the end of their credential or of the last permission that let them in, whichever is first", () => {
  const now = unixSeconds(1_000);
  expect(overdueSince(credential(2_000), [permission(900), permission(1_001)], now)).toBeUndefined();
  expect(overdueSince(credential(2_000), [permission(900), permission(1_000)], now)).toBe(1_000);
  expect(overdueSince(credential(950), [permission(3_000)], now)).toBe(950);
  expect(overdueSince(undefined, [], now)).toBe("withdrawn");
  expect(overdueSince(credential(2_000), [], now)).toBe("withdrawn");
});
