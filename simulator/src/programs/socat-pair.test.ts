import { expect, test } from "vitest";
import { requireSocat } from "./socat-pair.ts";

test("without socat pseudo-terminals are refused before anything is started, with both ways out", () => {
  expect(() => requireSocat(() => false)).toThrow(
    expect.objectContaining({ name: "SetupError", where: "--wires pty", remedy: "apt install socat, or use --wires tcp" }),
  );
  expect(() => requireSocat(() => true)).not.toThrow();
});
