import { LOAN_STATES } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";
import { LOAN_STATE_WORDS } from "./card-loan.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  for (const name of ["zhang", "wang"]) await one("person", "add", "--name", name, "--account", `${name}@example.edu`, "--audience", "student");
});
afterEach(() => cloud.end());

const one = async (...words: readonly string[]): Promise<Record<string, unknown>> => (await cloud.json(...words))[0]!;
const lending = (name: string, ...words: readonly string[]) => ["card", "lend", `${name}@example.edu`, "--desk", "C1", ...words];

test("the command line knows the states of loans", () => {
  expect([...LOAN_STATE_WORDS]).toEqual([...LOAN_STATES]);
});

test("a card is lent for eight hours, is overdue behind them, comes back by its holder's name, and is lent to the next", async () => {
  const lent = await one(...lending("zhang", "--number", "04a1b2c3", "--reason", "own card at home"));
  expect(lent).toMatchObject({ desk: "C1", state: "out", lentAt: "2026-09-01T00:00:00Z", dueAt: "2026-09-01T08:00:00Z", change: expect.any(Number) });
  expect(JSON.stringify(lent)).not.toMatch(/04a1b2c3/i);
  expect(await cloud.run(lending("wang", "--number", "04A1B2C3"))).toMatchObject({ exitCode: 1, err: expect.stringContaining("NumberTaken") });
  expect(await cloud.run(lending("zhang", "--number", "04a1b2c4"))).toMatchObject({ exitCode: 1, err: expect.stringMatching(/AlreadyLent.*\non: card for person .*\nnext: /) }); // prettier-ignore
  cloud.pass(8 * 3_600);
  expect((await cloud.run(["card", "loans", "--state", "overdue"], { isTty: true })).out).toMatch(
    /^CREDENTIAL +PERSON +DESK +STATE +LENT +DUE +BACK\n[0-9a-f]{16} +[0-9a-f-]{36} +C1 +overdue +20\d\d-/,
  );
  expect(await cloud.json("card", "loans", "--state", "out")).toEqual([]);
  expect(await one("card", "take-back", "--person", "zhang@example.edu")).toMatchObject({ credential: lent["credential"], state: "returned" });
  expect(await one("card", "take-back", String(lent["credential"])), "again changes nothing").toMatchObject({ returnedAt: "2026-09-01T08:00:00Z" });
  expect(await cloud.run(["card", "take-back", "--person", "zhang@example.edu"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("no lent card is out") }); // prettier-ignore
  const next = lending("wang", "--number", "-", "--until", "2026-09-01T10:00:00Z");
  expect(await cloud.run(next), "no card was held before the reader").toMatchObject({ exitCode: 2, err: expect.stringContaining("\non: standard input\n") });
  const typed = await cloud.run(next, { input: "04:A1:B2:C3\n" });
  expect(JSON.parse(typed.out)).toMatchObject({ state: "out", dueAt: "2026-09-01T10:00:00Z" });
  expect(await cloud.json("card", "loans", "--person", "wang@example.edu")).toHaveLength(1);
});

test("a number is taken as it is printed or read, and one that cannot be is refused without a digit of it", async () => {
  const printed = await one(...lending("zhang", "--number", "77705923", "--as", "decimal-10", "--for", "90m"));
  expect(printed).toMatchObject({ dueAt: "2026-09-01T01:30:00Z" });
  expect(await cloud.run(lending("wang", "--number", "04a1b2c3")), "the same card as a reader of UIDs has it").toMatchObject({ err: expect.stringContaining("NumberTaken") }); // prettier-ignore
  const wrong = await cloud.run(lending("wang", "--number", "77705923123", "--as", "decimal-10"));
  expect([wrong.exitCode, wrong.err]).toEqual([2, expect.stringMatching(/^portico: the number cannot be read: .*\non: --number\nnext: /)]);
  expect(wrong.err).not.toContain("77705923");
  expect(await cloud.run(lending("wang", "--number", "77", "--as", "hex"))).toMatchObject({ exitCode: 2, err: expect.stringContaining("choose of uid-hex, ") });
});

test("for more than 24 hours none is lent, nor to whom the card was frozen; which card is back has to be said", async () => {
  const long = await cloud.run(lending("zhang", "--number", "04a1b2c3", "--for", "2d"));
  expect(long).toMatchObject({ exitCode: 2, err: expect.stringContaining("body /dueAt: within the next 24 hours") });
  const own = await one("credential", "add", "--person", "zhang@example.edu", "--kind", "card", "--number", "04a1b2c4");
  await one("credential", "freeze", String(own["id"]), "--reason", "evidence");
  expect(await cloud.run(lending("zhang", "--number", "04a1b2c3"))).toMatchObject({ exitCode: 1, err: expect.stringContaining("CredentialFrozen") });
  expect(await cloud.run(["card", "take-back"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("which lent card?") });
  expect(await cloud.run(["card", "take-back", "5c2f90b6a1d3e847", "--person", "zhang@example.edu"])).toMatchObject({ exitCode: 2 });
  expect(await cloud.run(["card", "take-back", "5c2f90b6a1d3e847"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("LentCardUnknown") });
});
