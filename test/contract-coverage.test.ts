import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../scripts/contract-coverage.mjs", import.meta.url));
const { contractCoverage } = (await import(SCRIPT)) as {
  readonly contractCoverage: (root: string) => { readonly page: string; readonly complaints: readonly string[] };
};
const CONTRACT = "# Contract\nScreen halves: 1.2\n\n## 1 One\n- 1.1 First.\n- 1.2 Second.\n\n## 2 Two\n- 2.1 Third | and more.\n- 2.11 Fourth.\n";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A checkout with these files. */
function checkout(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "portico-contract-"));
  folders.push(root);
  for (const [path, text] of Object.entries({ "docs/contract.md": CONTRACT, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
/** The places that prove each rule, of one test file `a.test.ts` among others. */
function proofs(text: string, others: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { page, complaints } = contractCoverage(checkout({ "pkg/src/a.test.ts": text, ...others }));
  expect(complaints).toEqual([]);
  const rows = [...page.matchAll(/^\| (\d+\.\d+) \| .* \| ([^|]*) \|$/gm)].map(([, rule, tests]) => [rule!, tests!.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")]);
  return Object.fromEntries(rows.filter(([, tests]) => tests !== "open" && tests !== "open; screen: open"));
}

test("docs/contract-coverage.md is what the script writes: after a change of rule or test, npm run contract-coverage", () => {
  const { stdout, stderr } = spawnSync(process.execPath, [SCRIPT, "--print"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(readFileSync(new URL("../docs/contract-coverage.md", import.meta.url), "utf8")).toBe(stdout);
});

test("every rule has a row, with the line of its test or open, and a screen half has its own", () => {
  const { page } = contractCoverage(
    checkout({ "pkg/src/a.test.ts": 'import { x } from "./x.ts";\n\ntest("rule 1.1: a", () => {\n  expect(x as number).toBe(1);\n});\n' }),
  );
  expect(page).toContain("1 of 4 rules have a test, 0 of 1 screen halves.");
  expect(page).toContain("\n| 1.1 | First. | [pkg/src/a.test.ts:3](../pkg/src/a.test.ts#L3) |\n| 1.2 | Second. | open; screen: open |\n");
  expect(page).toContain("| 2.1 | Third / and more. | open |");
});

test.each<[string, string, Record<string, string>]>([
  ["the longer number is not the shorter one", 'test("rule 2.11: a", () => expect(1).toBe(1));', { "2.11": "pkg/src/a.test.ts:1" }],
  ["two rules", 'test("rule 1.1 and rule 2.1", () => expect(1).toBe(1));', { "1.1": "pkg/src/a.test.ts:1", "2.1": "pkg/src/a.test.ts:1" }],
  ["a template string", "const n = 1;\ntest(`rule 2.1: ${n}`, () => expect(1).toBe(1));", { "2.1": "pkg/src/a.test.ts:2" }],
  [
    "a group's name",
    'describe("rule 2.1", () => {\n  it("a", async () => {\n    await expect(f()).rejects.toThrow();\n  });\n});',
    { "2.1": "pkg/src/a.test.ts:2" },
  ],
  ["a title for each row", 'test.each<number>([1, 2])("rule 2.1: %d", (n) => expect(n).toBe(n));', { "2.1": "pkg/src/a.test.ts:1" }],
  [
    "a rule for each row",
    'test.each([["1.1", 1], ["2.1", 2]])("rule %s: %d", (n) => expect(n).toBe(n));',
    { "1.1": "pkg/src/a.test.ts:1", "2.1": "pkg/src/a.test.ts:1" },
  ],
  ["a rule for each record", 'test.concurrent.each([{ rule: "2.1" }])("rule $rule", (n) => expect(n).toBe(n));', { "2.1": "pkg/src/a.test.ts:1" }],
  ["a screen half alone", 'test("rule 1.2 on the screen: a", () => expect(1).toBe(1));', { "1.2": "open; screen: pkg/src/a.test.ts:1" }],
  [
    "an expectation in a function of the file",
    'function check(n: number): void {\n  expect(n).toBe(1);\n}\ntest("rule 2.1", () => check(1));',
    { "2.1": "pkg/src/a.test.ts:4" },
  ],
  ["an expectation in a function of the same name within another", 'const check = (): void => check();\ntest("rule 2.1", () => check());', {}],
  ["a skipped test", 'test.skip("rule 2.1", () => expect(1).toBe(1));', {}],
  ["a test in a skipped group", 'describe.skip("b", () => test("rule 2.1", () => expect(1).toBe(1)));', {}],
  ["a test that is skipped somewhere", 'test.skipIf(process.env["CI"])("rule 2.1", () => expect(1).toBe(1));', {}],
  ["a test with skip among its options", 'test("rule 2.1", { skip: true }, () => expect(1).toBe(1));', {}],
  ["a test to do", 'test.todo("rule 2.1");', {}],
  ["a test that is expected to fail", 'test.fails("rule 2.1", () => expect(1).toBe(2));', {}],
  ["a test that expects nothing", 'test("rule 2.1", () => {\n  expect.hasAssertions();\n  expect(1);\n});', {}],
  ["a test that is commented out", '// test("rule 2.1", () => expect(1).toBe(1));\n/* test("rule 1.1", () => expect(1).toBe(1)); */', {}],
  ["a test in a text", "const text = 'test(\"rule 2.1\", () => expect(1).toBe(1))';", {}],
])("%s", (_, text, found) => {
  expect(proofs(text)).toEqual(found);
});

test("expectations of an imported function count, and tests of scenarios and contracts; those of built files do not", () => {
  const others = {
    "pkg/src/check.ts": "export const check = (n: number): void => expect(n).toBe(1);",
    "simulator/scenarios/b.scenario.ts": 'test("rule 2.1", () => expect(1).toBe(1));',
    "simulator/scenarios/contracts/c.contract.ts": 'export function contract(): void {\n  test("rule 2.1", () => expect(1).toBe(1));\n}',
    "pkg/dist/a.test.ts": 'test("rule 2.1", () => expect(1).toBe(1));',
    "pkg/node_modules/x/a.test.ts": 'test("rule 2.1", () => expect(1).toBe(1));',
  };
  expect(proofs('import { check as judge } from "./check.ts";\ntest("rule 1.1", () => judge(1));', others)).toEqual({
    "1.1": "pkg/src/a.test.ts:2",
    "2.1": "simulator/scenarios/b.scenario.ts:1, simulator/scenarios/contracts/c.contract.ts:2",
  });
});

test("a test of a rule that the contract does not have is named, and nothing is printed", () => {
  const root = checkout({ "pkg/src/a.test.ts": 'test("rule 2.1 on the screen, rule 9.9", () => expect(1).toBe(1));' });
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, "--print", "--root", root], { encoding: "utf8" });
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toBe(
    "docs/contract.md has no rule 2.1 on the screen, which pkg/src/a.test.ts:1 names\ndocs/contract.md has no rule 9.9, which pkg/src/a.test.ts:1 names\n",
  );
});
