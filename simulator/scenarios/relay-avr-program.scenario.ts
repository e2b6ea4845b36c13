import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { flashFromIntelHex } from "../src/intel-hex.ts";
import { relayAvrHex } from "../src/uno-program.ts";
import { relayAvrLineContract } from "./contracts/relay-avr-line.contract.ts";
import { relayAvrProgramContract } from "./contracts/relay-avr-program.contract.ts";

const sums = readFileSync(new URL("../../firmware-ts/boards/relay-avr/SHA256SUMS", import.meta.url), "utf8");

test.each(["active-high", "active-low"] as const)("the %s hex has its published SHA-256 and is smaller than 1 KiB", (polarity) => {
  const hex = relayAvrHex(polarity);
  expect(sums).toContain(`${createHash("sha256").update(hex).digest("hex")}  relay-avr-${polarity}.hex\n`);
  const words = flashFromIntelHex(hex);
  expect(words.findLastIndex((word) => word !== 0xffff) * 2 + 2).toBeLessThan(1_024);
});

relayAvrProgramContract("the committed hex", relayAvrHex);
relayAvrLineContract("the committed hex", relayAvrHex);
