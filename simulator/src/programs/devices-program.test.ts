import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "@portico/card-protocol";
import { unixSeconds } from "@portico/card-protocol";
import { seededRandom, seededRandomBytes, systemClock, tcpWire } from "@portico/firmware-ts";
import { expect, onTestFinished, test } from "vitest";
import { wiresOf } from "../campus/campus.ts";
import { wholeCampus } from "../campus/whole-campus.ts";
import { runDevicesIn } from "./devices-program.ts";
import type { DevicesReady } from "./devices-api.ts";
import { DevicesClient } from "./devices-client.ts";

const clock = systemClock(() => "untrusted");

/** Devices over TCP in this program, as ready as they are for a controller. */
async function devices({ time = clock, folder = temporary() }: { readonly time?: Clock; readonly folder?: string } = {}) {
  const interruption = new AbortController();
  let leaveAlone = (): void => {};
  const alone = new Promise<void>((resolve) => (leaveAlone = resolve));
  let onReady: (ready: DevicesReady) => void;
  const isReady = new Promise<DevicesReady>((resolve) => (onReady = resolve));
  const surroundings = { clock: time, now: () => unixSeconds(1_800_000_000), random: seededRandom(1), randomBytes: seededRandomBytes(seededRandom(2)) };
  const ended = runDevicesIn(surroundings, {
    folder,
    wires: "tcp",
    orphaned: () => alone,
    interrupted: interruption.signal,
    onReady: (ready) => onReady(ready),
  });
  const ready = await Promise.race([isReady, ended.then((): never => expect.unreachable())]);
  const client = new DevicesClient(ready.socket);
  onTestFinished(async () => {
    client.close();
    interruption.abort();
    await ended;
  });
  return { folder, ready, client, ended, leaveAlone: () => leaveAlone(), interrupt: () => interruption.abort() };
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "portico-devices-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

type Stand = ChildProcessByStdio<Writable, Readable, null>;

/** A program that stands in for a controller: its command line names the configuration, and it does this when it is asked to end. */
async function standIn(configurationFile: string, onTerm: string): Promise<{ readonly pid: number; readonly ended: Promise<number | string | null> }> {
  const script = `process.on("SIGTERM", () => { ${onTerm} }); process.stdin.resume(); console.log("up");`;
  const stand: Stand = spawn(process.execPath, ["-e", script, configurationFile], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void stand.kill("SIGKILL"));
  await new Promise((resolve) => stand.stdout.once("data", resolve));
  return { pid: stand.pid!, ended: new Promise((resolve) => stand.once("exit", (code, signal) => resolve(signal ?? code))) };
}

test("each wire leads to a port that somebody listens on, until the devices are interrupted", async () => {
  const { ready, ended, interrupt } = await devices();
  expect(ready.wires.map(({ id }) => id)).toEqual(wiresOf(wholeCampus(new Uint8Array(32))).map(({ id }) => id));
  for (const { id, address } of ready.wires) {
    const [host = "", port] = address.split(":");
    const wire = tcpWire({ name: id, host, port: Number(port), clock, random: seededRandom(1) });
    await new Promise<void>((resolve) => wire.onState(() => resolve()));
    expect(wire.state, id).toBe("open");
    await wire.close();
  }
  interrupt();
  await ended;
  expect(existsSync(ready.socket)).toBe(false);
});

test("left alone, they ask the controller to end while the boards are still there, and end then", async () => {
  const { folder, client, ended, leaveAlone, ready } = await devices();
  const { pid, ended: controllerEnded } = await standIn(join(folder, "portico.toml"), "process.exit(7)");
  await client.ask("guard", { programs: [{ pid, word: join(folder, "portico.toml") }] });
  leaveAlone();
  expect(await controllerEnded).toBe(7);
  await ended;
  expect(existsSync(ready.socket)).toBe(false);
});

test("a controller that does not end when asked to is ended", async () => {
  // A thousandfold clock: patience is over at once.
  const hasty: Clock = { ...clock, monotonic: () => (clock.monotonic() * 1000) as ReturnType<Clock["monotonic"]> };
  const { folder, client, leaveAlone } = await devices({ time: hasty });
  const { pid, ended } = await standIn(join(folder, "portico.toml"), "");
  await client.ask("guard", { programs: [{ pid, word: join(folder, "portico.toml") }] });
  leaveAlone();
  expect(await ended).toBe("SIGKILL");
});

test("a program that got the controller's number later is left alone, and so is one that was taken back", async () => {
  const { folder, client, ended, leaveAlone } = await devices();
  const [stranger, takenBack] = [await standIn("/somebody/elses.toml", "process.exit(7)"), await standIn(join(folder, "portico.toml"), "process.exit(7)")];
  const word = join(folder, "portico.toml");
  await client.ask("guard", { programs: [{ pid: takenBack.pid, word }] });
  await client.ask("guard", { programs: [{ pid: stranger.pid, word }] });
  leaveAlone();
  await ended;
  for (const { pid } of [stranger, takenBack]) expect(process.kill(pid, 0)).toBe(true);
});

test("left alone, they end one program after the other, and one that was stopped by a signal, too", async () => {
  const { folder, client, ended, leaveAlone } = await devices();
  const [first, second] = [await standIn(join(folder, "portico.toml"), "process.exit(7)"), await standIn(join(folder, "cloud"), "process.exit(8)")];
  await client.ask("guard", { programs: [{ pid: first.pid, word: join(folder, "portico.toml") }, { pid: second.pid, word: join(folder, "cloud") }] }); // prettier-ignore
  process.kill(second.pid, "SIGSTOP");
  leaveAlone();
  expect([await first.ended, await second.ended]).toEqual([7, 8]);
  await ended;
});

test("interrupted, they leave the controller to whoever interrupted them", async () => {
  const { folder, client, ended, interrupt } = await devices();
  const { pid } = await standIn(join(folder, "portico.toml"), "process.exit(7)");
  await client.ask("guard", { programs: [{ pid, word: join(folder, "portico.toml") }] });
  interrupt();
  await ended;
  expect(process.kill(pid, 0)).toBe(true);
});

test("where a campus runs already nothing of the folder is touched", async () => {
  const { folder, client } = await devices();
  await expect(devices({ folder })).rejects.toThrow(
    expect.objectContaining({ name: "SetupError", what: expect.stringContaining("running in this folder already") }),
  );
  expect(await client.ask("boards", {})).toHaveLength(4);
});
