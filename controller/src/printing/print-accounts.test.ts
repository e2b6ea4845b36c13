import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PrintAccounts } from "./print-accounts.ts";

const ZHANG = "a1a2a3a4a5a6a7a8";
const LI = "b1b2b3b4b5b6b7b8";

test("accounts are whose the file says, letter by letter, and what was changed counts from the next scan on", () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-accounts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "print-accounts.csv");
  const warnings: string[] = [];
  const accounts = new PrintAccounts(file, (warning) => warnings.push(warning));
  let at = 1_000;
  const say = (text: string): void => {
    writeFileSync(file, text);
    utimesSync(file, ++at, at); // a file system may count in whole seconds
    accounts.refresh();
  };
  accounts.refresh();
  expect([accounts.credentialOf("zhang"), warnings.length]).toEqual([undefined, 1]);
  say(`\ufeffaccount,credential\r\nzhang,${ZHANG}\r\nzhang@connect, ${LI}\r\n\r\n`);
  expect(["zhang", "zhang@connect", "Zhang", ""].map((account) => accounts.credentialOf(account))).toEqual([ZHANG, LI, undefined, undefined]);
  for (const [spoilt, line] of [
    [`account,person\n`, 1],
    [`account,credential\nzhang,${ZHANG}\nli,12\n`, 3],
    [`account,credential\nzhang,${ZHANG}\nzhang,${LI}\n`, 3],
  ] as const) {
    // prettier-ignore
    say(spoilt);
    expect(warnings.at(-1)).toContain(`line ${line} `);
    expect(accounts.credentialOf("zhang"), "as it was").toBe(ZHANG);
  }
  say(`account,credential\nzhang,${LI}\n`);
  expect([accounts.credentialOf("zhang"), accounts.credentialOf("zhang@connect"), warnings.length]).toEqual([LI, undefined, 4]);
});
