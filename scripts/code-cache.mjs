/**
 * Runs a bundle once, `node scripts/code-cache.mjs BUNDLE WORDS…`, and keeps what the engine has compiled of it beside it. A controller that has begun is asked
 * to end: by then it has run what a start runs.
 */
import { writeFileSync } from "node:fs";
import { codeCacheOf, compileBundle } from "../cli/bin/compile-bundle.js";

const [node, , file, ...words] = process.argv;
process.argv = [node, file, ...words];
const { script, run } = compileBundle(file);
process.on("exit", () => writeFileSync(codeCacheOf(file), script.createCachedData()));
process.stdout.write = (text) => {
  if (String(text).includes('"ControllerStarted"')) process.kill(process.pid, "SIGINT");
  return true;
};
run();
