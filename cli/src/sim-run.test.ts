import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runRecorded } from "./recorded-surroundings.ts";

function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test("a minute of campus life in virtual time: a line for each thing that happens, and a summary of which everything is as it had to be", async () => {
  const { exitCode, out, err } = await runRecorded({}, "sim", "run", "--once", "--fast", "--seed", "7");
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  const lines = out.trimEnd().split("\n");
  const heading = lines.findIndex((line) => line.startsWith("TIME"));
  const end = lines.indexOf("");
  const log = lines.slice(heading + 1, end);
  expect(log.length).toBeGreaterThan(50);
  for (const column of ["WHO", "WHERE", "WHAT"].map((name) => lines[heading]!.indexOf(name)))
    for (const line of log) expect(line.slice(column - 2, column), line).toBe("  ");
  expect(log.some((line) => /zhang +gate-\d-in +granted +\d+\.\d ms {2}01 05 02 00 00 03 8C 73$/.test(line))).toBe(true);
  expect(log.some((line) => /chen +gate-\d-in +refused +PassExpired: .*the phone's clock is 90 s slow$/.test(line))).toBe(true);
  expect(log.some((line) => line.endsWith(" card"))).toBe(true);
  expect(lines.slice(end + 1).map((line) => line.slice(0, 12).trim())).toEqual(
    expect.arrayContaining(["visits", "refused", "outcomes", "to the relay", "card lost", "cloud away", "card found", "event chain"]),
  );
  expect(lines).toContain("outcomes      each as it had to be");
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
});

test("for a program the same minute is JSON lines, none of them with a pass or a card number, the summary last", async () => {
  const { exitCode, out } = await runRecorded({}, "sim", "run", "--fast", "--seed", "1", "--format", "jsonl");
  expect(exitCode).toBe(0);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly kind: string });
  expect(new Set(lines.map(({ kind }) => kind))).toEqual(new Set(["judged", "acted", "event", "followed", "show", "summary"]));
  const summary = lines.findLast(({ kind }) => kind === "summary");
  expect(summary).toMatchObject({
    seed: 1,
    unexpected: [],
    crashes: 0,
    chains: [{ verdict: { kind: "whole" } }, { verdict: { kind: "whole" } }],
    cloud: { found: { afterwards: "granted" } },
  });
  expect(out).not.toContain("CP1:");
});

test.each([
  [["--day", "--fast"], "'--day' cannot be used with option '--fast'"],
  [["--day", "--once"], "'--day' cannot be used with option '--once'"],
  [["--fast", "--wires", "tcp"], "'--fast' cannot be used with option '--wires <kind>'"],
  [["--fast", "--eaters", "5"], "--eaters has no use without --day"],
])("sim run refuses %j: one of them would do nothing", async (words, what) => {
  expect(await runRecorded({}, "sim", "run", ...words)).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(what) });
});

test("where Portico is installed a folder must be named", async () => {
  expect(await runRecorded({}, "sim", "run")).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining("name one with --data") });
});

test.each([
  ["portico.toml", "[site]\n"],
  ["controller.db", ""],
])("a folder that holds %s of real doors is not touched", async (file, content) => {
  const data = temporary();
  writeFileSync(join(data, file), content);
  const { exitCode, err } = await runRecorded({}, "sim", "run", "--data", data);
  expect({ exitCode, err }).toEqual({ exitCode: 2, err: expect.stringContaining("this folder belongs to a controller of real doors") });
});

test.each([
  ["wire list", ["sim", "wire", "list"]],
  ["wire cut", ["sim", "wire", "cut", "gate-1"]],
  ["scan", ["sim", "scan", "gate-1-in", "--person", "zhang"]],
])("sim %s without a running campus ends with 3 and says how to start one", async (_, words) => {
  const data = temporary();
  expect(await runRecorded({ checkout: "/home/zhang/portico" }, ...words, "--data", data)).toEqual({
    exitCode: 3,
    out: "",
    err: `portico: no simulated campus is running\non: ${join(data, "sim.sock")}\nnext: \`npm start\` starts one\n`,
  });
});
