import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compiledOnce } from "./compiled-statements.ts";

let sqlite: Database.Database;
let compiled: string[];
let database: ReturnType<typeof compiledOnce>;
beforeEach(() => {
  sqlite = new Database(":memory:");
  sqlite.exec("CREATE TABLE door (id TEXT, floor INTEGER)");
  compiled = [];
  const prepare = sqlite.prepare.bind(sqlite);
  sqlite.prepare = ((sql: string) => (compiled.push(sql), prepare(sql))) as typeof sqlite.prepare;
  database = compiledOnce(sqlite);
});
afterEach(() => database.close());

const INSERT = "INSERT INTO door VALUES (?, ?)";
const SELECT = "SELECT * FROM door WHERE floor >= ? ORDER BY floor";

test("what was compiled once is run again with other values", () => {
  for (const floor of [1, 2, 3]) expect(database.prepare(INSERT).run(["gate", floor]).changes).toBe(1);
  expect([2, 3].map((floor) => database.prepare(SELECT).all([floor]).length)).toEqual([2, 1]);
  expect(compiled).toEqual([INSERT, SELECT]);
});

test("a table that has changed since is read as it is now", () => {
  database.prepare(INSERT).run(["gate", 1]);
  expect(database.prepare(SELECT).all([0])).toEqual([{ id: "gate", floor: 1 }]);
  sqlite.exec("ALTER TABLE door ADD COLUMN lift TEXT DEFAULT 'A'");
  expect(database.prepare(SELECT).all([0])).toEqual([{ id: "gate", floor: 1, lift: "A" }]);
});

test("rows can be read one by one while others ask the same", () => {
  for (const floor of [1, 2, 3]) database.prepare(INSERT).run(["gate", floor]);
  const counts = [...database.prepare(SELECT).iterate([0])].map(() => database.prepare(SELECT).all([0]).length);
  expect(counts).toEqual([3, 3, 3]);
});

test("of many statements the longest unused goes", () => {
  const nth = (n: number) => database.prepare(`SELECT ${n}`);
  nth(0);
  for (let n = 1; n <= 499; n++) nth(n);
  nth(0);
  nth(500);
  nth(0);
  expect(compiled.filter((sql) => sql === "SELECT 0").length).toBe(1);
  nth(1);
  expect(compiled.filter((sql) => sql === "SELECT 1").length).toBe(2);
});
