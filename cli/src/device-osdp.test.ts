import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LineTrace, PdRow, Problem } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import type { RecordedOptions } from "./recorded-surroundings.ts";
import { json, standIn as startStandIn, type StandIn, type StandInAnswer } from "./stand-in-controller.ts";

async function standIn(answer: StandInAnswer): Promise<StandIn> {
  const there = await startStandIn(answer);
  onTestFinished(there.end);
  return there;
}

const TTY: RecordedOptions = { isTty: true };
const ROW: PdRow = {
  id: "reader",
  wire: "line",
  address: 3,
  health: "online",
  detail: "",
  state: "secure",
  hasKey: true,
  identity: { vendor: "000ee3", model: 1, version: 2, serial: 77, firmware: "2.2.0" },
  capabilities: [{ function: 9, compliance: 1, count: 1 }],
  counts: { polls: 9, pollGapMsMax: 51 },
};

test("osdp list shows address, state, key, identity, capabilities and counts; of one that is not spoken to, why", async () => {
  const refused: PdRow = {
    ...ROW,
    id: "new",
    address: 4,
    health: "offline",
    state: "lost",
    hasKey: false,
    identity: null,
    capabilities: [],
    detail: "KeyMissing: …",
  };
  const { run, asked } = await standIn(json([ROW, refused]));
  const { out } = await run(TTY, "device", "osdp", "list");
  expect(asked.map(({ route }) => route)).toEqual(["GET /v1/osdp/pds"]);
  expect(out.split("\n")[1]).toMatch(/^reader +line +3 +online +secure +own +000ee3 model 1 serial 77 firmware 2\.2\.0 +9:1\/1 +polls 9, pollGapMsMax 51/);
  expect(out.split("\n")[2]).toMatch(/^new +line +4 +offline +lost +none .*KeyMissing/);
});

test.each([
  [[], "own-key"],
  [["--install-mode"], "install-mode"],
  [["--in-clear-text"], "clear-text"],
])("osdp key %j asks for a key over %s, in your name", async (options, over) => {
  const { run, asked } = await standIn(json(ROW));
  expect((await run(TTY, "device", "osdp", "key", "reader", ...options)).exitCode).toBe(0);
  expect(asked).toMatchObject([{ route: "POST /v1/osdp/pds/reader/key", body: { by: "zhang", reason: "", over } }]);
});

test("osdp address asks for another address in your name, and says what to write into the configuration", async () => {
  const { run, asked } = await standIn(json({ id: "reader", wire: "line", address: 5, baud: 38_400 }));
  const { exitCode, out, err } = await run(TTY, "device", "osdp", "address", "reader", "5", "--baud", "38400", "--reason", "second reader");
  expect(asked).toMatchObject([{ route: "POST /v1/osdp/pds/reader/communication", body: { by: "zhang", reason: "second reader", address: 5, baud: 38_400 } }]);
  expect([exitCode, out.split("\n")[1]]).toEqual([0, expect.stringMatching(/^reader +line +5 +38400/)]);
  expect(err).toContain("write address = 5 under its [[osdp_pd]], and baud = 38400 under [[wire]] line, then restart the controller");
  expect((await run(TTY, "device", "osdp", "address", "reader", "127")).exitCode).toBe(2);
});

test("no key is asked for over two ways at once, and a refusal ends with 1 and its next step", async () => {
  const problem: Problem = {
    type: "about:blank",
    title: "The reader was not given a key",
    status: 409,
    detail: "osdp_pd reader: KeyWrong",
    remedy: "Reset the reader.",
  };
  const { run, asked } = await standIn(json(problem, 409));
  expect((await run(TTY, "device", "osdp", "key", "reader", "--install-mode", "--in-clear-text")).exitCode).toBe(2);
  expect(asked).toEqual([]);
  const { exitCode, err } = await run(TTY, "device", "osdp", "key", "reader");
  expect([exitCode, err.includes("KeyWrong"), err.includes("Reset the reader.")]).toEqual([1, true, true]);
});

test("osdp trace writes what Wireshark opens, for its owner alone, and replaces nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "osdp-trace-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "line.pcap");
  const trace: LineTrace = { frames: [{ atMs: 1_800_000_001_250, direction: "command", bytes: "5365080004606090" }], counts: {} };
  const { run } = await standIn(json(trace));
  const { out, err } = await run(TTY, "device", "osdp", "trace", "line", file);
  expect([out, err.includes("1 frames"), statSync(file).mode & 0o777]).toEqual([`${file}\n`, true, 0o600]);
  expect(readFileSync(file).toString("hex")).toBe("d4c3b2a1020004000000000000000000ffff00009300000001d2496b90d0030008000000080000005365080004606090");
  expect((await run(TTY, "device", "osdp", "trace", "line", file)).exitCode).toBe(1);
  expect(existsSync(file)).toBe(true);
});
