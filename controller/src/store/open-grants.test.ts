import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControllerEvent, encodeEvent, eventOf, unixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ControllerDatabase } from "./database.ts";
import { EventLog } from "./event-log.ts";
import { MIGRATIONS } from "./migrations.ts";

const AT = { at: unixSeconds(1_800_000_000), ms: 0 };
let path: string;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  path = join(folder, "controller.db");
});

const granted = (accessPoint: string): ControllerEvent =>
  eventOf("AccessGranted", {
    accessPoint,
    credential: "0011223344556677",
    presentation: "card",
    holder: 1,
    counter: null,
    signedAt: null,
    pass: null,
    accessProfile: "campus",
    uncertaintyS: 1,
    listVersion: 1,
  });
const taken = (grantedSeq: number): ControllerEvent => eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq });
const notTaken = (grantedSeq: number): ControllerEvent => eventOf("AccessNotTaken", { accessPoint: "gate-1-in", grantedSeq, cause: "timeout" });

function opened(): { readonly log: EventLog; readonly database: ControllerDatabase; readonly mark: () => number } {
  const database = ControllerDatabase.open(path);
  const mark = (): number => database.prepare<[], number>("SELECT seq FROM open_grant_mark").pluck().get()!;
  return { log: new EventLog(database, nodeSha256), database, mark };
}

test("a grant is open until somebody passed or nobody did, and a fresh start knows it from the events", () => {
  const { log, database } = opened();
  const [first, second, third] = ["gate-1-in", "gate-2-in", "library-in"].map((id) => log.append(granted(id), AT));
  log.append(taken(first!), AT);
  log.append(notTaken(third!), AT);
  expect(log.openGrants()).toEqual([{ seq: second, accessPoint: "gate-2-in" }]);
  database.close();
  const again = opened();
  expect(again.log.openGrants()).toEqual([{ seq: second, accessPoint: "gate-2-in" }]);
  again.database.close();
});

test("a grant that was undone is not open, and one that was closed in what was undone still is", () => {
  const { log, database } = opened();
  const kept = log.append(granted("gate-1-in"), AT);
  expect(() =>
    database.transaction("quick", () => {
      log.append(granted("gate-2-in"), AT);
      log.append(taken(kept), AT);
      throw new RangeError("undo");
    }),
  ).toThrow("undo");
  expect(log.openGrants()).toEqual([{ seq: kept, accessPoint: "gate-1-in" }]);
  database.close();
});

test("the mark follows now and then, never past a grant that is open, so that a start reads the last events alone", () => {
  const { log, database, mark } = opened();
  for (let passages = 0; passages < 600; passages++) log.append(taken(log.append(granted("gate-1-in"), AT)), AT);
  expect(mark(), "everything is closed").toBeGreaterThan(1_000);
  const open = log.append(granted("library-in"), AT);
  for (let passages = 0; passages < 1_100; passages++) log.append(taken(log.append(granted("gate-1-in"), AT)), AT);
  expect(mark()).toBe(open);
  database.close();
  const again = opened();
  expect(again.log.openGrants()).toEqual([{ seq: open, accessPoint: "library-in" }]);
  again.database.close();
});

test("grants that were open in the layout before are open in this one", () => {
  const old = ControllerDatabase.open(path, { migrations: MIGRATIONS.slice(0, 4) });
  const insert = old.prepare<[number, string, Uint8Array]>(
    "INSERT INTO event (seq, at, ms, name, source, credential, record, hash) VALUES (?, 1800000000, 0, ?, 'gate-1-in', NULL, ?, x'00')",
  );
  const events = [granted("gate-1-in"), taken(1), granted("gate-2-in"), granted("library-in")];
  for (const [index, event] of events.entries()) {
    const seq = index + 1;
    insert.run(seq, event.name, encodeEvent({ seq, prevHash: new Uint8Array(32), ...AT, event }));
  }
  old.prepare("INSERT INTO open_grant VALUES (3, 'gate-2-in'), (4, 'library-in')").run();
  old.close();
  const { log, database } = opened();
  expect(log.openGrants()).toEqual([
    { seq: 3, accessPoint: "gate-2-in" },
    { seq: 4, accessPoint: "library-in" },
  ]);
  database.close();
});
