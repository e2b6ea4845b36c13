import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawn, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  dialectOf,
  driveCall,
  type GpioCall,
  type GpioDialect,
  linesCall,
  readCall,
  spawnTools,
  type ToolEnd,
  troubleOf,
  versionCall,
  watchCall,
} from "@portico/firmware-ts/gpio";
import { gpioCommand } from "@portico/simulator";
import { expect, onTestFinished, test } from "vitest";
import { until } from "./peer-program.ts";

const PORTICO = fileURLToPath(new URL("../../cli/bin/portico.js", import.meta.url));
/** No computer has so many. */
const CHIP = "gpiochip999";

const run = (call: GpioCall): Promise<ToolEnd> => new Promise((resolve) => spawnTools.start(call, { ended: resolve }));

async function dialectHere(): Promise<GpioDialect> {
  const { output, trouble } = await run(versionCall);
  const found = dialectOf(output);
  if (found === undefined) throw new Error(`gpiodetect says "${output}${trouble}": apt-get install gpiod`);
  return found.dialect;
}

test("the real tools understand every call of ours: they miss the chip, and nothing else", async () => {
  const dialect = await dialectHere();
  const drive = { chip: CHIP, offset: 17, isActive: true, activeLow: true };
  const contacts = { chip: CHIP, offsets: [4, 5], bias: "pull-up" } as const;
  const calls = [
    linesCall(dialect, CHIP),
    driveCall(dialect, drive),
    driveCall(dialect, { ...drive, activeLow: false, limitMs: 10_250 }),
    readCall(dialect, contacts),
    readCall(dialect, { ...contacts, bias: "pull-down" }),
    watchCall(dialect, contacts),
  ];
  for (const call of calls) {
    const { isGood, trouble } = await run(call);
    expect([isGood, troubleOf(trouble)], `${call.tool} ${call.args.join(" ")}: ${trouble}`).toEqual([false, "no-chip"]);
    expect(gpioCommand(dialect === 1 ? "1.6.3" : "2.2.1", call).mistake, "the stand-in too").toBeUndefined();
  }
});

test("what the real tools refuse at the command line, the stand-in refuses too", async () => {
  const dialect = await dialectHere();
  const foreign: readonly GpioCall[] = [
    { tool: "gpioset", args: dialect === 1 ? ["--chip", CHIP, "17=1"] : ["--mode=signal", CHIP, "17=1"] },
    { tool: "gpiomon", args: dialect === 1 ? ["--debounce-period=5ms", CHIP, "4"] : ["--line-buffered", "--chip", CHIP, "4"] },
    { tool: "gpioget", args: dialect === 1 ? ["--numeric", CHIP, "4"] : ["--bias=none", "--chip", CHIP, "4"] },
    { tool: "gpioset", args: dialect === 1 ? [CHIP, "17=2"] : ["--toggle", "a-while", "--chip", CHIP, "17=1"] },
  ];
  for (const call of foreign) {
    const { isGood, trouble } = await run(call);
    expect([isGood, troubleOf(trouble) !== "no-chip"], `${call.tool} ${call.args.join(" ")}: ${trouble}`).toEqual([false, true]);
    expect(gpioCommand(dialect === 1 ? "1.6.3" : "2.2.1", call).mistake, call.args.join(" ")).toBeDefined();
  }
});

/** Programs in the place of the tools, for a machine without a chip: `gpioset` notes who it is and then only lasts. */
const STAND_INS: Readonly<Record<string, string>> = {
  gpiodetect: `echo "gpiodetect (libgpiod) v2.2.1"`,
  gpioget: "echo 0",
  gpiomon: "exec sleep 600",
  gpioset: `for word; do :; done; echo $$ > "$LINES_FOLDER/$word"; exec sleep 600`,
  gpioinfo: `echo "gpiochip0 - 20 lines:"
for line in 16 17 18; do
  state=input
  for value in 0 1; do
    pid=$(cat "$LINES_FOLDER/$line=$value" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && state='output consumer="portico"'
  done
  echo "	line  $line:	\\"GPIO$line\\"	$state"
done`,
};

const CONFIGURATION = `[site]
id = "demo"
[controller]
id = "library"
data = "data"
socket = "s"
[clock]
trusted_by = "system"
[[relay_board]]
id = "lines"
protocol = "gpio"
relay_lines = [17]
input_lines = [18]
[[door]]
id = "library"
strike = { board = "lines", relay = 0 }
release_time_ms = 60000
`;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test("a running controller that is killed takes the tools that hold its lines with it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-gpio-"));
  const [bin, lines, config] = [join(folder, "bin"), join(folder, "lines"), join(folder, "portico.toml")];
  for (const made of [bin, lines]) mkdirSync(made);
  for (const [name, script] of Object.entries(STAND_INS)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(config, CONFIGURATION);
  const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, LINES_FOLDER: lines };
  const child = spawn(process.execPath, [PORTICO, "controller", "run", "--config", config], { env, stdio: "ignore" });
  const pidOf = (line: string): number | undefined =>
    readdirSync(lines).includes(line) ? Number(readFileSync(join(lines, line), "utf8")) || undefined : undefined;
  onTestFinished(() => {
    child.kill("SIGKILL");
    for (const line of readdirSync(lines)) {
      const pid = pidOf(line);
      if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL");
    }
    rmSync(folder, { recursive: true, force: true });
  });
  await until("the relay's line is held inactive", () => pidOf("17=0") !== undefined);
  const command = (...words: string[]): { status: number | null; stdout: string } =>
    spawnSync(process.execPath, [PORTICO, ...words, "--config", config], { env, encoding: "utf8" });
  await until("the board answers", () => command("device", "list").stdout.includes('"health":"online"'));
  expect(command("door", "access", "library").status).toBe(0);
  await until("the relay's line is held active", () => pidOf("17=1") !== undefined);
  const holder = pidOf("17=1")!;
  expect([isAlive(holder), isAlive(pidOf("17=0")!)]).toEqual([true, false]);
  child.kill("SIGKILL");
  await until("the tool is gone with it", () => !isAlive(holder), 2_000);
});
