import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCsvRecords } from "@portico/cloud-sync";
import { configurationKeysAt, parseConfiguration, readTomlTree } from "@portico/controller";
import { campusPockets, smallCampus, VirtualCampus } from "@portico/simulator";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readPlanBase } from "./core/site-plan/plan-base.ts";
import { SHEET_COLUMN_NAMES, SHEET_COLUMNS, templateSheet } from "./core/site-plan/sheet-columns.ts";
import { sheetOfCsv } from "./core/site-plan/sheet-rows.ts";
import { sitePlan } from "./core/site-plan/site-plan.ts";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const at = (...parts: string[]): string => join(folder, ...parts);
async function plan(...words: string[]): Promise<CommandRecord> {
  const surroundings = new RecordedSurroundings({ workingFolder: folder, isTty: true });
  surroundings.onWait = () => surroundings.passTime();
  return surroundings.run("site", "plan", ...words);
}
const BASE = `[site]\nid = "demo"\n[clock]\ntrusted_by = "system"\n[[wire]]\nid = "readers"\nserial = "/dev/ttyS1"\nbaud = 9600\n[[wire]]\nid = "relays"\nserial = "/dev/ttyS2"\nbaud = 9600\n`;
const SHEET = templateSheet().replaceAll(",east,", ",,");

test("from the template to files: made once, not touched again, and what would change is told before it does", async () => {
  write("site.csv", (await plan("template")).out);
  expect(readFileSync(at("site.csv"), "utf8")).toBe(templateSheet());
  write("base.toml", (await plan("template", "--base")).out);
  expect(await plan("check", "site.csv"), "the base wants keys").toMatchObject({
    exitCode: 2,
    err: expect.stringMatching(/base.toml: site.root_keys\[#1\]: is .*64 lower-case hex/),
  });
  write("base.toml", BASE);
  write("site.csv", SHEET);
  expect(await plan("check", "site.csv")).toMatchObject({ exitCode: 0, out: `${at("site.csv")} is valid: 2 controllers, 3 access points\n` });
  expect((await plan("make", "site.csv", "--out", "made")).out).toMatch(/written +2\nunchanged +0\n/);
  expect(readdirSync(at("made"))).toEqual(["gate-house.toml", "library-house.toml"]);
  expect((await plan("make", "site.csv", "--out", "made")).out).toMatch(/written +0\nunchanged +2\n/);
  expect(await plan("diff", "site.csv", "--against", "made")).toMatchObject({ exitCode: 0, out: "", err: `nothing would change against ${at("made")}\n` });

  write("site.csv", SHEET.replace(",secure,", ",safe,"));
  const diff = await plan("diff", "site.csv", "--against", "made");
  expect([diff.exitCode, diff.out]).toEqual([1, expect.stringMatching(/library-house +library +fail_mode +secure +safe\n$/)]);
  expect((await plan("make", "site.csv", "--out", "made")).out).toMatch(/written +1\n/);

  write("made/gate-house.toml", "# by hand\n");
  expect(await plan("make", "site.csv", "--out", "made")).toMatchObject({ exitCode: 1, err: expect.stringContaining("--force") });
  expect(readFileSync(at("made/gate-house.toml"), "utf8")).toBe("# by hand\n");
  write("made/old-house.toml", "");
  expect((await plan("make", "site.csv", "--out", "made", "--force")).err).toBe(`note: ${at("made/old-house.toml")}: the sheet has no such controller\n`);
  expect((await plan("diff", "site.csv", "--against", "made")).out).toMatch(/old-house +controller +planned +-\n/);
});

test("mistakes are all told at once, for people and for programs, and nothing is made", async () => {
  write("base.toml", BASE);
  write("site.csv", SHEET.replace(",secure,", ",secur,").replace(",qr,", ",qrr,"));
  const check = await plan("check", "site.csv");
  expect([check.exitCode, check.err]).toEqual([
    2,
    `${at("site.csv")}:2: fail_mode: "secur" is not known here: write secure\n${at("site.csv")}:4: reader: "qrr" is not known here: write qr\nportico: 2 mistakes in the plan\non: ${at("site.csv")}\nnext: mend these cells, then portico site plan check\n`,
  ]);
  const lines = (await plan("check", "site.csv", "--format", "jsonl")).out.trim().split("\n");
  expect(JSON.parse(lines[0]!)).toEqual({ row: 2, column: "fail_mode", cause: `"secur" is not known here`, remedy: "write secure" });
  expect((await plan("make", "site.csv", "--out", "made")).exitCode).toBe(2);
  expect(readdirSync(folder)).toEqual(["base.toml", "site.csv"]);
  rmSync(at("base.toml"));
  expect(await plan("check", "site.csv")).toMatchObject({ exitCode: 2, err: expect.stringContaining("portico site plan template --base") });
});

test("docs/commissioning.md explains every column as the sheet knows it", () => {
  const document = readFileSync(new URL("../../docs/commissioning.md", import.meta.url), "utf8");
  for (const name of SHEET_COLUMN_NAMES)
    expect(document).toContain(`| \`${name}\`${SHEET_COLUMNS[name].required ? "" : " (optional)"} | ${SHEET_COLUMNS[name].meaning} |`);
});

const CAMPUS_SHEET = `access_point,zone,controller,bus,address,reader,lock,fail_mode,replay_group,fire_group,untrusted_clock,door,direction,gate,contact,exit,egress,fire_input,card
gate-1-in,,gates,gate-1-in,,qr,gate-1/1:0,,,gates,refuse,gate-1,entry,main-gate,gate-1/1:0,,,gate-1/1:2,
gate-1-out,,gates,gate-1-out,,qr,gate-1/1:1,,,,,gate-1,exit,main-gate,gate-1/1:1,,yes,,
gate-2-in,,gates,gate-2-in,,qr,gate-2/1:0,,,gates,refuse,gate-2,entry,main-gate,gate-2/1:0,,,,uid-hex
gate-2-out,,gates,gate-2-out,,qr,gate-2/1:1,,,,,gate-2,exit,main-gate,gate-2/1:1,,yes,,uid-hex
library-in,,gates,library-in,,qr,library/1:0,secure,,,qr=refuse card=emergency,library,,,library/1:0,library/1:1,,,uid-hex
`;

test("a controller runs on what a sheet of a small campus makes, and lets somebody through its lane and its door", async () => {
  const campus = await VirtualCampus.open({
    make: smallCampus,
    seed: 1,
    amend(portico) {
      const [, site] = /(\[site\][^]*?)\[controller\]/.exec(portico)!;
      const places = /\[controller\]\nid = "([^"]+)"\n([^[]*)/.exec(portico)!;
      const wires = portico.match(/\[\[wire\]\]\n[^[]*/g)!.join("");
      const base = readTomlTree(`${site}[controller]\n${places[2]}[clock]\ntrusted_by = "system"\n${wires}[preset.turnstile]\npassage_time_ms = 6000\n`);
      if (!base.ok) throw new Error(base.cause);
      const sheet = sheetOfCsv(
        readCsvRecords(new TextEncoder().encode(CAMPUS_SHEET.replaceAll(",gates,", `,${places[1]},`).replaceAll(`,,,${places[1]},`, ",,,gates,"))),
        configurationKeysAt,
      );
      const made = sitePlan(sheet, readPlanBase(base.tree, configurationKeysAt([])));
      const [controller] = made.controllers;
      const one = made.make(controller!, (text) => parseConfiguration(new TextEncoder().encode(text), "/portico.toml", { dataFolder: "/d", socket: "/s" }));
      expect([made.problems, one.problems]).toEqual([[], []]);
      return one.text;
    },
  });
  try {
    const pockets = campusPockets({ campus: campus.campus, now: campus.now });
    const scan = async (accessPoint: string, person: string): Promise<void> => {
      const shown = pockets.get(person)!.show();
      if (shown?.ok !== true) throw new Error(`the phone of ${person} shows nothing`);
      await campus.hands.scan(accessPoint, shown.value);
      await campus.clock.pass(500);
    };
    await scan("gate-1-in", "zhang");
    expect(await campus.hands.push("gate-1", "entry")).toBe(true);
    await scan("library-in", "li");
    expect(await campus.hands.pushDoor("library", 1_000)).toBe(true);
    await campus.clock.pass(2_000);
    const taken = (await campus.events()).filter(({ name }) => name === "AccessTaken");
    expect(taken.map(({ source }) => source)).toEqual(["gate-1-in", "library-in"]);
  } finally {
    await campus.end();
  }
});
