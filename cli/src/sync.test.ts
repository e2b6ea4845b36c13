import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CommandRecord } from "./recorded-surroundings.ts";
import { serveCloud, type ServedCloud } from "./served-cloud.ts";

let folder: string;
let cloud: ServedCloud;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  cloud = await serveCloud(folder);
});
afterEach(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true });
});

const HEADING = "key,account,name,phone,audience,from,until,cards,qr";
const csv = (...rows: string[]): void => writeFileSync(join(folder, "people.csv"), [HEADING, ...rows, ""].join("\r\n"));
const student = (key: string, name = key): string => `${key},${key}@connect.example.edu,${name},,student,2026-09-01,2030-07-01,,yes`;
const run = (...words: string[]): Promise<CommandRecord> => cloud.surroundings().run("sync", ...words);
const lines = (text: string): Record<string, unknown>[] => text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore

test("a CSV file is pushed, and pushed again it changes nothing; compare tells what differs and changes nothing", async () => {
  csv(student("a", "安"), student("b"));
  const planned = await run("push", "people.csv", "--plan", "--rows");
  expect([planned.exitCode, lines(planned.out)]).toEqual([0, [
    expect.objectContaining({ source: "registry", state: "planned", added: 2, removed: 0 }),
    expect.objectContaining({ line: 2, key: "a", outcome: "added" }),
    expect.objectContaining({ line: 3, key: "b", outcome: "added" }),
  ]]); // prettier-ignore
  const pushed = await run("push", "people.csv");
  expect([pushed.exitCode, pushed.err, lines(pushed.out)]).toEqual([0, expect.stringMatching(/^going on with push \S+, which was planned\n$/), [expect.objectContaining({ state: "applied", added: 2 })]]); // prettier-ignore
  expect(lines((await run("push", "people.csv")).out)).toMatchObject([{ state: "applied", added: 0, same: 2 }]);
  expect(await run("compare", "people.csv")).toMatchObject({ exitCode: 0, out: expect.stringContaining('"same":2,"different":0,"missing":0,"extraneous":0') });
  csv(student("a", "Anna"), student("c"));
  const compared = await run("compare", "people.csv");
  expect([compared.exitCode, lines(compared.out)]).toEqual([1, [
    { source: "registry", same: 0, different: 1, missing: 1, extraneous: 1, refused: 0 },
    expect.objectContaining({ line: 2, key: "a", outcome: "different", fields: ["name"] }),
    expect.objectContaining({ line: 3, key: "c", outcome: "missing" }),
    expect.objectContaining({ line: null, key: "b", outcome: "extraneous" }),
  ]]); // prettier-ignore
  expect(lines((await run("push", "people.csv", "--partial")).out)).toMatchObject([{ state: "applied", added: 1, changed: 1, removed: 0 }]);
  const table = await cloud.surroundings({ isTty: true }).run("sync", "compare", "people.csv");
  expect(table.out).toMatch(/^same +2\ndifferent +0\nmissing +0\nextraneous +1\nrefused +0\nLINE +KEY +OUTCOME +WHAT\n +b +extraneous\n$/);
});

test("a refused row is named by the file's line with every wrong field, and holds up no other", async () => {
  csv(student("a"), "", ",nobody,,138,student,yesterday,,0a0b;XY,perhaps", student("a"));
  const { exitCode, out, err } = await run("push", "people.csv");
  expect(exitCode).toBe(1);
  const [summary, wrong, twice] = lines(out) as { errors: { pointer: string }[]; line: number; [name: string]: unknown }[];
  expect(summary).toMatchObject({ state: "applied", added: 1, refused: 2, withheld: 0 });
  expect([wrong!.line, [...new Set(wrong!.errors.map(({ pointer }) => pointer))].sort()]).toEqual([4, ["/account", "/audiences/0/validity/from", "/audiences/0/validity/until", "/cards/1", "/key", "/name", "/phone", "/qr"]]); // prettier-ignore
  expect(twice).toMatchObject({ line: 5, key: "a", errors: [{ pointer: "/key", detail: "stands in row 1 already" }, { pointer: "/account" }] });
  expect(err).toBe(`portico: 2 rows are refused\non: ${folder}/people.csv\nnext: mend the rows that are named, and push the file again\n`);
});

test("after Ctrl-C the same line goes on where the cloud stands", async () => {
  const name = "a name that is long enough to fill a part or two".padEnd(200, "x");
  csv(...Array.from({ length: 4000 }, (_, nth) => student(`s${nth}`, name)));
  const cut = cloud.surroundings({ isTty: true });
  let sent = 0;
  const err = cut.terminal.err.bind(cut.terminal);
  Object.assign(cut.terminal, {
    err: (text: string) => {
      if (text.startsWith("\rsent") && ++sent === 2) cut.interrupt();
      err(text);
    },
  });
  expect(await cut.run("sync", "push", "people.csv", "--plan")).toMatchObject({ exitCode: 1, err: expect.stringMatching(/portico: interrupted: \d{6,7} of 1\d{6} sent\non: push \S+\nnext: type the same line again: it goes on from here\n$/) }); // prettier-ignore
  const again = await run("push", "people.csv", "--plan");
  expect([again.exitCode, again.err]).toEqual([0, expect.stringMatching(/^going on with push \S+, which was receiving\n$/)]);
  expect(lines(again.out)).toMatchObject([{ state: "planned", added: 4000 }]);
});

test("what would end too many people's access is held, and the refusal says what releases it; the cloud tells an alarm", async () => {
  csv(...Array.from({ length: 20 }, (_, nth) => student(`s${nth}`)));
  await run("push", "people.csv");
  csv(student("s0"));
  const { exitCode, err } = await run("push", "people.csv");
  expect([exitCode, err]).toEqual([1, expect.stringMatching(/student 19 of 20 \(RemovalHeld\)\non: .*people\.csv\nnext: Look at what would end: portico removal list, or GET \/v1\/removals\. Another operator releases it/)]); // prettier-ignore
  expect(cloud.reports).toContainEqual({ kind: "held", removal: expect.stringContaining("student 19 of 20") });
});

test.each([
  ["key,name\r\na,b\r\n", "the column audience is missing", "line 1"],
  ["key,name,audience,colour\r\n", "there is no column colour", "line 1"],
  ["key,name,audience\r\na,b\r\n", "the row has 2 cells, the heading 3", "line 2"],
  ['key,name,audience\r\na,"b"c,student\r\n', "it cannot be read", "line 2"],
  ["key,name,audience\r\n", "it has no row", "people.csv"],
  ["key,name,audience,key\r\n", "a column stands twice", "line 1"],
])("a file that is no list is told: %j", async (text, what, where) => {
  writeFileSync(join(folder, "people.csv"), text);
  const { exitCode, out, err } = await run("push", "people.csv");
  expect([exitCode, out]).toEqual([2, ""]);
  expect(err).toContain(`portico: ${what}`);
  expect(err).toMatch(new RegExp(`\non: .*${where.replace(".", "\\.")}`));
});
