import { SetupError } from "@portico/card-protocol";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ControllerDatabase } from "./database.ts";
import { APPLICATION_ID, MIGRATIONS } from "./migrations.ts";
import { RecordingFailed } from "./recording-failed.ts";
import { SPENT_CHECK } from "./row-check.ts";

let folder: string;
let path: string;
let open: ControllerDatabase[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  path = join(folder, "controller.db");
  open = [];
});
afterEach(() => {
  for (const database of open) database.close();
  rmSync(folder, { recursive: true });
});

function opened(file = path, options: Parameters<typeof ControllerDatabase.open>[1] = {}): ControllerDatabase {
  const database = ControllerDatabase.open(file, options);
  open.push(database);
  return database;
}

function setupErrorOf(act: () => unknown): SetupError {
  try {
    act();
  } catch (error) {
    if (error instanceof SetupError) return error;
    throw error;
  }
  throw new Error("no error at all");
}

const spending = (database: ControllerDatabase): ((counter: number) => unknown) => {
  const row = database.prepare<[number, number]>(
    `INSERT OR REPLACE INTO spent_counter SELECT *, ${SPENT_CHECK} FROM (SELECT ? AS credential, 1 AS place, ? AS counter, 0 AS signed_at)`,
  );
  return (counter) => row.run(counter, counter);
};
const spend = (database: ControllerDatabase, counter: number): unknown => spending(database)(counter);
const spentCount = (database: ControllerDatabase): unknown => database.prepare<[], number>("SELECT count(*) FROM spent_counter").pluck().get();
const fill = (database: ControllerDatabase, rows: number): void =>
  database.transaction("quick", () => {
    const next = spending(database);
    for (let i = 0; i < rows; i++) next(i);
  });

describe("opening", () => {
  test("a folder without a database gets one, and nothing of its making stays behind", () => {
    opened().close();
    expect(readdirSync(folder)).toEqual(["controller.db"]);
  });

  test("a database that was cut off while it was being made is made anew", () => {
    writeFileSync(`${path}.new`, "half");
    writeFileSync(`${path}.new-wal`, "half");
    fill(opened(), 1);
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  test.each([".new", ".new-wal"])("what cannot be removed is named: a folder `controller.db%s`", (suffix) => {
    mkdirSync(`${path}${suffix}`);
    expect(setupErrorOf(() => opened())).toMatchObject({ what: expect.stringMatching(/in the way/), where: `${path}${suffix}`, remedy: expect.any(String) });
  });

  test("what was committed is there after closing and opening", () => {
    const first = opened();
    fill(first, 3);
    first.close();
    expect(spentCount(opened())).toBe(3);
  });

  test("a second controller on the same file is refused while the first has it, and not afterwards", () => {
    const first = opened();
    const error = setupErrorOf(() => opened());
    expect(error.where).toBe(path);
    expect(error.what).toMatch(/another program/);
    fill(first, 1); // and the first is not disturbed
    first.close();
    expect(spentCount(opened())).toBe(1);
  });

  test("a database held by another process is refused; when that process is killed it is free at once, with all that was committed", async () => {
    opened().close();
    const child = spawn(
      process.execPath,
      [
        "-e",
        `const db = new (require(${JSON.stringify(createRequire(import.meta.url).resolve("better-sqlite3"))}))(${JSON.stringify(path)});
         db.pragma("locking_mode = EXCLUSIVE"); db.pragma("journal_mode = WAL");
         db.exec("INSERT INTO schedule VALUES ('gate', '')"); console.log("held"); process.stdin.resume();`,
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    await once(child.stdout, "data");
    expect(setupErrorOf(() => opened()).what).toMatch(/another program/);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(opened().prepare<[], string>("SELECT id FROM schedule").pluck().get()).toBe("gate");
  });

  test("what was committed survives a killed process: a copy of the files in use opens with all of it", () => {
    fill(opened(), 500);
    const copy = join(folder, "copy");
    cpSync(path, join(copy, "controller.db"));
    cpSync(`${path}-wal`, join(copy, "controller.db-wal"));
    expect(spentCount(opened(join(copy, "controller.db")))).toBe(500);
  });

  test("a commit that reached the disk in part is as if it had never been: the one before stands", () => {
    const database = opened();
    fill(database, 100);
    const whole = statSync(`${path}-wal`).size;
    database.transaction("quick", () => spend(database, 1000));
    for (const cut of [1, 24, 4000]) {
      const copy = join(folder, `copy-${cut}`);
      cpSync(path, join(copy, "controller.db"));
      cpSync(`${path}-wal`, join(copy, "controller.db-wal"));
      truncateSync(join(copy, "controller.db-wal"), whole + cut);
      expect(spentCount(opened(join(copy, "controller.db")))).toBe(100);
    }
  });
});

describe("the layout", () => {
  const layoutOf = (file: string): unknown => {
    const sqlite = new Database(file, { readonly: true });
    try {
      return sqlite.prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();
    } finally {
      sqlite.close();
    }
  };

  test.each(MIGRATIONS.map((_, version) => version))("a database of layout %i is brought up to date and keeps what it holds", (version) => {
    const fresh = join(folder, "fresh.db");
    opened(fresh).close();
    const old = opened(path, { migrations: MIGRATIONS.slice(0, version) });
    if (version > 0) fill(old, 2);
    old.close();
    const now = opened();
    if (version > 0) expect(spentCount(now)).toBe(2);
    now.close();
    expect(layoutOf(path)).toEqual(layoutOf(fresh));
  });

  test("a step that fails leaves the database in the layout before it", () => {
    opened().close();
    const before = readFileSync(path);
    const broken = [...MIGRATIONS, { what: "a mistake", sql: "CREATE TABLE one_more (x); CREATE TABLE run (x)" }];
    expect(setupErrorOf(() => opened(path, { migrations: broken })).what).toMatch(/a mistake.*already exists/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(layoutOf(path)).not.toContainEqual(expect.objectContaining({ name: "one_more" }));
  });

  test("a database of a newer Portico is refused and left alone", () => {
    opened(path, { migrations: [...MIGRATIONS, { what: "the future", sql: "CREATE TABLE future (x)" }] }).close();
    const before = readFileSync(path);
    const error = setupErrorOf(() => opened());
    expect(error.what).toMatch(/newer Portico \(layout 2, this one knows 1\)/);
    expect(error.remedy).toMatch(/Install/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("somebody else's SQLite file is refused and left alone", () => {
    const other = new Database(path);
    other.exec("CREATE TABLE recipe (name TEXT)");
    other.close();
    const before = readFileSync(path);
    expect(setupErrorOf(() => opened()).what).toMatch(/not a controller's database/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe("a damaged file is refused with its path and a remedy, and not a byte of it is changed", () => {
  const PAGE = 4096;
  const damages: Record<string, (bytes: Buffer) => Buffer> = {
    "an empty file": () => Buffer.alloc(0),
    "garbage in place of the header": (bytes) => (bytes.fill(0xa5, 0, 100), bytes),
    "text in place of everything": () => Buffer.from("moved to the new server\n"),
    "the second half missing": (bytes) => bytes.subarray(0, bytes.length / 2),
    "the last byte missing": (bytes) => bytes.subarray(0, -1),
    "a page of zeros": (bytes) => (bytes.fill(0, bytes.length - 3 * PAGE, bytes.length - 2 * PAGE), bytes),
    "a page of noise": (bytes) => (bytes.fill(0x5a, bytes.length - 3 * PAGE, bytes.length - 2 * PAGE), bytes),
    "a page in the place of another": (bytes) => (bytes.copy(bytes, bytes.length - 3 * PAGE, bytes.length - 5 * PAGE, bytes.length - 4 * PAGE), bytes),
  };

  test.each(Object.entries(damages))("%s", (_, damage) => {
    const database = opened();
    fill(database, 5000);
    database.close();
    writeFileSync(path, damage(readFileSync(path)));
    const before = readFileSync(path);
    const error = setupErrorOf(() => opened());
    expect(error.where).toBe(path);
    expect(error.what).toMatch(/^the database is damaged: /);
    expect(error.remedy).toMatch(/Move the file/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("with a WAL beside it, neither is changed", () => {
    const database = opened();
    fill(database, 5000);
    database.checkpoint();
    database.transaction("quick", () => spend(database, 9999));
    const copy = join(folder, "copy");
    const [file, wal] = [join(copy, "controller.db"), join(copy, "controller.db-wal")];
    cpSync(path, file);
    cpSync(`${path}-wal`, wal);
    const bytes = readFileSync(file);
    bytes.fill(0x5a, bytes.length - 3 * PAGE, bytes.length - 2 * PAGE);
    writeFileSync(file, bytes);
    const before = [readFileSync(file), readFileSync(wal)];
    expect(setupErrorOf(() => opened(file)).what).toMatch(/damaged/);
    expect([readFileSync(file).equals(before[0]!), readFileSync(wal).equals(before[1]!)]).toEqual([true, true]);
  });

  test("a folder in the place of the file", () => {
    mkdirSync(path);
    expect(setupErrorOf(() => opened()).where).toBe(path);
  });

  test("the mark of our files is ours", () => {
    opened().close();
    expect(readFileSync(path).readUInt32BE(68)).toBe(APPLICATION_ID);
  });
});

describe("a transaction", () => {
  test("keeps all of what it wrote, or nothing, and says so to those who listen", () => {
    const database = opened();
    const heard: string[] = [];
    database.onCommit(() => heard.push("kept"));
    database.onRollback(() => heard.push("undone"));
    fill(database, 2);
    expect(() =>
      database.transaction("durable", () => {
        spend(database, 7);
        throw new RangeError("changed my mind");
      }),
    ).toThrow("changed my mind");
    expect(spentCount(database)).toBe(2);
    expect(heard).toEqual(["kept", "undone"]);
  });

  test("inside another one stands or falls with it; a durable one does not fit into a quick one", () => {
    const database = opened();
    const heard: string[] = [];
    database.onCommit(() => heard.push("kept"));
    database.transaction("durable", () => database.transaction("quick", () => spend(database, 1)));
    expect(heard).toEqual(["kept"]);
    expect(() => database.transaction("quick", () => database.transaction("durable", () => spend(database, 2)))).toThrow(RangeError);
    expect(spentCount(database)).toBe(1);
  });

  test("on a full disk fails as a whole, by a name of its own, and succeeds again when there is room", () => {
    opened().close();
    const database = opened(path, { pagesMax: statSync(path).size / 4096 + 3 });
    fill(database, 10);
    const failure = ((): unknown => {
      try {
        fill(database, 5000);
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(RecordingFailed);
    expect((failure as RecordingFailed).trouble).toBe("SQLITE_FULL");
    expect(spentCount(database)).toBe(10);
    database.prepare<[]>("DELETE FROM spent_counter").run();
    fill(database, 10);
    expect(spentCount(database)).toBe(10);
  });

  test("a mistake of the program is not taken for trouble with the disk", () => {
    const database = opened();
    expect(() => database.transaction("quick", () => database.prepare<[]>("INSERT INTO run VALUES (2, '', 0, 0)").run())).toThrow(/CHECK constraint/);
    expect(() => database.transaction("quick", () => database.prepare<[]>("INSERT INTO run VALUES (2, '', 0, 0)").run())).not.toThrow(RecordingFailed);
  });

  test("a sealed database records nothing more, and reads on", () => {
    const database = opened();
    fill(database, 1);
    database.seal(new RecordingFailed("SYNC_FAILED", "gone"));
    expect(() => fill(database, 2)).toThrow(RecordingFailed);
    expect(spentCount(database)).toBe(1);
  });

  test("the WAL is written from its beginning again after each checkpoint: it does not grow with the passages", () => {
    const database = opened();
    const sizes = Array.from({ length: 6 }, () => {
      for (let i = 0; i < 300; i++) database.transaction("quick", () => spend(database, i));
      expect(database.checkpoint()).toBe(true);
      return statSync(`${path}-wal`).size;
    });
    expect(sizes.at(-1)).toBe(sizes[1]);
  });
});
