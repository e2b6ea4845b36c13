import { expect, test } from "vitest";
import { benchOptions } from "./bench-options.ts";

const NAMES = ["verify", "gate"];

test("the options of the bench", () => {
  expect(benchOptions([], NAMES)).toEqual({ json: false, only: undefined, help: false });
  expect(benchOptions(["--json", "--only", "gate"], NAMES)).toEqual({ json: true, only: "gate", help: false });
  expect(benchOptions(["-h", "--only", "x"], NAMES)).toEqual({ json: false, only: "x", help: true });
});

test.each([
  ["an unknown option", ["--jsn"], "Unknown option '--jsn'"],
  ["an option without its value", ["--only"], "Option '--only <value>' argument missing"],
  ["an option for another's value", ["--only", "--json"], "Option '--only' argument is ambiguous"],
  ["a value for an option that takes none", ["--json=x"], "Option '--json' does not take an argument"],
  ["a word too many", ["gate"], "Unexpected argument 'gate'"],
  ["a goal that is none", ["--only", "gat"], "no goal is called gat"],
  ["an empty goal", ["--only", ""], "no goal is called nothing"],
])("%s is told in three lines", (_, words, what) => {
  const read = benchOptions(words, NAMES);
  const lines = "wrong" in read ? read.wrong.split("\n") : [];
  expect(lines).toEqual([
    expect.stringContaining(`portico bench: ${what}`),
    `on: npm run bench -- ${words.join(" ")}`,
    expect.stringMatching(/^next: npm run bench -- --help/),
    "",
  ]);
});
