import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

test("what is typed behind an option or as an argument is known by its name", () => {
  const nodeOf = (...path: string[]) => completionNodes(program).find((node) => node.path.join(" ") === path.join(" "))!;
  const valueOf = (flag: string, ...path: string[]) => nodeOf(...path).options.find((option) => option.flag === flag)?.value;
  expect(valueOf("--phone", "pass", "make")).toEqual({ kind: "file" });
  expect(valueOf("--socket", "status")).toEqual({ kind: "file" });
  expect(valueOf("--data", "doctor")).toEqual({ kind: "folder" });
  expect(valueOf("--person", "sim", "scan")).toEqual({ kind: "other" });
  expect(valueOf("--walk", "sim", "scan")).toBeUndefined();
  expect(nodeOf("list", "load").argument).toEqual({ kind: "folder" });
  expect(nodeOf("config", "check").argument).toEqual({ kind: "file" });
  expect(nodeOf("completion").argument).toEqual({ kind: "choice", choices: SHELLS });
  expect(nodeOf("door", "list").argument).toBeUndefined();
});

test.each<[shell: string, lines: readonly string[]]>([
  ["zsh", ['(" pass make --phone") _files; return', '(" list load "*) _files -/; return', '(" completion "*) compadd -- bash zsh fish; return']],
  [
    "fish",
    [
      `complete -c portico -n '__portico_path " pass make"' -l phone -d 'phone file: site, credential, key and counters' -r -F`,
      `complete -c portico -n '__portico_path " list load"' -f -a '(__fish_complete_directories)'`,
      `complete -c portico -n '__portico_path " completion"' -f -a 'bash zsh fish'`,
    ],
  ],
])("the script for %s offers files, folders and words", async (shell, lines) => {
  const script = (await scriptOf(shell)).split("\n").map((line) => line.trim());
  for (const line of lines) expect(script).toContainEqual(expect.stringContaining(line));
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
  const reply = await bashReply(typed);
  expect(reply).toEqual(expect.arrayContaining(offered));
  if (typed.at(-1) !== "") expect(reply.every((word) => word.startsWith(typed.at(-1)!))).toBe(true);
});

test.each<[typed: string[], offered: string[]]>([
  [
    ["pass", "make", "--phone", ""],
    ["a phone.json", "completion", "list"],
  ],
  [["pass", "make", "--phone", "a"], ["a phone.json"]],
  [["list", "load", ""], ["list"]],
  [["list", "load", "li"], ["list"]],
  [["door", "list", "--data", ""], ["list"]],
  [["config", "check", "c"], ["completion"]],
  [
    ["completion", ""],
    ["bash", "zsh", "fish"],
  ],
  [["completion", "f"], ["fish"]],
  [["sim", "scan", "gate-1-in", "--person", ""], []],
])("bash offers for %j exactly what fits", async (typed, offered) => {
  expect((await bashReply(typed)).sort()).toEqual([...offered].sort());
});

test("whoever begins an option where a folder is wanted is offered options", async () => {
  expect(await bashReply(["list", "load", "--re"])).toEqual(["--reason"]);
});

/** What bash offers for the last word, in a folder with a folder `list` and two files. */
async function bashReply(typed: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "completion"), await scriptOf("bash"));
  writeFileSync(join(folder, "a phone.json"), "");
  mkdirSync(join(folder, "list"));
  const words = ["portico", ...typed].map((word) => `'${word}'`).join(" ");
  const script = `source completion; COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _portico; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync("bash", ["-c", script], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return said.split("\n").filter((word) => word !== "");
}

test("an unknown shell is wrong usage", async () => {
  expect(await runRecorded({}, "completion", "tcsh")).toMatchObject({ exitCode: 2, out: "" });
});
