import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import v8 from "node:v8";
import vm from "node:vm";

/** Where the engine's own form of a bundle lies: it differs by version, processor and flags. */
export const codeCacheOf = (file) => `${file}.${v8.cachedDataVersionTag().toString(16)}.cache`;

/**
 * Compiles a program that was put into one CommonJS file, from what the engine made of it before where that is there.
 *
 * @returns the script, and what runs it
 */
export function compileBundle(file) {
  // The bundler writes nothing but ASCII: read so, it is not looked through for longer characters.
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname, portico_import) {${readFileSync(file, "latin1")}\n})`, {
    filename: file,
    cachedData: codeCache(file),
  });
  const run = () => {
    const module = { exports: {} };
    // What the engine has kept of a script does not know any more how it imports (Node 20 to 24): it is given this module's way.
    script.runInThisContext().call(module.exports, module.exports, createRequire(file), module, file, dirname(file), (name) => import(name));
  };
  return { script, run };
}

/** One that does not fit is left aside by the engine. */
function codeCache(file) {
  try {
    return readFileSync(codeCacheOf(file));
  } catch {
    return undefined;
  }
}
