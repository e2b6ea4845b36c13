import type { Command } from "commander";
import { expect, test } from "vitest";
import { makeProgram } from "./program.ts";
import { RecordedSurroundings, runRecorded } from "./recorded-surroundings.ts";

/** Every command of the tree by the words that lead to it. */
function commandsOf(command: Command, path: readonly string[] = []): { readonly path: readonly string[]; readonly command: Command }[] {
  return [{ path, command }, ...command.commands.flatMap((child) => commandsOf(child, [...path, child.name()]))];
}
const COMMANDS = commandsOf(makeProgram(new RecordedSurroundings())).map(({ path, command }) => ({ typed: path.join(" "), path, command }));

test("a command line makes the command that it begins with alone", () => {
  const alone = (word?: string) => makeProgram(new RecordedSurroundings(), word).commands.map((command) => command.name());
  const all = alone();
  expect(all.length).toBeGreaterThan(30);
  expect(all.map((word) => alone(word))).toEqual(all.map((word) => [word]));
  expect([alone("--help"), alone("toString")]).toEqual([all, all]);
});

test.each(COMMANDS)("portico $typed --help shows usage and examples that begin with the command", async ({ path }) => {
  const { exitCode, out, err } = await runRecorded({}, ...path, "--help");
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  expect(out).toContain(`Usage: ${["portico", ...path].join(" ")}`);
  const examples = out.slice(out.indexOf("Examples:")).match(/^ {2}.*$/gm)!;
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) expect(example).toContain(["portico", ...path].join(" "));
});

test.each(COMMANDS.filter(({ command }) => command.commands.length === 0))("portico $typed describes every option and argument it has", ({ command }) => {
  expect(command.description()).toMatch(/\S/);
  expect(command.options.filter(({ description }) => description === "").map(({ flags }) => flags)).toEqual([]);
});

test.each([
  ["an unknown noun", ["dor", "list"], "unknown command 'dor'", "did you mean door?"],
  ["an unknown verb", ["door", "lst"], "unknown command 'lst'", "did you mean list?"],
  ["a word that is near nothing", ["banana"], "unknown command 'banana'", "portico --help"],
  ["an unknown option", ["door", "list", "--frmat", "x"], "unknown option '--frmat'", "did you mean --format?"],
  ["a missing argument", ["door", "access"], "missing required argument 'door'", "portico door access --help"],
  ["too many arguments", ["door", "list", "x"], "too many arguments for 'list'. Expected 0 arguments but got 1", "portico door list --help"],
  [
    "a value that is no choice",
    ["door", "list", "--format", "xml"],
    "option '--format <format>' argument 'xml' is invalid. Allowed choices are table, jsonl",
    "portico door list --help",
  ],
  [
    "a number out of range",
    ["event", "tail", "--limit", "0"],
    "option '--limit <count>' argument '0' is invalid. A whole number from 1 to 100000 is wanted",
    "portico event tail --help",
  ],
])("%s is wrong usage, told in three lines", async (_, words, what, next) => {
  const { exitCode, out, err } = await runRecorded({}, ...words);
  expect({ exitCode, out, lines: err.split("\n") }).toEqual({
    exitCode: 2,
    out: "",
    lines: [`portico: ${what}`, `on: portico ${words.join(" ")}`, `next: ${next}`, ""],
  });
});

test("a page of text that was typed is told by its beginning, on one line each", async () => {
  const { exitCode, err } = await runRecorded({}, "door", "lock", "library", "--reason", `why\n${"x".repeat(5_000)}`);
  expect({ exitCode, lines: err.split("\n") }).toEqual({
    exitCode: 2,
    lines: [
      `portico: option '--reason <text>' argument 'why\\x0a${"x".repeat(73)}…' is invalid. At most 200 characters are wanted`,
      `on: portico door lock library --reason why\\x0a${"x".repeat(76)}…`,
      "next: portico door lock --help",
      "",
    ],
  });
});

test.each([[], ["door"], ["pass"]])("a noun without a verb is wrong usage and shows help as talk: %j", async (...words) => {
  const { exitCode, out, err } = await runRecorded({}, ...words);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  expect(err).toContain("Usage: portico");
});

test("--version prints the version alone", async () => {
  expect(await runRecorded({}, "--version")).toEqual({ exitCode: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: "" });
});
