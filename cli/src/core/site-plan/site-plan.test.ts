import { readCsvRecords } from "@portico/cloud-sync";
import { configurationKeysAt, parseConfiguration, readTomlTree } from "@portico/controller";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readPlanBase } from "./plan-base.ts";
import { planDifferences } from "./plan-difference.ts";
import type { PlanProblem } from "./plan-problem.ts";
import { templateSheet } from "./sheet-columns.ts";
import { sheetOfCsv, sheetOfJsonLines } from "./sheet-rows.ts";
import { sitePlan, type SitePlan } from "./site-plan.ts";

const BASE = `[site]
id = "demo"
[clock]
trusted_by = "system"
[[wire]]
id = "readers"
serial = "/dev/ttyS1"
baud = 9600
[[wire]]
id = "relays"
serial = "/dev/ttyS2"
baud = 9600
[[wire]]
id = "box"
serial = "/dev/ttyS3"
baud = 57600
[[relay_board]]
id = "box"
wire = "box"
protocol = "relay-avr"
relays = 4
inputs = 6
`;
const HEADING =
  "access_point,zone,controller,bus,address,reader,lock,fail_mode,replay_group,fire_group,untrusted_clock,door,exit,egress,fire_input,card,door.release_time_ms";
const cells = (change: Readonly<Record<string, string>>): string => {
  const row: Readonly<Record<string, string>> = { access_point: "lab-in", controller: "c1", bus: "readers", address: "3", reader: "osdp", lock: "relays/1:0", fail_mode: "secure", untrusted_clock: "refuse", exit: "handle", ...change }; // prettier-ignore
  return HEADING.split(",").map((name) => row[name] ?? "").join(","); // prettier-ignore
};
const planOf = (sheet: string, base = BASE): SitePlan => {
  const tree = readTomlTree(base);
  if (!tree.ok) throw new Error(tree.cause);
  const read = sheet.startsWith("{")
    ? sheetOfJsonLines(sheet, configurationKeysAt)
    : sheetOfCsv(readCsvRecords(new TextEncoder().encode(sheet)), configurationKeysAt);
  return sitePlan(read, readPlanBase(tree.tree, configurationKeysAt([])));
};
const judge = (text: string) =>
  parseConfiguration(new TextEncoder().encode(text), "/etc/portico/portico.toml", { dataFolder: "/var/lib/portico", socket: "/run/portico/s" });
const made = (plan: SitePlan, controller = "c1"): string => plan.make(controller, judge).text;
/** Everything that is wrong, the made files included. */
const problems = (rows: readonly Readonly<Record<string, string>>[], base = BASE): PlanProblem[] => {
  const plan = planOf([HEADING, ...rows.map(cells)].join("\n"), base);
  return [...plan.problems, ...plan.controllers.flatMap((controller) => plan.make(controller, judge).problems)];
};

test("the template is a plan as it stands, and the same rows in any order, or as JSON lines, make the same bytes", () => {
  const base = BASE.replace("[clock]", '[controller]\ndata = "data"\n[clock]');
  const sheet = templateSheet().replaceAll(",east,", ",,");
  const plan = planOf(sheet, base);
  expect([plan.problems, plan.controllers]).toEqual([[], ["gate-house", "library-house"]]);
  for (const controller of plan.controllers) expect(plan.make(controller, judge).problems).toEqual([]);
  const [heading, ...rows] = sheet.trim().split("\n");
  const turned = planOf([heading, ...rows.toReversed()].join("\n"), base);
  expect(made(turned, "library-house")).toBe(made(plan, "library-house"));
  const names = heading!.split(",");
  const json = rows.map((row) => JSON.stringify(Object.fromEntries(row.split(",").map((cell, at) => [names[at], cell])))).join("\n");
  expect(made(planOf(json, base), "gate-house")).toBe(made(plan, "gate-house"));
});

test("rows become wires, readers, boards, doors and access points; a column may be any key of a table, a preset counts where it says nothing", () => {
  const rows = [
    { access_point: "lab-in", door: "lab", fire_group: "hall", fire_input: "box:5", card: "wiegand-26 facility=17", "door.release_time_ms": "7000", lock: "reader:1" },
    { access_point: "lab-out", door: "lab", address: "4", lock: "", fail_mode: "", exit: "", egress: "yes", untrusted_clock: "" },
    { access_point: "store", bus: "10.1.1.1:4001", address: "", reader: "qr", lock: "relays/7:2", exit: "relays/7:1", fire_group: "hall", untrusted_clock: "qr=emergency card=refuse" },
  ]; // prettier-ignore
  const base = `${BASE}[preset.door]\nrelease_time_ms = 3000\nopen_time_ms = 9000\n[preset.osdp_pd]\nsecurity = "clear-text"\n[[for.c1.door_schedule]]\ndoor = "lab"\nschedule = "day"\nmode = "unlock"\n`;
  expect(problems(rows, base)).toEqual([]);
  const reading = judge(made(planOf([HEADING, ...rows.map(cells)].join("\n"), base)));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const { wires, osdpPds, scanners, relayBoards, doors, accessPoints, doorSchedules } = reading.configuration;
  expect(wires.map(({ id }) => id)).toEqual(["10.1.1.1-4001", "box", "readers", "relays"]);
  expect(osdpPds).toMatchObject([
    { id: "readers-3", address: 3, security: "clear-text" },
    { id: "readers-4", address: 4 },
  ]);
  expect(scanners).toMatchObject([{ id: "lab-in", pd: "readers-3", card: { facility: 17 } }, { id: "lab-out", pd: "readers-4" }, { id: "store", wire: "10.1.1.1-4001" }]); // prettier-ignore
  expect(relayBoards).toMatchObject([{ id: "box" }, { id: "readers-3-outputs", pd: "readers-3", relays: 2 }, { id: "relays-7", unit: 7, relays: 3, inputs: 2 }]); // prettier-ignore
  expect(doors).toMatchObject([
    { id: "lab", strike: { board: "readers-3-outputs", relay: 1 }, fire: { board: "box", input: 5 }, releaseTimeMs: 7000, openTimeMs: 9000 },
    { id: "store", strike: { board: "relays-7", relay: 2 }, rex: { board: "relays-7", input: 1 }, fire: { board: "box", input: 5 }, releaseTimeMs: 3000 },
  ]);
  expect(accessPoints).toMatchObject([{ egress: false }, { egress: true }, { untrustedClock: { qr: "emergency", card: "refuse" } }]);
  expect(doorSchedules).toMatchObject([{ door: "lab", schedule: "day" }]);
});

test("a key that names a board by itself counts for what the board has", () => {
  const base = `${BASE}[[relay_board]]\nid = "hut"\nprotocol = "uhppote"\naddress = "192.168.10.20"\nserial_number = 423187757\nsecurity = "clear-text"\nrelays = 4\ninputs = 10\n`;
  const sheet = [`${HEADING},access_point.indicator`, `${cells({})},"{""board"": ""relays-1"", ""granted"": 5, ""denied"": 6}"`, `${cells({ access_point: "hut-in", bus: "hut", address: "", reader: "wiegand:1", lock: "hut:0", card: "decimal-8" })},`].join("\n"); // prettier-ignore
  const plan = planOf(sheet, base);
  expect([plan.problems, plan.make("c1", judge).problems]).toEqual([[], []]);
  const reading = judge(made(plan));
  expect(reading.ok && reading.configuration.relayBoards).toMatchObject([{ id: "hut", protocol: "uhppote" }, { id: "relays-1", relays: 7, inputs: 0 }]); // prettier-ignore
});

/** Each spoils a plan that is right, in one way: where it is told, and what to do. */
const MISTAKES: readonly [what: string, rows: readonly Readonly<Record<string, string>>[], row: number, column: string | null, cause: RegExp, remedy: RegExp][] = [
  ["two readers at one address", [{}, { access_point: "b", lock: "relays/1:1" }], 3, "address", /address 3 on this bus is "lab-in" in row 2/, /osdp:1/],
  ["a lock without fail mode", [{ fail_mode: "" }], 2, "fail_mode", /without power/, /secure .* safe/],
  ["an unknown fail mode", [{ fail_mode: "secur" }], 2, "fail_mode", /"secur" is not known/, /^write secure$/],
  ["a fire group without input", [{ fire_group: "hall" }], 2, "fire_input", /nothing tells this controller of a fire in "hall"/, /input of the loop/],
  ["a fire group with two inputs", [{ fire_group: "h", fire_input: "box:1" }, { access_point: "b", address: "4", lock: "relays/1:1", fire_group: "h", fire_input: "box:2" }], 3, "fire_input", /another input in row 2/, /one loop/], // prettier-ignore
  ["a door without a way out", [{ exit: "" }], 2, "exit", /no way out/, /handle .* egress/],
  ["a way out by a reader that is not there", [{ exit: "reader" }], 2, "exit", /no row of "lab-in" is a way out/, /egress = yes/],
  ["a word that was mistyped", [{ reader: "odsp" }], 2, "reader", /"odsp" is not known/, /write osdp/],
  ["nothing said of an untrusted clock", [{ untrusted_clock: "" }], 2, "untrusted_clock", /is empty/, /refuse, or emergency/],
  ["an unknown line", [{ bus: "reader" }], 2, "bus", /"reader" is no \[\[wire\]\] of the base/, /write readers/],
  ["an unknown board", [{ lock: "bxo:0" }], 2, "lock", /no \[\[relay_board\]\]/, /write box/],
  ["a relay that two doors have", [{}, { access_point: "b", address: "4" }], 3, "lock", /relay relays\/1:0 is lock of "lab-in" in row 2/, /another relay/],
  ["a relay that its board does not have", [{ lock: "box:7" }], 2, "lock", /has relays 0 to 3/, /use one of these/],
  ["an access point twice", [{}, { controller: "c2" }], 3, "access_point", /is row 2 already/, /its own id/],
  ["a Modbus unit on the line of readers", [{ lock: "readers/1:0" }], 2, "lock", /carries the osdp reader of row 2/, /lines of their own/],
  ["a value out of its range", [{ "door.release_time_ms": "5" }], 2, "door.release_time_ms", /is 5: 100 at least/, /release_time_ms = 5000/],
  ["a zone without a cloud", [{ zone: "east" }], 2, "zone", /no \[cloud\]/, /leave it empty/],
  ["an address that cannot be", [{ address: "127" }], 2, "address", /"127" is no address/, /0 to 126/],
  ["a lock that rows of one door say differently", [{ door: "lab" }, { access_point: "b", address: "4", door: "lab", lock: "relays/1:1" }], 3, "lock", /differs from row 2/, /write it once/],
]; // prettier-ignore

test.each(MISTAKES)("%s is told with row, column, cause and remedy, and nothing else is", (_, rows, row, column, cause, remedy) => {
  expect(problems(rows)).toEqual([{ row, column, cause: expect.stringMatching(cause), remedy: expect.stringMatching(remedy) }]);
});

test("every mistake is told at once, in the order of the rows; headings and the base are judged too", () => {
  const rows = MISTAKES.slice(0, 8).flatMap(([, [first]], nth) => [{ ...first, access_point: `ap-${nth}`, controller: `c-${nth}` }]);
  expect(problems(rows).map(({ row }) => row)).toEqual([3, 4, 5, 7, 8, 9]); // two are right without their second row
  const sheet = `${HEADING.replace("fail_mode", "fail_mod").replace("door.release_time_ms", "door.relese_time_ms")}\n`;
  expect(planOf(sheet).problems).toEqual([
    { row: 1, column: "fail_mod", cause: "no column has this name", remedy: "write fail_mode" },
    { row: 1, column: "door.relese_time_ms", cause: "no column has this name", remedy: "write door.release_time_ms" },
    { row: 1, column: "fail_mode", cause: "this column is missing", remedy: expect.stringContaining("secure") },
  ]);
  const base = `${BASE}[[door]]\nid = "x"\n[[lift]]\nid = "l"\n[[wires]]\nid = "y"\n[preset.dor]\nx = 1\n[for.c9]\n[cloud]\nurl = "https://c.example"\nzones = ["east"]\n`;
  expect(planOf([HEADING, cells({ zone: "east" })].join("\n"), base).problems.map(({ column, remedy }) => [column, remedy])).toEqual([
    ["door", "write it as column lock; what all of them have stands under [preset.door]"],
    ["lift", "write [[for.<controller>.lift]]"],
    ["wires", "write wire"],
    ["cloud.zones", "remove them"],
    ["preset.dor", expect.stringContaining("[preset.door]")],
    ["for.c9", "remove it, or mend the id"],
  ]);
});

test("what changes is told in words of the sheet", () => {
  const valueOf = (...rows: readonly Readonly<Record<string, string>>[]) => {
    const tree = readTomlTree(made(planOf([HEADING, ...rows.map(cells)].join("\n"))));
    return tree.ok ? tree.tree.value : undefined;
  };
  const before = valueOf({ door: "lab" });
  const after = valueOf(
    { door: "lab", fail_mode: "safe", lock: "relays/1:2", "door.release_time_ms": "900" },
    { access_point: "b", address: "9", lock: "relays/1:5" },
  );
  expect(planDifferences("c1", before, after).map(({ of, what, from, to }) => `${of} ${what}: ${from} > ${to}`)).toEqual([
    "b access_point:  > b",
    "b door:  > b",
    "lab fail_mode: secure > safe",
    "lab door.release_time_ms:  > 900",
    "lab lock: relays-1:0 > relays-1:2",
    "readers-9 address:  > readers-9",
    "b reader:  > b",
  ]);
  expect(planDifferences("c1", before, before)).toEqual([]);
  expect(planDifferences("c1", undefined, before)).toEqual([{ controller: "c1", of: "", what: "controller", from: "", to: "planned" }]);
});

test("whatever stands in the cells, each row is planned or told what is wrong with it, and no file is made that its reader refuses without a word", () => {
  const names = HEADING.split(",");
  const word = fc.oneof(
    fc.constantFrom("", "x", "lab-in", "c1", "readers", "relays/1:0", "reader:9", "box:1", "10.1.1.1:99", "osdp", "qr", "wiegand:1", "safe", "yes", "entry", "handle", "refuse", "uid-hex facility=9", "300", "-1", "true"), // prettier-ignore
    fc.string({ maxLength: 12 }),
  );
  const sheet = fc.array(fc.dictionary(fc.constantFrom(...names), word, { maxKeys: 8 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(sheet, (changes) => {
      const rows = changes.map((change, nth) => JSON.stringify({ access_point: `ap-${nth}`, controller: "c1", bus: "readers", address: nth, reader: "osdp", lock: `relays/1:${nth}`, fail_mode: "secure", untrusted_clock: "refuse", exit: "handle", ...change })); // prettier-ignore
      const plan = planOf(rows.join("\n"));
      const told = [...plan.problems, ...plan.controllers.flatMap((controller) => plan.make(controller, judge).problems)];
      for (const { row, cause, remedy } of told)
        expect([row === null || (row >= 1 && row <= rows.length), cause !== "", remedy !== ""]).toEqual([true, true, true]);
      if (told.length === 0) for (const controller of plan.controllers) expect(judge(plan.make(controller, judge).text).ok).toBe(true);
    }),
    { numRuns: 60 },
  );
});
