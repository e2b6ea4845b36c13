import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { readingOver } from "../list/list-reading.ts";
import { asking, ControllerRig } from "../rig/controller-rig.ts";
import { CREDENTIAL, heldPass, KEY } from "../rig/people.ts";
import { rigConfiguration } from "../rig/rig-configuration.ts";
import { RigStore } from "../rig/rig-store.ts";
import type { ListDifference } from "./list-rows.ts";
import type { Problem } from "./control-api.ts";
import { ListLoading } from "./list-loading.ts";
import { Refusal } from "./refusal.ts";

const PEOPLE = 20_000;
const BY = { by: "wang", reason: "new term" };

let rig: ControllerRig;
beforeEach(async () => {
  rig = new ControllerRig();
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load();
  await rig.start();
});
afterEach(() => rig.end());

/** Very many people, and zhang; all of them may pass everywhere. */
function campusFolder(): string {
  const folder = join(rig.folder, "list");
  const numbers = Array.from({ length: PEOPLE }, (_, n) => String(n).padStart(16, "0"));
  const files: Readonly<Record<string, readonly string[]>> = {
    "people.csv": ["person", "zhang", ...numbers],
    "credentials.csv": [
      "credential,person,kind,public_key",
      `${CREDENTIAL.zhang},zhang,qr,${bytesToHex(KEY.zhang.publicKey)}`,
      ...numbers.map((n) => `${n},${n},qr,`),
    ],
    "cards.csv": ["person,number,format"],
    "access-profiles.csv": ["profile,access_points,capability,schedule", "gates,gate-1-in gate-1-out library-in,pass,always"],
    "grants.csv": ["person,profile", "zhang,gates", ...numbers.map((n) => `${n},gates`)],
    "schedules.csv": ["schedule,days,start,end"],
    "special-days.csv": ["group,date"],
    "calendar.csv": ["date,kind"],
  };
  mkdirSync(folder);
  for (const [file, lines] of Object.entries(files)) writeFileSync(join(folder, file), `${lines.join("\n")}\n`);
  return folder;
}

/** A load that goes on while something else is done. */
function begun(folder: string): { readonly done: () => ListDifference | undefined; readonly problem: () => Problem | undefined } {
  let done: ListDifference | undefined;
  let problem: Problem | undefined;
  Promise.resolve(rig.controller.answers["POST /v1/list/load"](asking({ body: { folder, ...BY } }))).then(
    (answer) => (done = answer),
    (error: unknown) => (problem = error instanceof Refusal ? error.problem : undefined),
  );
  return { done: () => done, problem: () => problem };
}

/** Passes so much time, and makes sure that the load goes on all the while. */
async function meanwhile(loading: ReturnType<typeof begun>, ms: number): Promise<void> {
  await rig.time.pass(ms);
  expect([loading.done(), loading.problem()], "it is still being loaded").toEqual([undefined, undefined]);
}
const judged = (): unknown[] => rig.reports.filter(({ kind }) => kind === "judged");

test("while a large list is being loaded a scan is decided by the list in force, and the exit button frees the door", async () => {
  const loading = begun(campusFolder());
  await meanwhile(loading, 3);
  rig.wire("gate-1-in").far.write(new TextEncoder().encode(`${heldPass("zhang", rig.now())}\r\n`));
  await meanwhile(loading, 0);
  expect(judged()).toMatchObject([{ outcome: "granted" }]);
  await meanwhile(loading, 2);
  expect(rig.boards["gate-1"].relays[0], "the arm is free").toBe(true);
  rig.boards.library.inputs[1] = true;
  expect(await rig.time.until(() => rig.boards.library.relays[0]!, 150), "the door is free").toBe(true);
  await meanwhile(loading, 1);
  expect(rig.ask("GET /v1/list").version).toBe(1);
  expect(await rig.time.until(() => loading.done() !== undefined, 10_000)).toBe(true);
  expect(loading.done()).toMatchObject({ version: 2, tables: { credential: { added: PEOPLE, changed: 1, removed: 4 } } });
  expect(rig.ask("GET /v1/list")).toMatchObject({ version: 2, counts: { credentials: PEOPLE + 1, persons: PEOPLE + 1 } });
});

test("one list is loaded at a time: whoever comes second is told", async () => {
  const folder = campusFolder();
  const [first, second] = [begun(folder), begun(folder)];
  await rig.time.pass(1);
  expect(second.problem()).toMatchObject({ status: 409, title: "Another list is being loaded or compared" });
  expect(await rig.time.until(() => first.done() !== undefined, 10_000)).toBe(true);
  const third = begun(folder);
  expect(await rig.time.until(() => third.done() !== undefined, 10_000)).toBe(true);
});

test("a controller that is stopped in the middle of a load stops, and the list is the old one", async () => {
  const loading = begun(campusFolder());
  await meanwhile(loading, 20);
  await rig.stop();
  await rig.time.pass(5);
  expect(loading.problem()).toMatchObject({ status: 503, title: "The controller is ending, so nothing was loaded" });
  const names = rig.events().map(({ name }) => name);
  expect([names.filter((name) => name === "ListLoaded").length, names.at(-1)]).toEqual([1, "ControllerStopped"]);
  await rig.start();
  expect(rig.ask("GET /v1/list")).toMatchObject({ version: 1, counts: { credentials: 5 } });
  const again = begun(join(rig.folder, "list"));
  expect(await rig.time.until(() => again.done() !== undefined, 10_000)).toBe(true);
  expect(rig.fatal).toEqual([]);
});

test("a controller that is stopped while the files are being read does not wait for them", async () => {
  const store = new RigStore();
  onTestFinished(() => store.end());
  const closing = new AbortController();
  let isClosed = false;
  const configuration = rigConfiguration({ folder: store.folder });
  const loading = new ListLoading({
    store: store.store,
    clock: store.clock,
    recorder: store.recorder,
    configuration,
    closing: closing.signal,
    readList: () => readingOver({ on: () => {}, postMessage: () => {} }, () => (isClosed = true)),
  });
  const running = loading.run(store.folder, () => store.store.list.comparison());
  closing.abort();
  await expect(running).rejects.toMatchObject({ problem: { status: 503 } });
  expect(isClosed).toBe(true);
});

test("whoever waits hears every second that it is being worked on, and nothing more when it is done", async () => {
  const store = new RigStore();
  onTestFinished(() => store.end());
  let answer: (message: unknown) => void = () => {};
  const loading = new ListLoading({
    store: store.store,
    clock: store.clock,
    recorder: store.recorder,
    configuration: rigConfiguration({ folder: store.folder }),
    closing: new AbortController().signal,
    readList: () =>
      readingOver(
        { on: (event: string, listener: (value: never) => void) => void (event === "message" && (answer = listener as typeof answer)), postMessage: () => {} },
        () => {},
      ),
  });
  let heard = 0;
  const timers = store.time.pending;
  const running = loading.run(
    store.folder,
    () => store.store.list.comparison(),
    () => heard++,
  );
  await store.time.pass(3_500);
  expect(heard).toBe(3);
  answer({ ok: false, problems: [], count: 1 });
  await expect(running).rejects.toMatchObject({ problem: { status: 422 } });
  expect(store.time.pending).toBe(timers);
  await store.time.pass(5_000);
  expect(heard).toBe(3);
});

test("a zone key that is not the controller's own would make every card unknown: nothing is loaded under it", async () => {
  const folder = campusFolder();
  writeFileSync(join(rig.folder, "data", "zone.key"), new Uint8Array(32).fill(9));
  const loading = begun(folder);
  await rig.time.pass(1);
  expect(loading.problem()).toMatchObject({ status: 409, title: "The zone key is not the one that the controller started with" });
});
