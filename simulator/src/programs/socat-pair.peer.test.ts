import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom, serialWire, systemClock, type Wire } from "@portico/firmware-ts";
import { expect, onTestFinished, test } from "vitest";
import { hasSocat, socatPair } from "./socat-pair.ts";

const clock = systemClock(() => "untrusted");

async function until(what: string, condition: () => boolean, withinMs = 15_000): Promise<void> {
  const deadline = clock.monotonic() + withinMs;
  while (!condition()) {
    if (clock.monotonic() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await new Promise<void>((resolve) => clock.after(5, resolve));
  }
}

function base(): string {
  const folder = mkdtempSync(join(tmpdir(), "portico-socat-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "wire");
}

/** Numbers of the programs whose command line names this path. Source: proc_pid_cmdline(5). */
function programsOn(path: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(path);
    } catch {
      return false;
    }
  });
}

function wireTo(path: string): Wire {
  const wire = serialWire({ name: path, path, baud: 115_200, clock, random: seededRandom(1) });
  onTestFinished(() => wire.close());
  return wire;
}

test("an installed socat is found", () => expect(hasSocat()).toBe(true));

test("what is written at one end is read at the other, again and again after the cable was pulled", async () => {
  const pair = await socatPair(base(), clock);
  onTestFinished(() => pair.close());
  const [near, far] = [wireTo(pair.near), wireTo(pair.far)];
  const got: number[] = [];
  near.onBytes((bytes) => got.push(...bytes));
  for (let round = 1; round <= 2; round++) {
    await until("both ends open", () => near.state === "open" && far.state === "open");
    far.write(Uint8Array.of(round));
    await until("the byte arrives", () => got.length === round);
    await pair.cut();
    expect([existsSync(pair.near), existsSync(pair.far)]).toEqual([false, false]);
    await until("both ends hang up", () => near.state === "closed" && far.state === "closed");
    await pair.mend();
  }
  expect(got).toEqual([1, 2]);
});

test("closing leaves neither program nor name", async () => {
  const path = base();
  const pair = await socatPair(path, clock);
  expect(programsOn(path).length).toBeGreaterThan(0);
  await pair.close();
  expect([programsOn(path), existsSync(pair.near), existsSync(pair.far)]).toEqual([[], false, false]);
});

test("socat does not outlive a program that is killed with -9", async () => {
  const path = base();
  const pairModule = new URL("../../dist/programs/socat-pair.js", import.meta.url).href;
  const program = `
    const { socatPair } = await import(${JSON.stringify(pairModule)});
    const { systemClock } = await import("@portico/firmware-ts");
    await socatPair(${JSON.stringify(path)}, systemClock(() => "untrusted"));
    console.log("ready");
    process.stdin.resume();
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: new URL("../..", import.meta.url).pathname,
    stdio: ["pipe", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  expect(programsOn(`link=${path}`).length).toBeGreaterThan(0);
  child.kill("SIGKILL");
  await until("socat is gone", () => programsOn(`link=${path}`).length === 0);
  expect(programsOn(`link=${path}`)).toEqual([]);
});

test("where the ends cannot be made, what socat said is told", async () => {
  await expect(socatPair("/proc/nowhere/wire", clock)).rejects.toThrow(/socat did not make \/proc\/nowhere\/wire\.near within 5000 ms: .*socat/s);
});
