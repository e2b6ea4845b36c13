import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { expect, onTestFinished, test } from "vitest";
import { completionNodes, SHELLS } from "./completion.ts";
import { makeProgram } from "./program.ts";
import { RecordedSurroundings, runRecorded } from "./recorded-surroundings.ts";

const program = makeProgram(new RecordedSurroundings());
const scriptOf = async (shell: string): Promise<string> => (await runRecorded({}, "completion", shell)).out;
const countOf = (command: Command): number => 1 + command.commands.reduce((sum, child) => sum + countOf(child), 0);

test("the nodes are every command of the tree, each with all its options", () => {
  const nodes = completionNodes(program);
  expect(nodes).toHaveLength(countOf(program));
  for (const { path, options, children } of nodes) {
    const command = path.reduce((at, name) => at.commands.find((child) => child.name() === name)!, program);
    expect(children.map(({ name }) => name)).toEqual(command.commands.map((child) => child.name()));
    expect(options.map(({ flag }) => flag)).toEqual(command.options.map(({ long }) => long));
  }
});

test.each(SHELLS)("the script for %s names every command and every option", async (shell) => {
  const script = await scriptOf(shell);
  for (const { path, options } of completionNodes(program)) {
    for (const word of path) expect(script).toContain(word);
    for (const { flag } of options) expect(script).toContain(shell === "fish" ? `-l ${flag.slice(2)} ` : flag);
  }
});

test.each<[typed: string[], offered: string[]]>([
  [[""], ["status", "door", "--version", "--help"]],
  [
    ["door", ""],
    ["list", "access", "lock-down"],
  ],
  [
    ["door", "l"],
    ["list", "lock", "lock-down"],
  ],
  [
    ["door", "list", "--"],
    ["--format", "--alarm", "--socket", "--help"],
  ],
  [
    ["door", "list", "--format", ""],
    ["table", "jsonl"],
  ],
  [["door", "access", "library", "--re"], ["--reason"]],
  [
    ["pass", "make", "--kind", "H"],
    ["H", "HC"],
  ],
])("bash completes %j", async (typed, offered) => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "completion"), await scriptOf("bash"));
  const words = ["portico", ...typed].map((word) => `'${word}'`).join(" ");
  const said = execFileSync(
    "bash",
    ["-c", `source completion; COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _portico; printf '%s\\n' "\${COMPREPLY[@]}"`],
    {
      cwd: folder,
      encoding: "utf8",
    },
  );
  const reply = said.trim().split("\n");
  expect(reply).toEqual(expect.arrayContaining(offered));
  if (typed.at(-1) !== "") expect(reply.every((word) => word.startsWith(typed.at(-1)!))).toBe(true);
});

test("an unknown shell is wrong usage", async () => {
  expect(await runRecorded({}, "completion", "tcsh")).toMatchObject({ exitCode: 2, out: "" });
});
