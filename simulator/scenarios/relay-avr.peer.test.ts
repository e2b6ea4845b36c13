import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { flashFromIntelHex } from "../src/intel-hex.ts";
import { relayAvrHex } from "../src/uno-program.ts";
import { indicatorContract } from "./contracts/indicator.contract.ts";
import { relayAvrLineContract } from "./contracts/relay-avr-line.contract.ts";
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
  if (isSameCompiler) expect(rebuilt(polarity)).toBe(relayAvrHex(polarity));
  // Another compiler makes other bytes: they are tried below.
  else expect(flashFromIntelHex(rebuilt(polarity))[0]).not.toBe(0xffff);
});

relayAvrProgramContract(`rebuilt by ${compiler}`, rebuilt);
relayAvrLineContract(`rebuilt by ${compiler}`, rebuilt);
const rigOf = relayAvrRig(rebuilt("active-high"));
relayBoardContract("relay-avr, rebuilt", rigOf, RELAY_AVR_LIMITS);
indicatorContract("relay-avr, rebuilt", rigOf, RELAY_AVR_LIMITS);
