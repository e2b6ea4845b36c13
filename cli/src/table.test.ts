import { expect, test } from "vitest";
import { RecordedSurroundings } from "./recorded-surroundings.ts";
import { type Column, tableLines, writeFacts, writeRows } from "./table.ts";
import { displayWidth, printable } from "./terminal.ts";

interface Row {
  readonly id: string;
  readonly note: string;
}
const COLUMNS: readonly Column<Row>[] = [
  { heading: "ID", cell: ({ id }) => id },
  { heading: "NOTE", cell: ({ note }) => note },
];
const ROWS: readonly Row[] = [
  { id: "gate-1", note: "x" },
  { id: "图书馆", note: "" },
];

test("columns line up, wide characters counted as two, nothing behind the last", () => {
  expect(tableLines(COLUMNS, ROWS)).toEqual(["ID      NOTE", "gate-1  x", "图书馆"]);
});

test.each([
  [true, undefined, "ID      NOTE\ngate-1  x\n图书馆\n"],
  [false, undefined, '{"id":"gate-1","note":"x"}\n{"id":"图书馆","note":""}\n'],
  [true, "jsonl", '{"id":"gate-1","note":"x"}\n{"id":"图书馆","note":""}\n'],
  [false, "table", "ID      NOTE\ngate-1  x\n图书馆\n"],
] as const)("on a terminal %j with --format %j the rows are written so", (isTty, format, expected) => {
  const surroundings = new RecordedSurroundings({ isTty });
  writeRows(surroundings.terminal, format, COLUMNS, ROWS);
  expect(surroundings).toMatchObject({ out: expected, err: "" });
});

test("a table without rows has headings, JSON lines without rows are empty", () => {
  const surroundings = new RecordedSurroundings();
  writeRows(surroundings.terminal, "jsonl", COLUMNS, []);
  expect(surroundings.out).toBe("");
  writeRows(surroundings.terminal, "table", COLUMNS, []);
  expect(surroundings.out).toBe("ID  NOTE\n");
});

test("facts stand one a line for people, in one object for programs", () => {
  const surroundings = new RecordedSurroundings();
  const facts = [
    ["up", "3s"],
    ["version", ""],
  ] as const;
  writeFacts(surroundings.terminal, "table", facts, { up: 3 });
  writeFacts(surroundings.terminal, "jsonl", facts, { up: 3 });
  expect(surroundings.out).toBe('up       3s\nversion\n{"up":3}\n');
});

test("text from elsewhere cannot drive the terminal", () => {
  expect(printable("a\u001b[2Jb\nc\u009bd\u202ee")).toBe("a\\x1b[2Jb\\x0ac\\x9bd\\u202ee");
  expect(tableLines(COLUMNS, [{ id: "\u001b]0;x\u0007", note: "y" }]).join("")).not.toContain("\u001b");
  expect(displayWidth("ab图")).toBe(4);
});
