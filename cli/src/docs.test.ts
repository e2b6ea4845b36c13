import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { completionNodes } from "./completion.ts";
import { makeProgram } from "./program.ts";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

/** docs/cli.md by its headings: the command of each, and the text below it. */
const SECTIONS = new Map(
  readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8")
    .split(/^#{2,3} (?=`portico)/m)
    .slice(1)
    .map((section): [string, string] => [/^`portico ?([a-z0-9 -]*?)(?: [<[].*)?`/.exec(section)![1]!, section]),
);
const NODES = completionNodes(makeProgram(new RecordedSurroundings())).filter(({ path }) => path.length > 0);
/** Described once for all commands, at the top. */
const EVERYWHERE = ["--format", "--config", "--data", "--socket", "--by", "--cloud", "--key", "--reason", "--lang"];

test("docs/cli.md has a heading for every command, in the order of the tree, and for nothing else", () => {
  expect([...SECTIONS.keys()]).toEqual(NODES.map(({ path }) => path.join(" ")));
});

test.each(NODES.map((node) => ({ ...node, typed: node.path.join(" ") })))("docs/cli.md tells every option of portico $typed", ({ typed, options }) => {
  const section = SECTIONS.get(typed) ?? "";
  expect(options.map(({ flag }) => flag).filter((flag) => !EVERYWHERE.includes(flag) && !section.includes(flag))).toEqual([]);
});
