#!/usr/bin/env -S node --max-semi-space-size=2 --no-parallel-scavenge
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { builtFrom } from "./built-from.js";
import { compileBundle } from "./compile-bundle.js";

const bundle = new URL("../bundle/", import.meta.url);
const compiled = new URL("../dist/main.js", import.meta.url);
// A bundle stays in memory for as long as the program runs: a controller has one of its own.
const bundled = process.argv[2] === "controller" && process.argv[3] === "run" ? "controller-program.cjs" : "main.cjs";
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.versions.node} is too old`, process.execPath, "install Node 20.19 or newer");
else if (isBundleOfThisBuild()) compileBundle(fileURLToPath(new URL(bundled, bundle))).run();
else if (existsSync(compiled)) await import(compiled);
else fail("the program is not built", fileURLToPath(compiled), "run `npm start` or `npm test` once in the checkout: both build it");

/** An older one would run what has been changed since. */
function isBundleOfThisBuild() {
  try {
    return readFileSync(new URL("built-from.json", bundle), "utf8") === JSON.stringify(builtFrom());
  } catch {
    return false;
  }
}

function fail(what, on, next) {
  process.stderr.write(`portico: ${what}\non: ${on}\nnext: ${next}\n`);
  process.exitCode = 2;
}
