import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { asTyped, commandWord } from "./command-word.ts";
import { runRecorded } from "./recorded-surroundings.ts";

const CHECKOUT = "/src/portico";
const IN_CHECKOUT = { checkout: CHECKOUT, workingFolder: CHECKOUT, env: {} };
const NOUNS = ["door", "event", "doctor"];

/** A folder that has the command. */
function folderWithCommand(...path: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const bin = join(folder, ...path);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "portico"), "");
  return bin;
}

test("the command is typed as it can be found: installed, within a checkout, and from elsewhere", () => {
  expect(commandWord({ ...IN_CHECKOUT, checkout: undefined })).toBe("portico");
  expect(commandWord(IN_CHECKOUT)).toBe("npx portico");
  expect(commandWord({ ...IN_CHECKOUT, workingFolder: `${CHECKOUT}/docs` })).toBe("npx portico");
  expect(commandWord({ ...IN_CHECKOUT, workingFolder: "/src" })).toBe("node /src/portico/cli/bin/portico.js");
  expect(commandWord({ ...IN_CHECKOUT, workingFolder: "/src/portico-2" })).toBe("node /src/portico/cli/bin/portico.js");
});

test("a checkout whose command is in a folder of PATH is typed like an installed one; the folders of npx do not count", () => {
  expect(commandWord({ ...IN_CHECKOUT, env: { PATH: `/nowhere:${folderWithCommand()}` } })).toBe("portico");
  expect(commandWord({ ...IN_CHECKOUT, env: { PATH: folderWithCommand("node_modules", ".bin") } })).toBe("npx portico");
});

test.each([
  ["next: portico event explain 161", "next: npx portico event explain 161"],
  ["`portico doctor` on the controller", "`npx portico doctor` on the controller"],
  ["sudo -u portico portico doctor", "sudo -u portico npx portico doctor"],
  ["Usage: portico [options] [command]", "Usage: npx portico [options] [command]"],
  ["next: portico --help", "next: npx portico --help"],
  ["next: npx portico door list", "next: npx portico door list"],
  ["portico: a door is open", "portico: a door is open"],
  ["sudo usermod -aG portico $USER", "sudo usermod -aG portico $USER"],
  ["edit /etc/portico/portico.toml", "edit /etc/portico/portico.toml"],
  ["portico doors are no command", "portico doors are no command"],
])("%s", (text, typed) => {
  expect(asTyped(text, IN_CHECKOUT, NOUNS)).toBe(typed);
  expect(asTyped(text, { ...IN_CHECKOUT, checkout: undefined }, NOUNS)).toBe(text);
});

test("in a checkout errors, talk, help and the doctor's remedies name the command as it is typed there", async () => {
  const failed = await runRecorded(IN_CHECKOUT, "event", "explain", "x");
  expect(failed.err).toBe("portico: not the number of an event\non: x\nnext: npx portico event tail shows the numbers\n");
  const help = (await runRecorded(IN_CHECKOUT, "door", "--help")).out;
  expect(help).toContain("Usage: npx portico door");
  expect(help).toMatch(/^ {2}npx portico door list +what every door is doing now$/m);
  expect((await runRecorded(IN_CHECKOUT, "door")).err).toContain("  npx portico door list");
  expect((await runRecorded({ ...IN_CHECKOUT, isTty: true }, "doctor")).out).toContain("npx portico config init");
});
