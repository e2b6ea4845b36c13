import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { relayAvrHex } from "../src/uno-program.ts";
import { indicatorContract } from "./contracts/indicator.contract.ts";
import { relayAvrProgramContract } from "./contracts/relay-avr-program.contract.ts";
import { RELAY_AVR_LIMITS, relayAvrRig } from "./contracts/relay-avr-rig.ts";
import { relayBoardContract } from "./contracts/relay-board.contract.ts";

const BOARD = fileURLToPath(new URL("../../firmware-ts/boards/relay-avr/", import.meta.url));
const POLARITIES = ["active-high", "active-low"] as const;

// Built here and now by Debian's gcc-avr; whatever follows runs on what came out.
const out = mkdtempSync(join(tmpdir(), "relay-avr-"));
afterAll(() => rmSync(out, { recursive: true }));
execFileSync("make", ["-C", BOARD, `OUT=${out}`], { stdio: "pipe" });
const rebuilt = (polarity: (typeof POLARITIES)[number]): string => readFileSync(join(out, `relay-avr-${polarity}.hex`), "utf8");
const compiler = execFileSync("avr-gcc", ["--version"], { encoding: "utf8" }).split("\n")[0]!;
const isSameCompiler = compiler === readFileSync(join(BOARD, "COMPILER"), "utf8").trim();

test.each(POLARITIES)("the committed %s hex is what its source makes, byte by byte, where the compiler is the one that made it", (polarity) => {
  expect(rebuilt(polarity) === relayAvrHex(polarity)).toBe(isSameCompiler || rebuilt(polarity) === relayAvrHex(polarity));
});

test.each(POLARITIES)("the committed %s hex has its published SHA-256", (polarity) => {
  const sum = createHash("sha256").update(relayAvrHex(polarity)).digest("hex");
  expect(readFileSync(join(BOARD, "SHA256SUMS"), "utf8")).toContain(`${sum}  relay-avr-${polarity}.hex\n`);
});

relayAvrProgramContract(`rebuilt by ${compiler}`, rebuilt);
const rigOf = relayAvrRig(rebuilt("active-high"));
relayBoardContract("relay-avr, rebuilt", rigOf, RELAY_AVR_LIMITS);
indicatorContract("relay-avr, rebuilt", rigOf, RELAY_AVR_LIMITS);
