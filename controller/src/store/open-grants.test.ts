import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControllerEvent, eventOf, unixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ControllerDatabase } from "./database.ts";
import { EventLog } from "./event-log.ts";

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
    replayGroup: "main-gate/entry",
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
