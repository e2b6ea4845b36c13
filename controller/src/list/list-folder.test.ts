import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOpenAt, scheduleContext, unixSeconds } from "@portico/card-protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ListContent } from "../store/list-content.ts";
import type { LinesName, ListLines } from "../store/list-lines.ts";
import { LIST_TABLES, type ListItems, type ListTable, type ListTableName } from "../store/list-tables.ts";
import { checkReferences } from "../store/list-references.ts";
import { ZoneKey } from "../store/zone-key.ts";
import { LIST_FILES, type ListFolderOutcome, readListFolder } from "./list-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const zoneKey = new ZoneKey(new Uint8Array(32).fill(1));
/** A point of the curve: the base point. */
const KEY = `58${"66".repeat(31)}`;
const CAMPUS = {
  "people.csv": "person,flags\nlin,\nwang,visitor\n赵工,emergency extendedTime\n",
  "credentials.csv": [
    "credential,person,kind,public_key,suspension,valid_from,valid_until,takes,takes_issued_until",
    `A1B2C3D4E5F60718,lin,qr,${KEY},,2026-09-01,2030-07-01,,`,
    "00000000000000a2,wang,qr,,Frozen,2026-09-01T08:00,2026-09-01T18:30,,",
    `00000000000000a3,赵工,qr,${KEY},,,,T;H HC,2027-01-31`,
    "00000000000000a4,lin,card,,,,,,",
  ].join("\n"),
  "cards.csv":
    "person,number,format,byte_order,facility,credential,suspension,valid_from,valid_until\nwang,04A1B2C3,uid-hex,,,,CredentialLost,,2026-12-31\n,12345678,decimal-8,,,00000000000000a4,,,\n",
  "access-profiles.csv":
    "profile,access_points,capability,schedule\ngates,gate-1-in gate-1-out,pass,day\ngates,gate-1-in,pass,night\nprinters,library/printer,print,always\n",
  "grants.csv": "person,profile,valid_from,valid_until\nlin,gates,,\nlin,printers,2026-09-01,2027-07-01\nwang,gates,,\n",
  "schedules.csv": [
    "schedule,days,start,end,follows_holidays,follows_make_up_days,term_phases",
    "day,mon-fri,08:00,18:00,yes,yes,",
    'day,"sat,sun",09:00,12:00:30,,,',
    "day,special:open-days,10:00,16:00,,,",
    "night,daily,22:00,06:00,no,,autumn spring",
    "night,special:open-days,,,,,",
  ].join("\n"),
  "special-days.csv": "group,date,until\nopen-days,2026-10-10,2026-10-11\nopen-days,2026-12-24,\n",
  "calendar.csv": [
    "date,until,kind,runs_as,phase",
    "2026-10-01,2026-10-07,holiday,,",
    "2026-10-17,,makeUpDay,thu,",
    "2026-09-01,2027-01-15,termPhase,,autumn",
    "2027-02-22,2027-07-02,termPhase,,spring",
  ].join("\n"),
};
type File = keyof typeof CAMPUS;

function read(change: Partial<Record<File, string | Uint8Array>> = {}): ListFolderOutcome {
  for (const [file, text] of Object.entries({ ...CAMPUS, ...change })) writeFileSync(join(folder, file), text);
  return readListFolder(folder, { zone: "Asia/Shanghai", zoneKey });
}

function listOf(outcome: ListFolderOutcome): ListContent {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
  const { list } = outcome;
  const items = <Name extends ListTableName>(name: Name): ListItems[Name][] => {
    const { read: readLine }: ListTable<ListItems[Name]> = LIST_TABLES[name];
    return lines(list, name).map(readLine);
  };
  const content: ListContent = {
    credentials: items("credential"),
    cards: items("card"),
    policies: items("policy"),
    grants: items("grant"),
    schedules: items("schedule"),
    specialDayGroups: items("specialDayGroup"),
    calendar: { days: new Map(items("calendarDay").map(({ date, ...day }) => [date, day])), termPhases: items("termPhase") },
  };
  checkReferences(content);
  return content;
}

function lines(list: ListLines, name: LinesName): string[] {
  const all: string[] = [];
  for (let portion = list.portion(name, 0); portion.length > 0; portion = list.portion(name, all.length)) all.push(...portion);
  return all;
}

/** Changes one line of a file; lines count from 1. */
const withLine = (file: File, line: number, text: string): Partial<Record<File, string>> => ({
  [file]: CAMPUS[file]
    .split("\n")
    .map((old, index) => (index + 1 === line ? text : old))
    .join("\n"),
});
const shanghai = (text: string): number => Date.parse(`${text}+08:00`) / 1000;

test("docs/list-files.md describes every file and every column, and no other", () => {
  const text = readFileSync(new URL("../../../docs/list-files.md", import.meta.url), "utf8");
  const sections = text.split(/^## /m).filter((section) => /^\S+\.csv\n/.test(section));
  const described = sections.map((section) => ({
    file: section.slice(0, section.indexOf("\n")),
    columns: [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names]) => [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!)).sort(),
  }));
  expect(described).toEqual(LIST_FILES.map(({ file, heading }) => ({ file, columns: heading.split(",").sort() })));
});

describe("a folder that people made", () => {
  test("has the files whose headings the command line prints", () => {
    expect(LIST_FILES.map(({ file }) => file).sort()).toEqual(Object.keys(CAMPUS).sort());
    expect(LIST_FILES.find(({ file }) => file === "grants.csv")?.heading).toBe("person,profile,valid_from,valid_until");
  });

  test("gives every credential of a person the size of their party; one alone is none", () => {
    const { credentials } = listOf(read({ "people.csv": "person,party_size\nlin,3\nwang,1\n赵工,\n" }));
    const sizes = (person: string) => credentials.filter((each) => each.person === person).map(({ partySize }) => partySize);
    expect([sizes("lin"), sizes("wang"), sizes("赵工")]).toEqual([[3, 3], [undefined, undefined], [undefined]]);
  });

  test("gives credentials with the flags of their person; a date as an end covers the whole day, in campus time", () => {
    const { credentials } = listOf(read());
    expect(credentials.map(({ id, person, kind }) => `${id} ${person} ${kind}`)).toEqual([
      "00000000000000a2 wang qr",
      "00000000000000a3 赵工 qr",
      "00000000000000a4 lin card",
      expect.stringMatching(/^[0-9a-f]{16} wang card$/),
      "a1b2c3d4e5f60718 lin qr",
    ]);
    expect(credentials[4]).toMatchObject({ validFrom: shanghai("2026-09-01T00:00"), validUntil: shanghai("2030-07-02T00:00"), takes: ["H", "HC"], flags: [] });
    expect(Buffer.from(credentials[4]!.publicKey!).toString("hex")).toBe(KEY);
    expect(credentials[0]).toMatchObject({
      suspension: "Frozen",
      validFrom: shanghai("2026-09-01T08:00"),
      validUntil: shanghai("2026-09-01T18:30"),
      takes: ["T"],
      flags: ["visitor"],
    });
    expect(credentials[1]).toMatchObject({
      validFrom: 0,
      validUntil: 0xffff_ffff,
      takes: ["T", "H", "HC"],
      takesIssuedUntil: shanghai("2027-02-01T00:00"),
      flags: ["emergency", "extendedTime"],
    });
  });

  test("gives cards as tokens: one that names a person is a credential of its own, the same on every controller of the zone", () => {
    const list = listOf(read());
    const identity = zoneKey.identify(Uint8Array.of(0x04, 0xa1, 0xb2, 0xc3));
    expect(list.cards).toContainEqual({ token: Buffer.from(identity.token).toString("hex"), credential: identity.credential });
    expect(list.cards.map(({ credential }) => credential)).toContain("00000000000000a4");
    expect(list.credentials.find(({ id }) => id === identity.credential)).toMatchObject({
      suspension: "CredentialLost",
      validUntil: shanghai("2027-01-01T00:00"),
      flags: ["visitor"],
    });
    expect(JSON.stringify(list)).not.toMatch(/04a1b2c3|12345678/i);
  });

  test("grants to each credential of the person", () => {
    const { grants, credentials } = listOf(read());
    const granted = (profile: string): string[] => grants.filter(({ accessProfile }) => accessProfile === profile).map(({ credential }) => credential);
    const card = credentials.find(({ person, kind }) => person === "wang" && kind === "card")!;
    expect(granted("gates").sort()).toEqual(["00000000000000a2", "00000000000000a4", card.id, "a1b2c3d4e5f60718"]);
    expect(grants.find(({ accessProfile }) => accessProfile === "printers")).toMatchObject({
      validFrom: shanghai("2026-09-01T00:00"),
      validUntil: shanghai("2027-07-02T00:00"),
    });
  });

  test("gives schedules with special days, ranges across midnight, holidays, make-up days and term phases, and always", () => {
    const { schedules, specialDayGroups, calendar, policies } = listOf(read());
    const context = scheduleContext("Asia/Shanghai", specialDayGroups, calendar);
    const openAt = (id: string, text: string): boolean =>
      isOpenAt(
        schedules.find((known) => known.id === id)!,
        context,
        unixSeconds(shanghai(text)),
      );
    expect([openAt("day", "2026-09-07T08:00"), openAt("day", "2026-09-07T07:59"), openAt("day", "2026-09-07T18:00")]).toEqual([true, false, false]);
    expect([openAt("day", "2026-09-05T12:00:29"), openAt("day", "2026-09-05T12:00:30")]).toEqual([true, false]);
    expect([openAt("day", "2026-10-05T10:00"), openAt("day", "2026-10-17T17:00")]).toEqual([false, true]); // holiday; a Saturday that runs as Thursday
    expect([openAt("day", "2026-10-10T09:30"), openAt("day", "2026-10-11T15:59")]).toEqual([false, true]);
    expect([openAt("night", "2026-09-08T05:59"), openAt("night", "2026-10-10T23:00"), openAt("night", "2027-02-01T23:00")]).toEqual([true, false, false]);
    expect(openAt("always", "2026-10-01T03:00")).toBe(true);
    expect(policies).toHaveLength(4);
  });

  test("may be UTF-8 with a byte order mark, or GBK, with CRLF, quotation marks, blank rows and columns in any order", () => {
    const expected = listOf(read());
    expect(listOf(read({ "people.csv": `\ufeff${CAMPUS["people.csv"].replaceAll("\n", "\r\n")}` }))).toEqual(expected);
    const gbk = Buffer.concat([Buffer.from("person,flags\nlin,\nwang,visitor\n"), Buffer.from("d5d4b9a4", "hex"), Buffer.from(",emergency extendedTime\n")]);
    expect(listOf(read({ "people.csv": gbk }))).toEqual(expected);
    expect(listOf(read({ "people.csv": 'Flags , PERSON,\n"",lin,\n visitor ,"wang",\n,,\n\nemergency;extendedTime,赵工,\n' }))).toEqual(expected);
  });

  test("is a list that lets nobody in where the files hold nothing but their headings", () => {
    const list = listOf(read(Object.fromEntries(LIST_FILES.map(({ file, heading }) => [file, heading]))));
    expect(list).toMatchObject({ credentials: [], cards: [], grants: [], policies: [] });
    expect(list.schedules.map(({ id }) => id)).toEqual(["always"]);
  });
});

describe("a mistake is named by file, row and column, with its remedy, and there is no list then", () => {
  test.each<[string, Partial<Record<File, string>>, { file: string; row: number | null; column: string | null; cause: RegExp; remedy?: RegExp }]>([
    [
      "a cell twice the heading's width",
      withLine("people.csv", 2, "lin,,x"),
      { file: "people.csv", row: 2, column: null, cause: /3 cells, the heading 2/, remedy: /quotation marks/ },
    ],
    [
      "a file that was cut off",
      { "grants.csv": `${CAMPUS["grants.csv"]}wang,pri` },
      { file: "grants.csv", row: 5, column: null, cause: /2 cells, the heading 4/, remedy: /cut off/ },
    ],
    [
      "an open quotation mark",
      withLine("people.csv", 3, '"wang,visitor'),
      { file: "people.csv", row: 4, column: null, cause: /cannot be read/, remedy: /quotation mark/ },
    ],
    ["an empty file", { "people.csv": "" }, { file: "people.csv", row: null, column: null, cause: /empty/, remedy: /person,flags/ }],
    ["semicolons", { "people.csv": "person;flags\nlin;\n" }, { file: "people.csv", row: 1, column: null, cause: /commas/ }],
    [
      "an unknown column",
      withLine("people.csv", 1, "person,flag"),
      { file: "people.csv", row: 1, column: "flag", cause: /not known/, remedy: /Call it flags/ },
    ],
    ["a column twice", withLine("people.csv", 1, "person,person"), { file: "people.csv", row: 1, column: "person", cause: /twice/ }],
    [
      "a column missing",
      withLine("grants.csv", 1, "person,,valid_from,valid_until"),
      { file: "grants.csv", row: 1, column: "profile", cause: /missing/, remedy: /person,profile/ },
    ],
    [
      "a party too large",
      { "people.csv": "person,party_size\nlin,256\nwang,\n赵工,\n" },
      { file: "people.csv", row: 2, column: "party_size", cause: /0 to 255/ },
    ],
    ["no name", withLine("people.csv", 2, ",visitor"), { file: "people.csv", row: 2, column: "person", cause: /empty/ }],
    ["a name with a blank", withLine("people.csv", 2, "li n,"), { file: "people.csv", row: 2, column: "person", cause: /"li n" is no name/ }],
    ["a formula", withLine("people.csv", 2, '"=HYPERLINK(""http://x"")",'), { file: "people.csv", row: 2, column: "person", cause: /is no name/ }],
    ["a person twice", withLine("people.csv", 3, "lin,"), { file: "people.csv", row: 3, column: "person", cause: /twice/ }],
    [
      "a flag that is near one",
      withLine("people.csv", 3, "wang,visiter"),
      { file: "people.csv", row: 3, column: "flags", cause: /"visiter"/, remedy: /Write visitor\./ },
    ],
    [
      "a credential id that a spreadsheet made a number",
      withLine("credentials.csv", 3, "1.23E+15,wang,qr,,,,,,"),
      { file: "credentials.csv", row: 3, column: "credential", cause: /1.23e\+15/, remedy: /as text/ },
    ],
    [
      "a credential twice",
      withLine("credentials.csv", 3, "a1b2c3d4e5f60718,wang,qr,,,,,,"),
      { file: "credentials.csv", row: 3, column: "credential", cause: /twice/ },
    ],
    [
      "a credential of nobody",
      withLine("credentials.csv", 3, "00000000000000a2,li,qr,,,,,,"),
      { file: "credentials.csv", row: 3, column: "person", cause: /no person li/ },
    ],
    [
      "an unknown kind",
      withLine("credentials.csv", 3, "00000000000000a2,wang,qrcode,,,,,,"),
      { file: "credentials.csv", row: 3, column: "kind", cause: /qrcode/, remedy: /qr, card/ },
    ],
    [
      "an unknown suspension",
      withLine("credentials.csv", 3, "00000000000000a2,wang,qr,,lost,,,,"),
      { file: "credentials.csv", row: 3, column: "suspension", cause: /lost/ },
    ],
    [
      "half a key",
      withLine("credentials.csv", 3, "00000000000000a2,wang,qr,5866,,,,,"),
      { file: "credentials.csv", row: 3, column: "public_key", cause: /no public key/ },
    ],
    [
      "a weak key",
      withLine("credentials.csv", 3, `00000000000000a2,wang,qr,01${"00".repeat(31)},,,,,`),
      { file: "credentials.csv", row: 3, column: "public_key", cause: /weak/ },
    ],
    [
      "held passes without a key",
      withLine("credentials.csv", 3, "00000000000000a2,wang,qr,,,,,H,"),
      { file: "credentials.csv", row: 3, column: "public_key", cause: /no key/ },
    ],
    [
      "an end for issued passes that are not taken",
      withLine("credentials.csv", 2, `00000000000000a1,lin,qr,${KEY},,,,,2027-01-01`),
      { file: "credentials.csv", row: 2, column: "takes_issued_until", cause: /no issued pass/ },
    ],
    [
      "passes of a card",
      withLine("credentials.csv", 5, "00000000000000a4,lin,card,,,,,T,"),
      { file: "credentials.csv", row: 5, column: "takes", cause: /shows no pass/ },
    ],
    [
      "a day that is none",
      withLine("credentials.csv", 3, "00000000000000a2,wang,qr,,,2026-02-30,,,"),
      { file: "credentials.csv", row: 3, column: "valid_from", cause: /2026-02-30/, remedy: /2026-09-01/ },
    ],
    [
      "a day as a spreadsheet shows it",
      withLine("credentials.csv", 3, "00000000000000a2,wang,qr,,,2026/9/1,,,"),
      { file: "credentials.csv", row: 3, column: "valid_from", cause: /neither a date/ },
    ],
    [
      "an end before the beginning",
      withLine("credentials.csv", 3, "00000000000000a2,wang,qr,,,2026-09-02,2026-09-01,,"),
      { file: "credentials.csv", row: 3, column: "valid_until", cause: /before it begins/ },
    ],
    [
      "a card number that does not fit",
      withLine("cards.csv", 2, "wang,04A1B2,uid-hex,,,,,,"),
      { file: "cards.csv", row: 2, column: "number", cause: /none of format uid-hex: 6 hex digits/ },
    ],
    ["an unknown card format", withLine("cards.csv", 2, "wang,04A1B2C3,uid,,,,,,"), { file: "cards.csv", row: 2, column: "format", cause: /"uid"/ }],
    [
      "another facility code",
      withLine("cards.csv", 3, ",12345678,decimal-8,,7,00000000000000a4,,,"),
      { file: "cards.csv", row: 3, column: "number", cause: /another facility code/ },
    ],
    [
      "the same card in another format",
      withLine("cards.csv", 3, "lin,C3B2A104,uid-hex,lsb-first,,,,,"),
      { file: "cards.csv", row: 3, column: "number", cause: /same card stands in row 2/ },
    ],
    ["a card of nobody", withLine("cards.csv", 2, ",04A1B2C3,uid-hex,,,,,,"), { file: "cards.csv", row: 2, column: "person", cause: /belongs to a person or/ }],
    [
      "a card of a phone",
      withLine("cards.csv", 3, ",12345678,decimal-8,,,00000000000000a2,,,"),
      { file: "cards.csv", row: 3, column: "credential", cause: /no credential of kind card/ },
    ],
    [
      "a validity in the wrong file",
      withLine("cards.csv", 3, ",12345678,decimal-8,,,00000000000000a4,,2026-09-01,"),
      { file: "cards.csv", row: 3, column: "valid_from", cause: /own row/ },
    ],
    ["a grant of nothing", withLine("grants.csv", 2, "lin,gate,,"), { file: "grants.csv", row: 2, column: "profile", cause: /no access profile gate/ }],
    ["a grant twice", withLine("grants.csv", 4, "lin,gates,,2027-01-01"), { file: "grants.csv", row: 4, column: "profile", cause: /row 2 grants the same/ }],
    [
      "no access point",
      withLine("access-profiles.csv", 2, "gates,,pass,day"),
      { file: "access-profiles.csv", row: 2, column: "access_points", cause: /empty/ },
    ],
    [
      "an access point twice",
      withLine("access-profiles.csv", 2, "gates,gate-1-in gate-1-in,pass,day"),
      { file: "access-profiles.csv", row: 2, column: "access_points", cause: /already/ },
    ],
    [
      "an unknown capability",
      withLine("access-profiles.csv", 2, "gates,gate-1-in,open,day"),
      { file: "access-profiles.csv", row: 2, column: "capability", cause: /open/ },
    ],
    [
      "a schedule that is not there",
      withLine("access-profiles.csv", 2, "gates,gate-1-in,pass,days"),
      { file: "access-profiles.csv", row: 2, column: "schedule", cause: /no schedule days/ },
    ],
    [
      "a schedule of its own called always",
      withLine("schedules.csv", 2, "always,daily,08:00,18:00,,,"),
      { file: "schedules.csv", row: 2, column: "schedule", cause: /own schedule/ },
    ],
    ["a day of no week", withLine("schedules.csv", 2, "day,mon-fry,08:00,18:00,,,"), { file: "schedules.csv", row: 2, column: "days", cause: /mon-fry/ }],
    ["no days", withLine("schedules.csv", 2, "day,,08:00,18:00,,,"), { file: "schedules.csv", row: 2, column: "days", cause: /empty/ }],
    ["a time that is none", withLine("schedules.csv", 2, "day,mon,8 am,18:00,,,"), { file: "schedules.csv", row: 2, column: "start", cause: /8 am/ }],
    ["a time beyond the day", withLine("schedules.csv", 2, "day,mon,08:00,24:01,,,"), { file: "schedules.csv", row: 2, column: "end", cause: /24:01/ }],
    ["an empty range", withLine("schedules.csv", 2, "day,mon,08:00,08:00,,,"), { file: "schedules.csv", row: 2, column: "end", cause: /empty/ }],
    [
      "a group that is not there",
      withLine("schedules.csv", 4, "day,special:open-day,10:00,16:00,,,"),
      { file: "schedules.csv", row: 4, column: "days", cause: /open-day/ },
    ],
    [
      "a phase that is not there",
      withLine("schedules.csv", 5, "night,daily,22:00,06:00,no,,fall"),
      { file: "schedules.csv", row: 5, column: "term_phases", cause: /fall/ },
    ],
    [
      "a schedule that says both",
      withLine("schedules.csv", 3, "day,sat,09:00,12:00,no,,"),
      { file: "schedules.csv", row: 3, column: "follows_holidays", cause: /another row/ },
    ],
    [
      "neither yes nor no",
      withLine("schedules.csv", 2, "day,mon,09:00,12:00,ja,,"),
      { file: "schedules.csv", row: 2, column: "follows_holidays", cause: /"ja"/ },
    ],
    [
      "days backwards",
      withLine("special-days.csv", 2, "open-days,2026-10-11,2026-10-10"),
      { file: "special-days.csv", row: 2, column: "until", cause: /these are 0 days/ },
    ],
    ["a holiday twice", withLine("calendar.csv", 3, "2026-10-07,,holiday,,"), { file: "calendar.csv", row: 3, column: "date", cause: /twice/ }],
    ["a make-up day as nothing", withLine("calendar.csv", 3, "2026-10-17,,makeUpDay,,"), { file: "calendar.csv", row: 3, column: "runs_as", cause: /empty/ }],
    [
      "a holiday that runs",
      withLine("calendar.csv", 2, "2026-10-01,,holiday,mon,"),
      { file: "calendar.csv", row: 2, column: "runs_as", cause: /a holiday has no runs_as/ },
    ],
    [
      "a phase without a name",
      withLine("calendar.csv", 4, "2026-09-01,2027-01-15,termPhase,,"),
      { file: "calendar.csv", row: 4, column: "phase", cause: /empty/ },
    ],
  ])("%s", (_, change, { file, row, column, cause, remedy }) => {
    const outcome = read(change);
    if (outcome.ok) throw new Error("it was read");
    expect(outcome.problems).toContainEqual({ file, row, column, cause: expect.stringMatching(cause), remedy: expect.stringMatching(remedy ?? /./) });
    expect(outcome.problems.filter((problem) => problem.file === file)).not.toHaveLength(0);
  });

  test("a missing file never shortens a list", () => {
    read();
    unlinkSync(join(folder, "cards.csv"));
    const outcome = readListFolder(folder, { zone: "Asia/Shanghai", zoneKey });
    expect(outcome).toMatchObject({
      ok: false,
      count: 1,
      problems: [{ file: "cards.csv", row: null, cause: "the file is missing", remedy: expect.stringMatching(/person,number,format/) }],
    });
  });

  test.each<[string, (path: string) => void, string]>([
    ["a pipe, without waiting for somebody to write into it", (path) => execFileSync("mkfifo", [path]), "a pipe"],
    ["a folder", (path) => mkdirSync(path), "a folder"],
    ["a device", (path) => symlinkSync("/dev/zero", path), "a device"],
  ])("%s is no file", (_, make, kind) => {
    read();
    unlinkSync(join(folder, "cards.csv"));
    make(join(folder, "cards.csv"));
    expect(readListFolder(folder, { zone: "Asia/Shanghai", zoneKey })).toEqual({
      ok: false,
      count: 1,
      problems: [{ file: "cards.csv", row: null, column: null, cause: `this is ${kind}, not a file`, remedy: "Put the CSV file itself there." }],
    });
  });

  test("more access profiles than a credential can have are told in the row of the first that is too many", () => {
    const profiles = Array.from({ length: 256 }, (_, n) => `p${n}`);
    const files = {
      "access-profiles.csv": `${["profile,access_points,capability,schedule", ...profiles.map((profile) => `${profile},gate-1-in,pass,day`)].join("\n")}\n`,
      "grants.csv": `${["person,profile", ...profiles.map((profile) => `lin,${profile}`)].join("\n")}\n`,
    };
    expect(read(files)).toMatchObject({
      ok: false,
      count: 1,
      problems: [{ file: "grants.csv", row: 257, column: "person", cause: "lin has more than 255 access profiles" }],
    });
    expect(read({ ...files, "grants.csv": files["grants.csv"].replace("lin,p255\n", "") }).ok).toBe(true);
  });

  test("a file in neither encoding", () => {
    expect(read({ "people.csv": Uint8Array.of(0xff, 0xfe, 0x70, 0x00, 0x80, 0xff) })).toMatchObject({
      ok: false,
      problems: [{ file: "people.csv", cause: expect.stringMatching(/neither UTF-8 nor GBK/) }],
    });
  });

  test("all mistakes of all files are named together, up to fifty, and all are counted", () => {
    const outcome = read({ "people.csv": `person,flags\n${"=1+1,\n".repeat(70)}`, ...withLine("calendar.csv", 2, "yesterday,,holiday,,") });
    if (outcome.ok) throw new Error("it was read");
    expect(outcome.problems).toHaveLength(50);
    expect(outcome.count).toBeGreaterThan(70);
    expect(new Set(outcome.problems.map(({ file }) => file))).toContain("calendar.csv");
  });

  test("a message never holds a card number, nor anything that a terminal obeys", () => {
    const outcome = read({ ...withLine("cards.csv", 2, "wang,99887766554433,decimal-8,,,,,,"), ...withLine("people.csv", 2, "\u001b[31mli\u202e,") });
    expect(outcome.ok).toBe(false);
    expect(JSON.stringify(outcome)).not.toMatch(/998877/);
    // oxlint-disable-next-line no-control-regex -- the very characters that must not come through
    if (!outcome.ok) for (const { cause } of outcome.problems) expect(cause).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});

describe("a file of many pieces", () => {
  const MANY = 5_000;
  const remark = (n: number): string => (n % 3 === 0 ? `"said ""yes"", then${n % 2 === 0 ? "\n" : ""}, ${"x".repeat(n % 50)}"` : "赵".repeat(n % 40));
  const person = (n: number): string => `person-${String(n).padStart(5, "0")}`;
  const rows = (change: (n: number) => string = person): string[] =>
    Array.from({ length: MANY }, (_, n) => `${change(n)},${n % 7 === 0 ? "visitor" : ""},${remark(n)}`);
  const people = (lineEnd: string, change?: (n: number) => string): string =>
    `${["person,flags,", ...rows(change)].join(lineEnd)}${lineEnd}lin,,${lineEnd}wang,,${lineEnd}赵工,,`;
  const credentials = `${["credential,person,kind", ...Array.from({ length: MANY }, (_, n) => `${n.toString(16).padStart(16, "0")},${person(n)},qr`)].join("\n")}\n`;
  const other = { "credentials.csv": credentials, "cards.csv": "person,number,format\n" };

  test.each([
    ["LF", "\n"],
    ["CR LF", "\r\n"],
    ["CR", "\r"],
  ] as const)("is read as one, whatever stands at the end of a piece (%s)", (_, lineEnd) => {
    const { credentials: read5000 } = listOf(read({ ...other, "people.csv": people(lineEnd) }));
    expect(read5000.map((credential) => credential.person)).toEqual(Array.from({ length: MANY }, (_n, n) => person(n)));
    expect(read5000.filter(({ flags }) => flags.includes("visitor"))).toHaveLength(Math.ceil(MANY / 7));
  });

  test("tells the row of a mistake as an editor counts it", () => {
    const text = people("\n", (n) => (n === 4_321 ? "=1+1" : person(n)));
    const outcome = read({ ...other, "people.csv": text });
    const row = text.slice(0, text.indexOf("=1+1")).split("\n").length;
    expect(outcome).toMatchObject({
      ok: false,
      problems: [{ file: "people.csv", row: row + (remark(4_321).split("\n").length - 1), column: "person" }, { file: "credentials.csv" }],
    });
    expect(row, "behind the first piece").toBeGreaterThan(4_321);
  });

  test("with a quotation mark that is never closed is given up, wherever it opens", () => {
    for (const size of [100, 2_000_000]) {
      const outcome = read({ ...other, "people.csv": `${people("\n")}\n"open,${"\nx,,".repeat(size / 4)}` });
      expect(outcome).toMatchObject({ ok: false, problems: [{ file: "people.csv", row: expect.any(Number), cause: expect.stringMatching(/cannot be read/) }] });
      if (!outcome.ok) expect(outcome.problems[0]!.row).toBeGreaterThan(MANY);
    }
  });
});
