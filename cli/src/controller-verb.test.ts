import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EventExplanation, EventLine } from "@portico/controller";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { type CommandRecord, RecordedSurroundings, type RecordedOptions } from "./recorded-surroundings.ts";
import { json, lines, standIn, type StandIn, type StandInAnswer } from "./stand-in-controller.ts";

const DENIED: EventLine = {
  seq: 1042,
  at: 1_800_000_000,
  ms: 7,
  name: "AccessDenied",
  source: "gate-1-in",
  severity: "notice",
  text: "gate-1-in refused.",
  textZh: "gate-1-in 已拒绝。",
  fields: {},
  hash: "ab".repeat(32),
};
const EXPLANATION: EventExplanation = {
  event: DENIED,
  outcome: "denied",
  denial: { reason: "PassReplayed", en: "", zh: "", remedy: "", remedyZh: "" },
  checks: [{ check: "credential has not expired", checkZh: "凭证未过有效期", outcome: "passed", detail: "no limit", detailZh: "不限" }],
  basis: "list 12",
  basisZh: "名单 12",
};

/** A controller whose socket is the preset one of a checkout, where a command that finds no other would ask. */
let preset: StandIn;
let answer: StandInAnswer;
beforeEach(async () => {
  answer = json([]);
  preset = await standIn((response, question) => answer(response, question));
  onTestFinished(preset.end);
});
const ask = (options: RecordedOptions, ...words: readonly string[]): Promise<CommandRecord> =>
  new RecordedSurroundings({ checkout: "/src/portico", workingFolder: "/src/portico", ...options, env: { PORTICO_DATA: preset.folder, ...options.env } }).run(
    ...words,
  );
function configuration(name: string, change = ""): string {
  const file = join(preset.folder, name);
  writeFileSync(
    file,
    `[site]\nid = "demo"\ntime_zone = "Asia/Shanghai"\n[controller]\nid = "x"\nsocket = "${preset.socket}"\n[clock]\ntrusted_by = "system"\n${change}`,
  );
  return file;
}

test("the socket that the configuration names is the one that is asked", async () => {
  expect(await ask({ env: { PORTICO_DATA: "/nowhere" } }, "door", "list", "--config", configuration("my.toml"))).toMatchObject({ exitCode: 0 });
  expect(preset.asked).toHaveLength(1);
});

test("without a configuration the place's own socket is asked", async () => {
  expect(await ask({}, "door", "list")).toEqual({ exitCode: 0, out: "", err: "" });
});

test.each<[string, { readonly words: readonly string[]; readonly env?: Readonly<Record<string, string>> }, string]>([
  ["--config that is not there", { words: ["--config", "/nope"] }, "on: /nope\n"],
  ["--config that is a folder", { words: ["--config", "/"] }, "on: /\n"],
  ["--config that names nothing", { words: ["--config", ""] }, "portico: an option names nothing\non: --config\n"],
  ["--data that names nothing", { words: ["--data", ""] }, "portico: an option names nothing\non: --data\n"],
  ["PORTICO_CONFIG that is not there", { words: [], env: { PORTICO_CONFIG: "/nope" } }, "on: /nope\n"],
])("%s is wrong usage, and no other controller is asked to unlock a door instead", async (_, { words, env = {} }, told) => {
  for (const asking of [["status"], ["door", "unlock", "library"]])
    expect(await ask({ env }, ...asking, ...words)).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(told) });
  expect(preset.asked).toEqual([]);
});

test("a configuration that was typed and has mistakes is refused with each of them", async () => {
  const file = configuration("my.toml", "[cloack]\n");
  const { exitCode, err } = await ask({}, "door", "list", "--config", file);
  expect({ exitCode, asked: preset.asked }).toEqual({ exitCode: 2, asked: [] });
  expect(err).toMatch(
    /^.*my\.toml:9: .*cloack.*\nportico: this configuration names no controller: nothing was asked\non: .*my\.toml\nnext: mend it: .*--socket\n$/,
  );
});

test("a preset configuration that is being edited takes nobody's doors away: the place's own socket is asked, and that is told", async () => {
  configuration("portico.toml", "[cloack]\n");
  const told = expect.stringMatching(/^note: .*portico\.toml has mistakes, so .*controller\.sock is asked; .*portico config check names them\n$/) as string;
  expect(await ask({}, "door", "list")).toEqual({ exitCode: 0, out: "", err: told });
  expect(await ask({ env: { PORTICO_CONFIG: join(preset.folder, "portico.toml") } }, "door", "list")).toMatchObject({ exitCode: 0, err: told });
});

test("times are told in the zone of the site, as the checks tell them, and the zone is named once", async () => {
  configuration("portico.toml");
  answer = json(EXPLANATION);
  const explained = await ask({ isTty: true }, "event", "explain", "1042");
  expect(explained.out).toContain("   1042  2027-01-15 16:00:00.007  notice ");
  expect(explained.err).toBe("judged by list 12; times in Asia/Shanghai\n");
  answer = lines(DENIED, DENIED);
  expect(await ask({ isTty: true }, "event", "tail")).toMatchObject({
    out: expect.stringContaining("2027-01-15 16:00:00.007"),
    err: "times in Asia/Shanghai\n",
  });
  expect((await ask({}, "event", "tail")).err).toBe("");
});

test("without a configuration the zone is this computer's, and said to be", async () => {
  answer = lines(DENIED);
  expect((await ask({ isTty: true }, "event", "tail")).err).toMatch(/^times in \S+, this computer's zone\n$/);
});
