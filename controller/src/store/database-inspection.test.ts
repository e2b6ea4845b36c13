import { type ControllerEvent, eventOf, type EventFields, SetupError, unixSeconds } from "@portico/card-protocol";
import { simulatedClock } from "@portico/firmware-ts";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ControllerStore } from "./controller-store.ts";
import { rowCheck } from "./row-check.ts";

const AT = { at: unixSeconds(1_800_000_000), ms: 0 };
const CREDENTIAL = "0011223344556677";
const GROUP = "main-gate/entry";
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  path = join(folder, "controller.db");
});

function opened(): ControllerStore {
  const store = ControllerStore.open({
    folder,
    zone: "Asia/Shanghai",
    clock: simulatedClock(),
    randomBytes: (length) => new Uint8Array(length).fill(7),
    bootId: "boot",
  });
  onTestFinished(() => store.close());
  return store;
}

const mode = (door: string, mode: EventFields<"DoorModeChanged">["mode"]): ControllerEvent =>
  eventOf("DoorModeChanged", { door, mode, by: "wang", reason: "" });
const granted = (counter: number): ControllerEvent =>
  eventOf("AccessGranted", {
    accessPoint: "gate-1-in",
    credential: CREDENTIAL,
    presentation: "H",
    holder: 1,
    counter,
    signedAt: AT.at,
    pass: null,
    accessProfile: "campus",
    uncertaintyS: 1,
    listVersion: 1,
    replayGroup: GROUP,
  });

/** A controller that let somebody in, whose library is blocked, whose lab was blocked and is not any more, and that was stopped. */
function filled(): void {
  const store = opened();
  store.start({ bootId: "boot", version: "0.1.0", configurationHash: "c0ffee", time: AT });
  store.begun();
  store.clockRecord.keep({ ratchet: AT.at, trusted: undefined, batteryAheadS: undefined });
  store.recordDecision(granted(5), AT);
  for (const event of [mode("lab", "Blocked"), mode("library", "Blocked"), mode("lab", "Locked"), mode("library", "Accessed"), mode("lab", "Accessed")])
    store.events.append(event, AT);
  store.stop(AT);
}

/** Somebody, or the disk, alters the database of a controller that is not running. */
function alter(...statements: readonly string[]): void {
  const sqlite = new Database(path);
  for (const sql of statements) sqlite.exec(sql);
  sqlite.close();
}

/** What a start says. The file is as it was behind it. */
function refusal(): string {
  const before = readFileSync(path);
  let said: string | undefined;
  try {
    opened();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    expect([error.where, error.remedy]).toEqual([path, expect.stringMatching(/Move the file/)]);
    said = error.what;
  }
  if (said === undefined) throw new Error("it starts");
  expect(readFileSync(path).equals(before), "the file is left as it was").toBe(true);
  return said;
}

test("a database of another layout, as versions before the first release made it, is refused with what to do, and left as it is", () => {
  filled();
  const sqlite = new Database(path);
  sqlite.exec("DROP INDEX event_beside_access");
  sqlite.close();
  const before = readFileSync(path);
  expect(() => opened()).toThrow(SetupError);
  expect(() => opened()).toThrow("the database has another layout than this version makes: no such index: event_beside_access");
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a database as it was written starts, with the modes that an operator set", () => {
  filled();
  const store = opened();
  expect(new Map(store.events.doorModes())).toEqual(
    new Map([
      ["lab", "Locked"],
      ["library", "Blocked"],
    ]),
  );
  expect(store.spent.last(CREDENTIAL, "H", GROUP)?.counter).toBe(5);
});

const KEEP_EVENTS = ["DROP TRIGGER event_is_kept", "DROP TRIGGER event_is_final"] as const;

describe("what no digest covers is not believed when it is not as it was written:", () => {
  test.each<[string, readonly string[], RegExp]>([
    ["a mode that is none", ["UPDATE door_mode SET mode = 'Bhocked'"], /table door_mode: row lab was altered/],
    [
      "a mode that is one, with the right check",
      [`UPDATE door_mode SET mode = 'Locked', row_check = ${rowCheck("library", "Locked", 4, 6)} WHERE door = 'library'`],
      /says that library is Locked, event 4 says Blocked/,
    ],
    [
      "a mode that was set before, as the disk had it then",
      [`UPDATE door_mode SET mode = 'Blocked', set_by = 3, last = 3, row_check = ${rowCheck("lab", "Blocked", 3, 3)} WHERE door = 'lab'`],
      /says that the mode of lab changed last by event 3, the events say 7/,
    ],
    ["a door whose mode is gone", ["DELETE FROM door_mode WHERE door = 'library'"], /knows nothing of library, event 6 does/],
    [
      "a door that no event speaks of",
      [`INSERT INTO door_mode VALUES ('attic', 'Blocked', 4, 4, ${rowCheck("attic", "Blocked", 4, 4)})`],
      /the mode of attic changed last by event 4, the events say never/,
    ],
    [
      "the mode in an event",
      [...KEEP_EVENTS, "UPDATE event SET record = CAST(replace(record, CAST('Blocked' AS BLOB), CAST('Locked_' AS BLOB)) AS BLOB) WHERE seq = 4"],
      /event 4, which speaks of library, was altered/,
    ],
    [
      "who did it in an event",
      [...KEEP_EVENTS, "UPDATE event SET record = CAST(replace(record, CAST('wang' AS BLOB), CAST('wing' AS BLOB)) AS BLOB) WHERE seq = 4"],
      /event 4, which speaks of library, was altered/,
    ],
    ["where passes are spent", ["UPDATE replay_place SET replay_group = 'main-gate/exit'"], /table replay_place: row 1 was altered/],
    ["the counter of a spent pass", ["UPDATE spent_counter SET counter = 4"], /table spent_counter: rows were altered: 1/],
    ["whose pass was spent", ["UPDATE spent_counter SET credential = credential + 1"], /table spent_counter: rows were altered: 1/],
    ["how far the spent passes follow the events", ["UPDATE spent_mark SET seq = 4096 + seq"], /table spent_mark: row 1 was altered/],
    ["the same, lost", ["DELETE FROM spent_mark"], /table spent_mark: its row is missing/],
    ["from where on grants may be open", ["UPDATE open_grant_mark SET seq = 4097"], /table open_grant_mark: row 1 was altered/],
    ["the clock's ratchet", ["UPDATE clock_record SET ratchet = ratchet - 65536"], /table clock_record: row 1 was altered/],
    ["how the last run ended", ["UPDATE run SET ended_clean = 0"], /table run: row 1 was altered/],
  ])("%s", (_, statements, finding) => {
    filled();
    alter(...statements);
    expect(refusal()).toMatch(finding);
  });

  test("one flipped bit anywhere in the row of a door's mode", () => {
    filled();
    const whole = readFileSync(path);
    const at = whole.indexOf("libraryBlocked");
    expect(at).toBeGreaterThan(0);
    for (let byte = 0; byte < "libraryBlocked".length; byte++) {
      const flipped = Buffer.from(whole);
      flipped[at + byte]! ^= 1 << (byte % 7);
      writeFileSync(path, flipped);
      expect(refusal(), `byte ${byte}`).toMatch(/^the database is damaged: table door_mode: /);
    }
  });
});

test.each([
  [18, 1],
  [18, 4],
  [19, 1],
  [19, 4],
])("a header whose byte %i was altered by %i is damage, and none that more room on the disk would mend", (at, mask) => {
  filled();
  const bytes = readFileSync(path);
  bytes[at]! ^= mask;
  writeFileSync(path, bytes);
  expect(refusal()).toMatch(/^the database is damaged: /);
});

test("pages that were overwritten are told by what SQLite finds in them, not by the heading above it", () => {
  filled();
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 2 * 4096, 6 * 4096);
  writeFileSync(path, bytes);
  expect(refusal()).toMatch(/^the database is damaged: table \w+: [^*]/);
});
