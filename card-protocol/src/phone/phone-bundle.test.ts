import { parse } from "acorn";
import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { nodeVerifier } from "../node/index.ts";
import { unixSeconds } from "../units.ts";
import { contextOf } from "../vectors/judge-vector.ts";
import { CHALLENGE, CREDENTIAL, GIVEN, NOW, seedOf, SITE } from "../vectors/vector-campus.ts";
import { verifyPass } from "../verify-pass.ts";
import type * as phonePart from "./index.ts";

/** What the prototypes and constructors of 2015 have; everything newer is taken away. ECMA-262, 6th edition. */
const OF_2015: Readonly<Record<string, string>> = {
  Array: "length name prototype from isArray of",
  "Array.prototype":
    "length constructor concat copyWithin entries every fill filter find findIndex forEach indexOf join keys lastIndexOf map pop push reduce reduceRight reverse shift slice some sort splice toLocaleString toString unshift values",
  Object:
    "length name prototype assign create defineProperties defineProperty freeze getOwnPropertyDescriptor getOwnPropertyNames getOwnPropertySymbols getPrototypeOf is isExtensible isFrozen isSealed keys preventExtensions seal setPrototypeOf",
  String: "length name prototype fromCharCode fromCodePoint raw",
  "String.prototype":
    "length constructor charAt charCodeAt codePointAt concat endsWith includes indexOf lastIndexOf localeCompare match normalize repeat replace search slice split startsWith substr substring toLocaleLowerCase toLocaleUpperCase toLowerCase toString toUpperCase trim valueOf",
  "Object.getPrototypeOf(Uint8Array)": "length name prototype from of",
  "Object.getPrototypeOf(Uint8Array.prototype)":
    "constructor buffer byteLength byteOffset copyWithin entries every fill filter find findIndex forEach indexOf join keys lastIndexOf length map reduce reduceRight reverse set slice some sort subarray toLocaleString toString values",
  Promise: "length name prototype all race reject resolve",
  "Promise.prototype": "constructor catch then",
};
const GONE =
  "BigInt BigInt64Array BigUint64Array WebAssembly TextEncoder TextDecoder crypto SharedArrayBuffer Atomics globalThis queueMicrotask structuredClone";

let code: string;
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("index.ts", import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    globalName: "portico",
    platform: "browser",
    target: "es2015",
    logLevel: "silent",
  });
  code = outputFiles[0]!.text;
});

/** The phone part in a realm of its own that is ten years old. */
function onAnOldPhone(): typeof phonePart {
  const realm = createContext({});
  runInContext(
    GONE.split(" ")
      .map((name) => `delete this.${name};`)
      .join(""),
    realm,
  );
  for (const [target, names] of Object.entries(OF_2015)) {
    const script = `(function (target, names) { Object.getOwnPropertyNames(target).forEach(function (name) { if (names.indexOf(name) < 0) delete target[name]; }); })`;
    runInContext(`${script}(${target}, ${JSON.stringify(names.split(" "))})`, realm);
  }
  expect(
    runInContext(
      "typeof BigInt + typeof WebAssembly + typeof TextEncoder + typeof crypto + typeof [].includes + typeof ''.padStart + typeof Object.entries",
      realm,
    ),
  ).toBe("undefined".repeat(7));
  return runInContext(`${code};portico`, realm) as typeof phonePart;
}

test("the bundle is ECMAScript 2015 and small", () => {
  expect(parse(code, { ecmaVersion: 2015, sourceType: "script" }).type).toBe("Program");
  const [plain, zipped] = [Buffer.byteLength(code), gzipSync(code).length];
  console.log(`phone part: ${plain} bytes minified, ${zipped} gzipped`);
  expect(zipped).toBeLessThan(25_000);
});

test("on a phone of 2015 it makes every kind of pass, which a controller takes", () => {
  const phone = onAnOldPhone();
  const context = contextOf(GIVEN, nodeVerifier);
  const signer = phone.portableSigner(seedOf(0x21));
  let end: number | undefined;
  const counters = new phone.CounterBlocks({ load: () => end, store: (next) => ((end = next), true) });
  const credential = new phone.HeldCredential({ site: SITE, credentialId: CREDENTIAL.held, signer, counters });
  const held = credential.pass(unixSeconds(NOW));
  const challenged = credential.answer(phone.hexToBytes(CHALLENGE)!, unixSeconds(NOW));
  const issued = phone.makeIssuedPass(
    { site: SITE, credentialId: CREDENTIAL.issuedOnly, kid: 1, expiresAt: unixSeconds(NOW + 20) },
    phone.portableSigner(seedOf(0x11)),
  );
  if (!held.ok || !challenged.ok) throw new Error("no counter");
  expect([held.value, challenged.value, issued].map(({ text }) => verifyPass(text, context))).toMatchObject([
    { kind: "verified", pass: { kind: "H", counter: 0 } },
    { kind: "verified", pass: { kind: "HC", counter: 1 } },
    { kind: "verified", pass: { kind: "T", counter: NOW + 20 } },
  ]);
});

test("on a phone of 2015 it draws the code, verifies strictly, reads Base45 and proves possession", () => {
  const phone = onAnOldPhone();
  const signer = phone.portableSigner(seedOf(0x21));
  const { text, bytes } = phone.makeHeldPass({ site: SITE, credentialId: CREDENTIAL.held, signedAt: unixSeconds(NOW), counter: 5 }, signer);
  const matrix = phone.qrMatrix(text);
  expect([matrix.length, phone.qrToText(matrix).length > 49 * 25, phone.qrToSvgPath(matrix).startsWith("M4 4h7")]).toEqual([49, true, true]);
  expect(Array.from(phone.decodeBase45(text.slice(4))!)).toEqual(Array.from(bytes));
  const message = phone.hexToBytes("00ff")!;
  expect(phone.verifyStrictly(phone.portableVerifier, signer.publicKey, message, signer.sign(message))).toBe(true);
  expect(phone.makePossession(SITE, { nonce: new Uint8Array(32), person: "p-1" }, signer).length).toBeGreaterThan(150);
});
