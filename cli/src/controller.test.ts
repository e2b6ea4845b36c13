import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ControllerReport } from "@portico/controller";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";

const BIN = fileURLToPath(new URL("../bin/portico.js", import.meta.url));

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** A door whose wires lead nowhere. */
const toml = (change = ""): string => `
[site]
id = "campus-east"
[controller]
id = "gate-house"
data = "data"
socket = "controller.sock"
[clock]
trusted_by = "system"
[[wire]]
id = "reader"
serial = "${folder}/no-such-reader"
[[wire]]
id = "board"
tcp = "127.0.0.1:9"
[[scanner]]
id = "library-in"
wire = "reader"
[[relay_board]]
id = "board"
wire = "board"
protocol = "modbus-rtu"
relays = 8
[[door]]
id = "library"
strike = { board = "board", relay = 0 }
${change}
[[access_point]]
id = "library-in"
scanner = "library-in"
door = "library"
`;

interface Running {
  readonly child: ChildProcess;
  /** The line that says that it runs. */
  readonly started: Promise<ControllerReport>;
  readonly ended: Promise<{ readonly code: number | null; readonly reports: readonly ControllerReport[]; readonly err: string }>;
}

/** The built command as its own program, its standard output a pipe. */
function run(): Running {
  const child = spawn(process.execPath, [BIN, "controller", "run", "--config", join(folder, "portico.toml")], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const reports: ControllerReport[] = [];
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const started = new Promise<ControllerReport>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const report = JSON.parse(line) as ControllerReport;
      reports.push(report);
      if (report.kind === "started") resolve(report);
    });
  });
  return { child, started, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, reports, err }))) };
}
const ask = (...words: string[]): Promise<CommandRecord> => {
  const surroundings = new RecordedSurroundings({});
  surroundings.onWait = () => surroundings.passTime();
  return surroundings.run(...words, "--config", join(folder, "portico.toml"));
};

test("it runs until SIGTERM, answers meanwhile though no wire leads anywhere, refuses a second one, and records its stop", async () => {
  writeFileSync(join(folder, "portico.toml"), toml());
  const first = run();
  expect(await first.started).toEqual({ kind: "started", site: "campus-east", controller: "gate-house", accessPoints: ["library-in"] });
  expect(statSync(join(folder, "controller.sock")).mode & 0o777).toBe(0o660);

  const second = await run().ended;
  expect(second).toMatchObject({ code: 2, reports: [], err: expect.stringMatching(/^portico: .*\non: .*controller\.db\nnext: .*\n$/) });

  expect(JSON.parse((await ask("status")).out)).toMatchObject({ site: "campus-east", recordingSuspended: null, devices: { online: 0, offline: 2 } });
  expect(JSON.parse((await ask("door", "list")).out)).toMatchObject({ id: "library", mode: "Locked", physical: "Unknown" });
  const devices = (await ask("device", "list")).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; health: string });
  expect(devices.map(({ id, health }) => `${id} ${health}`)).toEqual(["library-in offline", "board offline"]);
  expect((await ask("door", "access", "library")).exitCode, "nobody is let in at a board that does not answer").toBe(1);
  // Whether the board counts as lost by now is a matter of time; that the mode holds is none.
  expect((await ask("door", "lock-down", "library", "--reason", "drill")).out).toContain('"mode":"LockedDown"');

  first.child.kill("SIGTERM");
  const { code, reports, err } = await first.ended;
  expect([code, err]).toEqual([0, ""]);
  expect(reports.flatMap((report) => (report.kind === "event" ? [report.event.name] : []))).toContain("DoorModeChanged");
  expect(existsSync(join(folder, "controller.sock"))).toBe(false);

  const third = run();
  await third.started;
  const names = (await ask("event", "tail")).out
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { name: string }).name);
  expect(names.slice(0, 2)).toEqual(["ControllerStarted", "ClockChanged"]);
  expect(names.slice(-4)).toEqual(["DoorModeChanged", "ControllerStopped", "ControllerStarted", "ClockChanged"]);
  expect(JSON.parse((await ask("door", "list")).out)).toMatchObject({ mode: "LockedDown" });
  third.child.kill("SIGINT");
  expect((await third.ended).code).toBe(0);
});

test("when nobody reads what it tells any more, it stops in order", async () => {
  writeFileSync(join(folder, "portico.toml"), toml());
  const first = run();
  await first.started;
  first.child.stdout!.destroy();
  await ask("door", "block", "library");
  expect(await first.ended).toMatchObject({ code: 0, err: "" });
  const second = run();
  await second.started;
  expect((await ask("event", "tail")).out).toContain('"name":"ControllerStopped"');
  second.child.kill("SIGTERM");
  await second.ended;
});

test("what must be put right first ends it with 2 and says what: a mistake in the configuration with its line, a trust list that is not there, a damaged database, which stays as it is", async () => {
  writeFileSync(join(folder, "portico.toml"), toml("relase_time_ms = 100"));
  expect(await run().ended).toMatchObject({
    code: 2,
    reports: [],
    err: expect.stringMatching(/portico\.toml:27: door\[library\]\.relase_time_ms .*\nportico: 1 mistake in the configuration/),
  });

  writeFileSync(
    join(folder, "portico.toml"),
    toml().replace('id = "campus-east"', `id = "campus-east"\ntrust_list = "t.cose"\nroot_keys = ["58${"66".repeat(31)}"]\nroot_threshold = 1`),
  );
  expect(await run().ended).toMatchObject({
    code: 2,
    reports: [],
    err: expect.stringMatching(/^portico: the trust list is not there\non: .*t\.cose\nnext: Get it from the root holders\.\n$/),
  });

  rmSync(join(folder, "data"), { recursive: true });
  mkdirSync(join(folder, "data"), { mode: 0o700 });
  const damaged = Buffer.alloc(8_192, "not a database");
  writeFileSync(join(folder, "data", "controller.db"), damaged);
  writeFileSync(join(folder, "portico.toml"), toml());
  expect(await run().ended).toMatchObject({ code: 2, reports: [], err: expect.stringMatching(/^portico: .*\non: .*controller\.db\nnext: /) });
  expect(readFileSync(join(folder, "data", "controller.db")).equals(damaged)).toBe(true);
});
