import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ControllerReport, ControllerStatus } from "@portico/controller";
import type { HeardReport } from "@portico/simulator";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type CampusRig, campusRig, isRunning, portico, PORTICO, programsNaming, until } from "./sim-rig.ts";

type Judged = Extract<ControllerReport, { readonly kind: "judged" }>;
type Followed = Extract<ControllerReport, { readonly kind: "followed" }>;
type Pid = { readonly pid: number };
type Acted = Extract<ControllerReport, { readonly kind: "acted" }>;

/** Five programs start. */
const STARTS_WITHIN_MS = 60_000;

/** One campus over loopback TCP for the tests of this file, in their order. */
let rig: CampusRig;
beforeAll(async () => {
  rig = await campusRig("tcp");
}, STARTS_WITHIN_MS);
afterAll(() => rig.end(), STARTS_WITHIN_MS);

const isJudgedAt =
  (accessPoint: string) =>
  (report: ControllerReport): report is Judged =>
    report.kind === "judged" && report.accessPoint === accessPoint;

test("a pass on real wires opens the arm: judged, relay moved, somebody went through, and the log says so", async () => {
  const { programs } = rig;
  expect(await programs.hands.push("gate-1", "entry")).toBe(false);
  expect(await programs.hands.scan("gate-1-in", rig.pass("zhang"))).toBe(true);
  const judged = await rig.heard("the pass is judged", isJudgedAt("gate-1-in"));
  expect(judged).toMatchObject({ outcome: "granted", presentation: "H" });
  const acted = await rig.heard("the relay moves", (report): report is Acted => report.kind === "acted" && report.grantedSeq === judged.seq);
  expect(acted.frame).toMatch(/^01050200/);
  await until(programs, "the arm gives way", () => programs.hands.push("gate-1", "entry"));
  await rig.heard(
    "the passage is recorded",
    (report): report is ControllerReport => report.kind === "event" && report.event.name === "AccessTaken" && report.event.fields["grantedSeq"] === judged.seq,
  );
});

test("sim scan tells what the controller made of it: granted and gone through ends with 0, refused with 1, no such place with 2", async () => {
  const data = ["--data", rig.folder];
  const [card, screenshot, noise, nowhere, nobody] = await Promise.all([
    portico("sim", "scan", "library-in", "--person", "li", "--card", "--walk", ...data),
    portico("sim", "scan", "gate-2-in", "--person", "wang", "--screenshot", ...data),
    portico("sim", "scan", "gate-1-in", "--text", "图书馆", ...data),
    portico("sim", "scan", "gate-9", "--text", "x", ...data),
    portico("sim", "scan", "gate-1-in", "--person", "wang", "--card", ...data),
  ]);
  expect(JSON.parse(card.out)).toMatchObject({ outcome: "granted", presentation: "card", passed: true, frame: expect.stringMatching(/^0105/) });
  expect(card).toMatchObject({ code: 0, err: "" });
  const late = JSON.parse(screenshot.out) as { readonly phoneClockOffsetS: number };
  expect(late).toMatchObject({ outcome: "denied", reason: "PassExpired", passed: null });
  // Made 60 s old and judged a moment later, by whole seconds of two programs' clocks: they may turn a moment apart.
  expect(late.phoneClockOffsetS).toBeLessThanOrEqual(-59);
  expect(late.phoneClockOffsetS).toBeGreaterThan(-70);
  expect(screenshot).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^portico: refused: PassExpired\non: gate-2-in\nnext: .*portico event explain \d+\n$/),
  });
  expect(JSON.parse(noise.out)).toMatchObject({ outcome: "denied", reason: "PassMalformed", seq: null });
  expect(nowhere).toMatchObject({ code: 2, out: "", err: expect.stringContaining("use one of gate-1-in, gate-1-out") });
  expect(nobody).toMatchObject({ code: 2, out: "", err: expect.stringContaining("wang has no card") });
});

test("a wire is cut and mended from the command line, and what leaves no reader ends with 3", async () => {
  const data = ["--data", rig.folder];
  const rowOf = ({ out }: { readonly out: string }) => JSON.parse(out) as { readonly isCut: boolean; readonly trouble: string };
  expect(rowOf(await portico("sim", "wire", "cut", "gate-2-in", ...data))).toMatchObject({ id: "gate-2-in", kind: "tcp", isCut: true });
  expect(await portico("sim", "scan", "gate-2-in", "--text", "x", ...data)).toMatchObject({ code: 3, err: expect.stringContaining("nothing left the reader") });
  expect(rowOf(await portico("sim", "wire", "mend", "gate-2-in", ...data))).toMatchObject({ isCut: false, trouble: "" });
  const before = rig.reports.length;
  expect(await rig.programs.hands.scan("gate-2-in", rig.pass("zhang"))).toBe(true);
  expect(await rig.heard("the mended wire carries a pass", isJudgedAt("gate-2-in"), before)).toMatchObject({ outcome: "granted" });
});

const isNotTaken = (report: HeardReport): report is Extract<HeardReport, { readonly kind: "event" }> =>
  report.kind === "event" && report.event.name === "AccessNotTaken";
const pidOf = (controller: string): number => rig.programs.controllers.get(controller)!.pid!;

test("a controller that is killed is started anew, and doors work again", async () => {
  const { programs, notes } = rig;
  const killed = pidOf("gate-house");
  process.kill(killed, "SIGKILL");
  await until(programs, "another controller runs", () => notes.some(({ kind }) => kind === "started anew"));
  expect(notes.slice(-2)).toEqual([
    { kind: "ended", program: "gate-house", how: "SIGKILL", againInMs: 500 },
    { kind: "started anew", program: "gate-house", pid: pidOf("gate-house") },
  ]);
  expect([pidOf("gate-house") === killed, programs.crashes]).toEqual([false, 1]);
  await rig.ready();
  const before = rig.reports.length;
  await programs.hands.scan("gate-1-in", rig.pass("liu"));
  expect(await rig.heard("the new controller judges", isJudgedAt("gate-1-in"), before)).toMatchObject({ outcome: "granted" });
  // Until then the lane is liu's, and refuses whoever comes next.
  await rig.heard("the lane is free again", isNotTaken, before);
});

/** Waits until a controller keeps a publication, or a later one, in its zone. */
const kept = (zone: string, publish: number, from: number): Promise<Followed> =>
  rig.heard(
    `the list of ${zone} has publication ${publish}`,
    (report): report is Followed => report.kind === "followed" && report.partition === `zone/${zone}` && report.publish >= publish,
    from,
  );
const tried = async (accessPoint: string): Promise<Judged> => {
  const before = rig.reports.length;
  await rig.programs.hands.scan(accessPoint, rig.card("li"));
  return rig.heard("the card is judged", isJudgedAt(accessPoint), before);
};

test("rule 4.1: a card that is reported lost from the command line is refused at the next scan by a controller in another program, and rule 4.2: opens again when it is found", async () => {
  const data = ["--data", rig.folder];
  const from = rig.reports.length;
  const lost = await portico("credential", "lost", "--person", "li", "--reason", "left on the bus", ...data);
  expect(lost).toMatchObject({ code: 0, err: "" });
  const told = JSON.parse(lost.out) as { readonly state: string; readonly publish: number };
  expect(told).toMatchObject({ state: "lost" });
  await kept("library", told.publish, from);
  expect(await tried("library-in")).toMatchObject({ outcome: "denied", reason: "CredentialNotEnabled", presentation: "card" });
  const found = await portico("credential", "found", "--person", "li", ...data);
  const { publish } = JSON.parse(found.out) as { readonly publish: number };
  await kept("gates", publish, from);
  expect(await tried("gate-2-in")).toMatchObject({ outcome: "granted" });
});

test("rule 2.10: at the canteen's keypad and reader somebody pays, and whoever is frozen does not; receipt and display say both, and rule 2.13: what is left", async () => {
  const paid = await portico("sim", "pay", "canteen-1", "12.50", "--person", "zhang", "--data", rig.folder);
  expect(paid).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(paid.out)).toMatchObject({
    outcome: "granted",
    asked: ["           CNY 12.50", "Show card or code"],
    display: ["           CNY 12.50", "Paid, left CNY 87.50"],
    receipt: expect.arrayContaining(["PAYMENT ¥12.50", "BALANCE ¥87.50"]),
  });
  const refused = await portico("sim", "pay", "canteen-1", "8", "--person", "xu", "--data", rig.folder);
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("portico: refused: CredentialNotEnabled") });
  expect(JSON.parse(refused.out)).toMatchObject({ display: ["            CNY 8.00", "Card is blocked"], receipt: null });
});

test("rule 2.9: pages lie in the tray once their owner has scanned at the printer, and a visitor's stay held", async () => {
  const printed = await portico("sim", "print", "printer-1", "--person", "liu", "--pages", "2", "--data", rig.folder);
  expect([printed.code, JSON.parse(printed.out)]).toMatchObject([0, { outcome: "granted", pages: 2, sides: 2 }]);
  const refused = await portico("sim", "print", "printer-1", "--person", "zhou", "--data", rig.folder);
  expect([refused.code, JSON.parse(refused.out)]).toMatchObject([1, { outcome: "denied", reason: "CredentialNotFound", sides: 0 }]);
});

test("rule 2.8: a resident's phone draws the bolt of the room over Bluetooth, and whoever lives elsewhere is refused; rule 14.1: a PIN is sealed to the lock, taken by it and opens, another does not", async () => {
  const unlock = (...words: string[]) => portico("sim", "unlock", "room-301", ...words, "--data", rig.folder);
  const home = await unlock("--person", "zhang", "--pin", "274951");
  expect(home).toMatchObject({ code: 0, err: "" });
  const told = JSON.parse(home.out) as { readonly log: readonly { readonly event: string }[] };
  expect(told).toMatchObject({ outcome: "granted", bolt: "unlocked", pin: { version: 1, state: "applied" }, typed: "opened" });
  // A lock that has just been met writes of its clock and list as well.
  expect(told.log.filter(({ event }) => event === "Opened" || event === "PinSet")).toEqual(
    ["grant", "pin"].map((way): unknown => expect.objectContaining({ event: "Opened", way })).toSpliced(1, 0, expect.objectContaining({ event: "PinSet" })),
  );
  expect(home.out).not.toContain("274951");
  const stranger = await unlock("--person", "wang", "--pin", "385062");
  expect([stranger.code, JSON.parse(stranger.out)]).toMatchObject([1, { outcome: "denied", reason: "Unauthorized", typed: null, log: [] }]);
  expect(stranger.err).toMatch(/next: .*portico event explain \d+ --data /);
  const wrong = await unlock("--pin", "385062");
  expect([wrong.code, JSON.parse(wrong.out)]).toMatchObject([1, { outcome: null, typed: "HolderNotListed", log: [{ event: "Refused", way: "pin" }] }]);
  expect(await unlock()).toMatchObject({ code: 2, err: expect.stringContaining("nobody stands there") });
  // What the controller knows of the lock is as old as its last look: behind what was just set there it looks again by itself.
  const found = async (): Promise<readonly { readonly check: string; readonly outcome: string; readonly detail: string }[]> =>
    (await portico("doctor", "--data", join(rig.folder, "library"))).out.trim().split("\n").map((line) => JSON.parse(line)); // prettier-ignore
  const amiss = async (): Promise<string[]> =>
    (await found()).filter(({ check, outcome }) => (check === "Bluetooth" || check === "lock room-301") && outcome !== "ok").map(({ check, detail }) => `${check}: ${detail}`); // prettier-ignore
  let last: readonly string[] = [];
  await until(rig.programs, "the doctor finds nothing amiss at the lock", async () => (last = await amiss()).length === 0).catch(() => {}); // told below, with what it is
  expect(last).toEqual([]);
  expect((await found()).map(({ check }) => check)).toEqual(expect.arrayContaining(["Bluetooth", "lock room-301"]));
  expect((await found()).find(({ check }) => check === "controller's list")).toMatchObject({
    outcome: "ok",
    detail: "the cloud's, fresh: global, zone/library",
  });
  const low = await portico("sim", "lock", "room-301", "low", "--data", rig.folder);
  expect([low.code, JSON.parse(low.out)]).toEqual([0, { room: "room-301", act: "low", bolt: expect.any(String), batteryPercent: 12 }]);
  expect(await portico("sim", "lock", "room-9", "low", "--data", rig.folder)).toMatchObject({ code: 2, err: expect.stringContaining("use one of room-301") });
});

test("rule 7.10: a guest's face opens the visitors' gate, and rule 7.11: a registered plate lifts the barrier; strangers' do neither", async () => {
  const scan = (...words: string[]) => portico("sim", "scan", ...words, "--data", rig.folder);
  const face = await scan("gate-5-face", "--person", "guest");
  expect([face.code, JSON.parse(face.out)]).toMatchObject([0, { outcome: "granted", presentation: "face" }]);
  const stranger = await scan("gate-5-face", "--text", "V-99");
  expect([stranger.code, JSON.parse(stranger.out)]).toMatchObject([1, { outcome: "denied", reason: "CredentialNotFound" }]);
  const plate = await scan("barrier-in", "--person", "driver", "--walk");
  expect([plate.code, JSON.parse(plate.out)]).toMatchObject([0, { outcome: "granted", presentation: "plate", passed: true }]);
  const unknown = await scan("barrier-in", "--text", "粤B99999");
  expect([unknown.code, JSON.parse(unknown.out)]).toMatchObject([1, { outcome: "denied", reason: "CredentialNotFound" }]);
});

test("the cloud is unplugged from the command line and nothing stops; what is published meanwhile arrives when it is back", async () => {
  const data = ["--data", rig.folder];
  const cut = await portico("sim", "wire", "cut", "cloud", ...data);
  expect(JSON.parse(cut.out)).toMatchObject({ id: "cloud", use: "cloud", isCut: true });
  const status = async (): Promise<ControllerStatus> => JSON.parse((await portico("status", "--data", join(rig.folder, "library"))).out) as ControllerStatus;
  await until(rig.programs, "the library's controller misses it", async () => (await status()).feed?.connection === "waiting");
  const before = rig.reports.length;
  const { publish } = JSON.parse((await portico("credential", "lost", "--person", "zhao", ...data)).out) as { readonly publish: number };
  await rig.programs.hands.scan("gate-1-in", rig.pass("wu"));
  const judged = await rig.heard("a pass is judged", isJudgedAt("gate-1-in"), before);
  expect(judged, JSON.stringify(judged)).toMatchObject({ outcome: "granted" });
  expect((await portico("sim", "wire", "mend", "cloud", ...data)).code).toBe(0);
  await kept("library", publish, before);
  expect((await status()).feed).toMatchObject({ connection: "connected" });
  await portico("credential", "found", "--person", "zhao", ...data);
});

test("a cloud that is killed is started anew at the same address", async () => {
  const { programs, notes } = rig;
  const killed = programs.cloud.pid!;
  process.kill(killed, "SIGKILL");
  await until(programs, "another cloud runs", () => notes.some((note) => note.kind === "started anew" && note.program === "cloud"));
  expect(programs.cloud.pid === killed).toBe(false);
  expect(await portico("credential", "list", "--person", "li", "--data", rig.folder)).toMatchObject({ code: 0, err: "" });
});

test("a campus ends in order and leaves nothing", async () => {
  const { programs, notes, failures } = rig;
  const pids = [pidOf("gate-house"), pidOf("library-house"), programs.cloud.pid!, programs.devicesPid!];
  await programs.stop();
  expect(pids.filter(isRunning)).toEqual([]);
  expect([programs.sockets.sim, programs.sockets.controller, programs.sockets.controllerOf("library")].filter((path) => existsSync(path))).toEqual([]);
  expect([failures, notes.filter(({ kind }) => kind === "killed")]).toEqual([[], []]);
});

/** `portico sim run` as a person starts it; resolves when people live in it. */
async function started() {
  const data = mkdtempSync(join(tmpdir(), "portico-sim-"));
  // In a group of its own, as a shell starts it: Ctrl-C goes to the whole group.
  const words = [PORTICO, "sim", "run", "--wires", "tcp", "--format", "jsonl", "--data", data];
  const child = spawn(process.execPath, words, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const pids: number[] = [];
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await until(rig.programs, "everything is gone", () => !pids.some(isRunning));
    rmSync(data, { recursive: true });
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (lines.length > 1) return;
      const told = JSON.parse(line) as { readonly devicesPid: number; readonly cloud: Pid; readonly controllers: readonly Pid[] };
      pids.push(told.devicesPid, told.cloud.pid, ...told.controllers.map(({ pid }) => pid));
      resolve();
    });
    void ended.then(() => reject(new Error(err)));
  });
  return { child, data, ended, pids, lines, said: () => err };
}

test("killed with -9, a campus leaves no program behind", async () => {
  const { child, ended, pids } = await started();
  expect(pids.filter(isRunning)).toEqual(pids);
  child.kill("SIGKILL");
  await ended;
  await until(rig.programs, "controllers, cloud and devices are gone", () => !pids.some(isRunning));
  expect(pids.some(isRunning)).toBe(false);
});

test("Ctrl-C ends everything with 0; meanwhile a second campus in the folder is refused", async () => {
  const { child, data, ended, pids, lines, said } = await started();
  expect(await portico("sim", "run", "--data", data)).toMatchObject({
    code: 2,
    err: `portico: a simulated campus is running in this folder already\non: ${join(data, "sim.sock")}\nnext: use that one, end it with Ctrl-C, or name another folder with --data\n`,
  });
  process.kill(-child.pid!, "SIGINT");
  expect(await ended).toBe(0);
  expect([pids.filter(isRunning), said(), lines.filter((line) => line.includes('"note"'))]).toEqual([[], "", []]);
  expect(lines.filter((line) => line.includes("ControllerStopped"))).toHaveLength(2);
});

test("Ctrl-C while the campus starts ends it quietly, and nothing is left", async () => {
  const data = mkdtempSync(join(tmpdir(), "portico-sim-"));
  const child = spawn(process.execPath, [PORTICO, "sim", "run", "--wires", "tcp", "--data", data], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
    rmSync(data, { recursive: true });
  });
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdout.once("data", () => process.kill(-child.pid!, "SIGINT"));
  expect(await new Promise<number | null>((resolve) => child.once("close", resolve))).toBe(0);
  expect(err).toBe("");
  expect(programsNaming(data)).toEqual([]);
});
