import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  for (let nth = 0; nth < PEOPLE; nth++) await cloud.client.ask("POST /v1/persons", { body: { account: `p${nth}@example.edu`, name: `人${nth}`, phone: null, mail: null, flags: [], partySize: 1 } }); // prettier-ignore
});
afterEach(() => cloud.end());

const PEOPLE = 14;
const UIDS = Array.from({ length: PEOPLE }, (_, nth) => (0x9a000000 + nth * 0x010203 + 0x5b17) >>> 0);
const hex = (uid: number): string => uid.toString(16).padStart(8, "0");
const turned = (uid: number): string => hex(uid).match(/../g)!.reverse().join("");
const write = (name: string, text: string | Buffer): string => {
  writeFileSync(join(cloud.folder, name), text);
  return name;
};
/** An export of a decimal column, lowest byte first, as a spreadsheet saves it. */
const exported = (more = ""): string =>
  write(
    "export.csv",
    `\ufeffAccount;姓名;Card_No\n${UIDS.map((uid, nth) => `p${nth}@example.edu;人${nth};${Number.parseInt(turned(uid), 16)}`).join("\n")}\n${more}`,
  );
const reads = (line: (uid: number) => string = hex): string => write("reads.txt", `${UIDS.slice(0, 12).map(line).join("\r\n")}\n`);
const planOf = (err: string): string => /--apply ([0-9a-f]{32})\n/.exec(err)![1]!;

test("the format is told by cards held before a reader, the plan row by row, and applied as shown, once", async () => {
  const import_ = ["card", "import", exported("p0@example.edu;again;1234\nnobody@example.edu;x;3283263748\n;y;3283263749\np1@example.edu;z;text\n")];
  const words = [...import_, "--reads", reads(), "--reader", "uid-hex"];
  const shown = await cloud.run(words, { isTty: true });
  expect(shown.err).toBe(`the export writes its cards as decimal-10:lsb-first: 12 of 12 cards agree
15 to add, 0 there already, 0 collisions, 3 refused; nothing was changed
to do this and nothing else: the same command with --apply ${planOf(shown.err)}
`);
  expect(shown.out.split("\n")).toEqual([
    expect.stringMatching(/^ROW +OUTCOME +HOLDER +WHY$/),
    expect.stringMatching(/^17 +refused +nobody@example\.edu +nobody, or more than one, has this account, phone or id$/),
    expect.stringMatching(/^18 +refused +nobody is named$/),
    expect.stringMatching(/^19 +refused +p1@example\.edu +the number cannot be read: characters that this format does not use$/),
    "",
  ]);
  for (const uid of UIDS) expect(shown.out + shown.err).not.toContain(String(Number.parseInt(turned(uid), 16)));
  expect(await cloud.json("person", "show", "p0@example.edu")).toMatchObject([{ credentials: [] }]);
  const applied = await cloud.run([...words, "--apply", planOf(shown.err)]);
  expect(JSON.parse(applied.out)).toEqual({ added: 15, there: 0, leftOut: 3 });
  expect(await cloud.json("person", "show", "p3@example.edu")).toMatchObject([{ credentials: [{ kind: "card", state: "active" }] }]);
  const again = await cloud.run(words);
  expect(again.err).toContain("0 to add, 15 there already, 0 collisions, 3 refused; nothing was changed\n");
  expect(again.out.split("\n")[0]).toMatch(/^{"row":2,"outcome":"there","holder":"p0@example.edu","why":"credential [0-9a-f]{16}"}$/);
});

test("two holders of one number get it neither; what somebody else has already is named", async () => {
  const body = { kind: "card", validity: { from: null, until: null }, publicKey: null, takesIssuedUntil: null, number: "aa01aa01" } as const;
  const [owner] = await cloud.json("person", "show", "p5@example.edu");
  await cloud.client.ask("POST /v1/persons/{id}/credentials", { params: { id: String(owner!["id"]) }, body });
  write(
    "export.csv",
    "holder,uid\np0@example.edu,aa02aa02\np1@example.edu,AA:02:AA:02\np2@example.edu,aa03aa03\np2@example.edu,aa03aa03\np3@example.edu,aa01aa01\n",
  );
  const outcomes = await cloud.json("card", "import", "export.csv", "--as", "uid-hex");
  expect(outcomes.map(({ row, outcome, why }) => [row, outcome, why])).toEqual([
    [2, "collision", "the same number as row 3"],
    [3, "collision", "the same number as row 2"],
    [4, "add", ""],
    [5, "there", "stands in row 4 already"],
    [6, "taken", expect.stringContaining(`person ${String(owner!["id"])} has it`)],
  ]);
});

test("what does not hold any more is not applied: another file, other options, a campus that has moved", async () => {
  write("export.csv", "holder,facility,card\np0@example.edu,71,7312\n");
  const words = ["card", "import", "export.csv", "--number", "facility,card", "--as", "wiegand-26"];
  const id = planOf((await cloud.run(words)).err);
  const other = await cloud.run([...words, "--until", "2027-01-01", "--apply", id]);
  expect([other.exitCode, other.err]).toEqual([1, expect.stringContaining("the plan is another one now")]);
  await cloud.json("person", "erase", "p0@example.edu", "--reason", "left");
  expect(await cloud.run([...words, "--apply", id])).toMatchObject({ exitCode: 1 });
  expect((await cloud.run(words)).err).toContain("0 to add, 0 there already, 0 collisions, 1 refused");
});

test("nobody guesses: without reads, with too few, with cards of another campus, with two that fit, with another --as", async () => {
  exported();
  const none = await cloud.run(["card", "import", "export.csv"]);
  expect([none.exitCode, none.err]).toEqual([
    2,
    expect.stringMatching(/^decimal-10: 14 of 14 numbers can be read so\n[^]*portico: nobody can tell from an export alone/),
  ]);
  const judged = (...words: readonly string[]) => cloud.run(["card", "import", "export.csv", "--reader", "uid-hex", ...words]);
  write("few.txt", UIDS.slice(0, 9).map(hex).join("\n"));
  expect(await judged("--reads", "few.txt")).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("9 different cards were read, at least 10 are needed"),
  });
  expect(await judged("--reads", reads((uid) => hex(uid + 7)))).toMatchObject({ exitCode: 1, err: expect.stringContaining("no way of writing numbers makes the export agree with the cards") }); // prettier-ignore
  expect(await judged("--reads", reads(), "--as", "decimal-10")).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("the cards say decimal-10:lsb-first"),
  });
  expect(await cloud.run(["card", "import", "export.csv", "--reads", "reads.txt", "--reader", "uid"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("no reader writes so") }); // prettier-ignore
  const mirrored = Array.from({ length: 12 }, (_, nth) => `${(16 + nth).toString(16)}8181${(16 + nth).toString(16)}`);
  write("export.csv", `holder,uid\n${mirrored.map((uid, nth) => `p${nth}@example.edu,${uid}`).join("\n")}\np13@example.edu,9a005b17\n`);
  expect(await judged("--reads", write("reads.txt", mirrored.join("\n")))).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/^uid-hex: 12 of 12 cards\nuid-hex:lsb-first: 12 of 12 cards\nportico: two ways of writing numbers fit/),
  });
});

test("reads come from standard input, or card by card beside what the export says; a file in GBK is read, one in UTF-16 is not", async () => {
  exported();
  const input = UIDS.map(hex).join("\n");
  const piped = await cloud.run(["card", "import", "export.csv", "--reads", "-", "--reader", "uid-hex"], { input });
  expect(piped.err).toContain("the export writes its cards as decimal-10:lsb-first: 14 of 14 cards agree\n");
  write("pairs.csv", `export,read\n${UIDS.map((uid) => `${Number.parseInt(turned(uid), 16)},${hex(uid)}`).join("\n")}\n`);
  expect((await cloud.run(["card", "import", "export.csv", "--reads", "pairs.csv", "--reader", "uid-hex"])).err).toContain("14 of 14 cards agree\n");
  // 卡号 in GBK.
  write("export.csv", Buffer.concat([Buffer.from("account,"), Buffer.from([0xbf, 0xa8, 0xba, 0xc5]), Buffer.from("\np0@example.edu,aa02aa02\n")]));
  expect(await cloud.json("card", "import", "export.csv", "--as", "uid-hex")).toMatchObject([{ outcome: "add" }]);
  write("export.csv", Buffer.from("account,uid\n", "utf16le"));
  expect(await cloud.run(["card", "import", "export.csv", "--as", "uid-hex"])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("neither UTF-8 nor GBK"),
  });
  write("export.csv", "name,id\nx,1\n");
  expect(await cloud.run(["card", "import", "export.csv", "--as", "uid-hex"])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("no column is called holder, account"),
  });
});
