import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ControllerStatus } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import type { Finding } from "./finding.ts";
import { nodeFinding } from "./computer-checks.ts";
import { runRecorded } from "./recorded-surroundings.ts";
import { json, standIn } from "./stand-in-controller.ts";

/** A computer: files by their absolute paths. */
function computer(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

async function examined(root: string): Promise<{ readonly exitCode: number; readonly err: string; readonly findings: Readonly<Record<string, Finding>> }> {
  const { exitCode, out, err } = await runRecorded({ systemRoot: root, checkout: join(root, "checkout") }, "doctor");
  const findings = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Finding);
  return { exitCode, err, findings: Object.fromEntries(findings.map((finding) => [finding.check, finding])) };
}

const CONFIGURATION = `[site]
id = "demo"
[controller]
id = "x"
[clock]
trusted_by = "system"
[[wire]]
id = "scanner"
serial = "/dev/ttyACM0"
[[wire]]
id = "board"
serial = "/dev/serial/by-id/usb-board"
[[scanner]]
id = "in"
wire = "scanner"
[[relay_board]]
id = "board"
wire = "board"
protocol = "modbus-rtu"
relays = 1
[[door]]
id = "library"
strike = { board = "board", relay = 0 }
[[access_point]]
id = "library-in"
scanner = "in"
door = "library"
`;
const FILE = "/checkout/.portico/portico.toml";

test("a computer that is fit gets no failure, and an exit code of 0", async () => {
  const root = computer({
    [FILE]: CONFIGURATION,
    "/dev/ttyACM0": "",
    "/dev/serial/by-id/usb-board": "",
    "/run/systemd/timesync/synchronized": "",
    "/sys/class/rtc/rtc0/name": "rtc-ds1307 1-0068\n",
    "/sys/class/rtc/rtc0/since_epoch": "1800000010\n",
    "/proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\u0000",
    "/boot/firmware/config.txt": "arm_64bit=1\ndtparam=strict_gpiod\n",
  });
  chmodSync(join(root, "checkout/.portico"), 0o750);
  const { exitCode, err, findings } = await examined(root);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  expect(Object.values(findings).filter(({ outcome }) => outcome === "fail")).toEqual([]);
  expect(findings).toMatchObject({
    node: { outcome: "ok" },
    "data folder": { outcome: "ok" },
    configuration: { outcome: "ok" },
    database: { outcome: "ok", detail: expect.stringContaining("none yet") },
    "wire scanner": { outcome: "warn", remedy: expect.stringContaining("/dev/serial/by-id") },
    "wire board": { outcome: "ok" },
    clock: { outcome: "ok" },
    "battery clock": { outcome: "ok", detail: "rtc-ds1307 1-0068" },
    "GPIO after a crash": { outcome: "ok", detail: "Raspberry Pi 5 Model B Rev 1.0: outputs drop" },
    "trust list": { outcome: "warn" },
    controller: { outcome: "warn", detail: expect.stringContaining("not running") },
  });
});

test("a computer without anything is told what to do about each", async () => {
  const { exitCode, err, findings } = await examined(computer({}));
  expect(exitCode).toBe(1);
  expect(err).toMatch(/on: configuration\nnext: .*portico\.js config init\n$/);
  expect(findings).toMatchObject({
    "data folder": { outcome: "warn", remedy: expect.stringContaining("install -d") },
    configuration: { outcome: "fail" },
    clock: { outcome: "warn" },
    "battery clock": { outcome: "warn" },
    "GPIO after a crash": { outcome: "ok", detail: "not a Raspberry Pi: nothing to set" },
  });
  for (const { outcome, remedy } of Object.values(findings)) expect(outcome === "ok" || remedy !== "").toBe(true);
});

test.each<[string, Readonly<Record<string, string>>, string, Partial<Finding>]>([
  ["a serial port that is not there", { "/dev/ttyUSB3": "" }, "wire scanner", { outcome: "fail", remedy: "plug the device in, or name one of /dev/ttyUSB3" }],
  ["a Pi that keeps its outputs", { "/proc/device-tree/model": "Raspberry Pi 4\u0000" }, "GPIO after a crash", { outcome: "warn" }],
  [
    "a Pi whose setting is commented out",
    { "/proc/device-tree/model": "Raspberry Pi 4\u0000", "/boot/config.txt": "#dtparam=strict_gpiod\n" },
    "GPIO after a crash",
    { outcome: "warn" },
  ],
  [
    "a Pi whose kernel was told so",
    { "/proc/device-tree/model": "Raspberry Pi 4\u0000", "/proc/cmdline": "quiet pinctrl_bcm2835.persist_gpio_outputs=n" },
    "GPIO after a crash",
    { outcome: "ok" },
  ],
  ["chrony", { "/run/chrony/chronyd.pid": "7" }, "clock", { outcome: "ok", detail: expect.stringContaining("chrony") as string }],
  ["no battery", {}, "battery clock", { outcome: "warn", detail: expect.stringMatching(/^none: .*library-in/) as string }],
  [
    "a Pi 5's clock without its battery",
    { "/sys/class/rtc/rtc0/name": "rpi-rtc", "/sys/class/rtc/rtc0/since_epoch": "1800000000", "/sys/class/rtc/rtc0/battery_voltage": "12000" },
    "battery clock",
    { outcome: "warn", detail: expect.stringMatching(/^rpi-rtc, .*missing: .*library-in/) as string, remedy: expect.stringContaining("hwclock") as string },
  ],
  [
    "a battery clock that is wrong",
    { "/sys/class/rtc/rtc0/name": "rtc-ds1307", "/sys/class/rtc/rtc0/since_epoch": "1799999989" },
    "battery clock",
    { outcome: "warn", detail: "rtc-ds1307, 11 s behind this computer's clock" },
  ],
  [
    "a database that is none",
    { "/checkout/.portico/controller.db": "hello, I am no database at all, but long enough to look like a header" },
    "database",
    { outcome: "fail" },
  ],
])("%s is found", async (_, files, check, expected) => {
  const { findings } = await examined(computer({ [FILE]: CONFIGURATION, ...files }));
  expect(findings[check]).toMatchObject(expected);
});

test("the doctor names a configuration's first mistake", async () => {
  const { exitCode, findings } = await examined(computer({ [FILE]: CONFIGURATION.replace(`id = "demo"`, "") }));
  expect({ exitCode, configuration: findings["configuration"] }).toMatchObject({
    exitCode: 1,
    configuration: { outcome: "fail", detail: expect.stringContaining("1 to mend, first: is missing") },
  });
});

test.each([
  ["20.19.0", "ok"],
  ["22.1.0", "ok"],
  ["20.18.3", "fail"],
  ["18.20.0", "fail"],
])("node %s is %s", (version, outcome) => {
  expect(nodeFinding(version).outcome).toBe(outcome);
});

test("a trust list that the configuration names and that is not there is a failure", async () => {
  const text = CONFIGURATION.replace(`id = "demo"`, `id = "demo"\ntrust_list = "t.cose"\nroot_keys = ["${"ab".repeat(32)}"]\nroot_threshold = 1`);
  const missing = await examined(computer({ [FILE]: text }));
  expect(missing.findings["trust list"]).toMatchObject({ outcome: "fail", detail: expect.stringContaining("t.cose is not there") });
  const forged = await examined(computer({ [FILE]: text, "/checkout/.portico/t.cose": "x" }));
  expect(forged.findings["trust list"]).toMatchObject({ outcome: "fail", remedy: expect.stringContaining("root holders") });
});

test("a trust list that the running controller had from the feed counts, whatever lies in the file", async () => {
  const NOW = 1_800_000_000;
  const day = 86_400;
  const status = (trustList: ControllerStatus["trustList"]): Partial<ControllerStatus> => ({
    site: "demo",
    controller: "x",
    clock: { state: "synchronised", now: NOW, uncertaintyS: 1 },
    list: { version: 1, credentials: 2, loadedAt: NOW },
    feed: null,
    trustList,
    recordingSuspended: null,
    devices: { online: 2, offline: 0 },
  });
  const found = async (trustList: ControllerStatus["trustList"]): Promise<Finding | undefined> => {
    const running = await standIn(json({ ...status(trustList), locks: [] }));
    onTestFinished(() => running.end());
    const text = CONFIGURATION.replace(`id = "demo"`, `id = "demo"\ntrust_list = "t.cose"\nroot_keys = ["${"ab".repeat(32)}"]\nroot_threshold = 1`);
    const root = computer({ [FILE]: text.replace(`id = "x"`, `id = "x"\nsocket = "${running.socket}"`), "/checkout/.portico/t.cose": "x" });
    return (await examined(root)).findings["trust list"];
  };
  expect(await found({ sequence: 7, validUntil: NOW + 40 * day })).toMatchObject({ outcome: "ok", detail: expect.stringMatching(/^sequence 7, .*running/) });
  expect(await found({ sequence: 7, validUntil: NOW + 20 * day })).toMatchObject({ outcome: "warn", detail: expect.stringContaining("expires soon") });
  expect(await found({ sequence: 7, validUntil: NOW })).toMatchObject({ outcome: "fail", detail: expect.stringContaining("no longer current") });
  expect(await found(null)).toMatchObject({ outcome: "fail", remedy: expect.stringContaining("root holders") });
});

test("relays on this computer's own lines: tools, chip and a strict kernel are looked for, and what is missing is a failure", async () => {
  const gpio = CONFIGURATION.replace(
    /\[\[relay_board\]\]\nid = "(.*)"\n(?:.*\n)*?relays = 1\n/,
    '[[relay_board]]\nid = "$1"\nprotocol = "gpio"\nrelay_lines = [17]\n',
  );
  const file = { [FILE]: gpio };
  const found = async (files: Readonly<Record<string, string>>): Promise<Record<string, unknown>> => (await examined(computer({ ...file, ...files }))).findings;
  expect(await found({})).toMatchObject({
    "GPIO tools": { outcome: "fail", remedy: "sudo apt install gpiod" },
    "chip gpiochip0": { outcome: "fail" },
    "GPIO after a crash": { outcome: "ok" },
    "locks without a controller": { outcome: "warn", detail: "on GPIO lines, which stay as they are when this computer hangs: library" },
  });
  const tools = Object.fromEntries(["gpiodetect", "gpioinfo", "gpioset", "gpioget", "gpiomon"].map((name) => [`/usr/bin/${name}`, ""]));
  expect(await found(tools)).toMatchObject({ "GPIO tools": { outcome: "fail", remedy: "sudo apt install util-linux" } });
  const whole = { ...tools, "/usr/bin/setpriv": "", "/dev/gpiochip0": "" };
  const parameter = "/sys/module/pinctrl_rp1/parameters/persist_gpio_outputs";
  expect(await found({ ...whole, [parameter]: "Y\n" })).toMatchObject({
    "GPIO tools": { outcome: "ok" },
    "chip gpiochip0": { outcome: "ok" },
    "GPIO after a crash": { outcome: "fail", remedy: "add dtparam=strict_gpiod to /boot/firmware/config.txt and restart" },
  });
  expect(await found({ ...whole, [parameter]: "Y\n", "/boot/firmware/config.txt": "dtparam=strict_gpiod\n" })).toMatchObject({
    "GPIO after a crash": { outcome: "fail", remedy: "restart this computer: the setting is there" },
  });
  expect(await found({ ...whole, [parameter]: "N\n" })).toMatchObject({ "GPIO after a crash": { outcome: "ok" } });
});

test("a lock on a board that needs the controller to end a pulse is named", async () => {
  const config = (toml: string): string => computer({ "/checkout/.portico/portico.toml": toml });
  expect((await examined(config(CONFIGURATION))).findings["locks without a controller"]).toMatchObject({ outcome: "ok" });
  const firmata = CONFIGURATION.replace('protocol = "modbus-rtu"\nrelays = 1', 'protocol = "firmata"\nrelay_pins = [8]');
  expect((await examined(config(firmata))).findings["locks without a controller"]).toMatchObject({
    outcome: "warn",
    detail: "on a Firmata board, which keeps a pulse for ever when the controller dies: library",
  });
});
