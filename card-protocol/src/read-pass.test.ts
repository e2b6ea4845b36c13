import fc from "fast-check";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nodeVerifier } from "./node/index.ts";
import { PASS_CHECKS } from "./pass-checks.ts";
import { PASS_TEMPLATE, PASS_TEMPLATES } from "./pass-template.ts";
import { passText } from "./phone/index.ts";
import { READING_CHECKS, readPass } from "./read-pass.ts";
import { contextOf } from "./vectors/judge-vector.ts";
import { challenged, CHALLENGE, CREDENTIAL, GIVEN, held, issued, NOW } from "./vectors/vector-campus.ts";
import { tracePass, verifyPass } from "./verify-pass.ts";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const context = contextOf(GIVEN, nodeVerifier);

test("a T is read: its kid, its credential, its expiry", () => {
  const { text, bytes } = issued({ kid: 0xfffe });
  expect(readPass(text)).toEqual({ ok: true, value: { pass: { kind: "T", credentialId: CREDENTIAL.issuedOnly, kid: 0xfffe, expiresAt: NOW + 20 }, bytes } });
});

test("an H is read: its credential, its time, its counter, up to the last of u32", () => {
  const { text, bytes } = held({ counter: 0xffff_ffff, signedAt: 0xffff_fffe });
  expect(readPass(text)).toEqual({
    ok: true,
    value: { pass: { kind: "H", credentialId: CREDENTIAL.held, signedAt: 0xffff_fffe, counter: 0xffff_ffff }, bytes },
  });
});

test("an HC is read: an H and its challenge", () => {
  const { text, bytes } = challenged();
  expect(readPass(text)).toEqual({
    ok: true,
    value: {
      pass: {
        kind: "HC",
        credentialId: CREDENTIAL.held,
        signedAt: NOW - 5,
        counter: 1000,
        challenge: Uint8Array.from(CHALLENGE.match(/../g)!, (two) => parseInt(two, 16)),
      },
      bytes,
    },
  });
});

test("text and its bytes read the same", () => {
  for (const { text } of [issued(), held(), challenged()]) expect(readPass(ascii(text))).toEqual(readPass(text));
});

test("what was read does not change when the reader's buffer does", () => {
  const { text, bytes } = challenged();
  const buffer = ascii(text);
  const read = readPass(buffer);
  buffer.fill(0);
  expect(read).toMatchObject({ ok: true, value: { bytes, pass: { challenge: Uint8Array.from(bytes.slice(32, 40)) } } });
});

test("a wide character is not taken for the ASCII one in its low byte", () => {
  const { text } = held();
  expect(readPass(text.replace("C", "\u0143"))).toMatchObject({ ok: false });
});

test("whatever reads as a pass is the one text of its bytes", () => {
  const scanned = fc.constantFrom(issued(), held(), challenged()).chain(({ text }) =>
    fc.array(fc.tuple(fc.nat(text.length - 1), fc.nat(255)), { maxLength: 4 }).map((changes) => {
      const codes = ascii(text);
      for (const [at, code] of changes) codes[at] = code;
      return codes;
    }),
  );
  fc.assert(
    fc.property(scanned, (codes) => {
      const read = readPass(codes);
      expect(read.ok ? ascii(passText(read.value.bytes)) : codes).toEqual(codes);
    }),
    { numRuns: 2000 },
  );
});

test("any bytes give a typed outcome and never an exception", () => {
  const scans = fc.oneof(
    fc.uint8Array({ maxLength: 4096 }),
    fc.uint8Array({ minLength: 144, maxLength: 167 }),
    fc
      .constantFrom(148, 151, 163)
      .chain((length) =>
        fc
          .string({ unit: fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".split("")), minLength: length - 4, maxLength: length - 4 })
          .map((rest) => ascii(`CP1:${rest}`)),
      ),
  );
  fc.assert(
    fc.property(scans, (scan) => {
      expect(["verified", "refused"]).toContain(verifyPass(scan, context).kind);
      expect(tracePass(scan, context)).toHaveLength(PASS_CHECKS.length);
    }),
    { numRuns: 1000 },
  );
});

test("any string gives a typed outcome and never an exception", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect(verifyPass(text, context)).toMatchObject({ kind: "refused", reason: "PassMalformed" });
    }),
  );
});

test("every scan of the kept corpus is refused as malformed, by its text and by its bytes", () => {
  const corpus = readFileSync(new URL("../vectors/nasty-scans.txt", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(corpus.length).toBeGreaterThan(30);
  for (const line of corpus) {
    const scan = JSON.parse(line) as string;
    expect(verifyPass(scan, context), line).toMatchObject({ kind: "refused", reason: "PassMalformed" });
    expect(verifyPass(new Uint8Array(Buffer.from(scan, "utf8")), context), line).toMatchObject({ kind: "refused", reason: "PassMalformed" });
  }
});

test("the templates have the lengths that a reader looks for first", () => {
  expect(PASS_TEMPLATES.map(({ kind, byteLength, textLength }) => [kind, byteLength, textLength])).toEqual([
    ["H", 96, 148],
    ["T", 98, 151],
    ["HC", 106, 163],
  ]);
});

test("the document shows each template as it is, and each check in its order", () => {
  const document = readFileSync(new URL("../../docs/card-format.md", import.meta.url), "utf8");
  for (const kind of ["T", "H", "HC"] as const) {
    const line = document.split("\n").find((candidate) => candidate.startsWith(`${kind.padEnd(3)} 84`));
    expect(line?.slice(3).replace("ss×64", "ss".repeat(64)).replaceAll(" ", ""), kind).toBe(PASS_TEMPLATE[kind].layout);
  }
  const steps = PASS_CHECKS.map(({ name, step }) => `| ${step} | ${name} |`);
  const rows = document.split("\n").flatMap((row) => steps.filter((step) => row.startsWith(step)));
  expect(rows).toEqual(steps);
});

test("reading is the first part of verifying", () => {
  expect(PASS_CHECKS.slice(0, READING_CHECKS.length)).toEqual(READING_CHECKS);
});
