import fc from "fast-check";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeAll, expect, test } from "vitest";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { challenged, held, issued } from "../vectors/vector-campus.ts";
import { passText, QUIET_ZONE, type QrMatrix, qrMatrix, qrToSvgPath, qrToText, textQrMatrix } from "./index.ts";

const require = createRequire(import.meta.url);
const jsQR = require("jsqr") as typeof import("jsqr").default;
const PIXELS = 4;
const KINDS = [
  ["T", issued().text, 6],
  ["H", held().text, 6],
  ["HC", challenged().text, 7],
] as const;

beforeAll(() => {
  const wasm = require.resolve("zxing-wasm/reader/zxing_reader.wasm");
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(wasm)).buffer } });
});

/** RGBA as a camera gives it, a module four pixels wide. */
function picture(matrix: QrMatrix): { data: Uint8ClampedArray<ArrayBuffer>; width: number; height: number; colorSpace: "srgb" } {
  const width = matrix.length * PIXELS;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (let y = 0; y < width; y++)
    for (let x = 0; x < width; x++) if (matrix[Math.floor(y / PIXELS)]![Math.floor(x / PIXELS)]) pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
  return { data: pixels, width, height: width, colorSpace: "srgb" };
}

test.each(KINDS)("zxing reads a pass %s back: version, level, mode and text", async (_, text, version) => {
  const [read, ...others] = await readBarcodes(picture(qrMatrix(text)), { formats: ["QRCode"] });
  expect(others).toEqual([]);
  expect(read).toMatchObject({ text, isInverted: false, isMirrored: false, ecLevel: "M", contentType: "Text" });
  expect((read!.symbol.width - 17) / 4).toBe(version);
});

test.each(KINDS)("jsQR, as phones' web pages use it, reads a pass %s back", (_, text, version) => {
  const { data, width, height } = picture(qrMatrix(text));
  const read = jsQR(data, width, height, { inversionAttempts: "dontInvert" });
  expect(read).toMatchObject({ data: text, version });
  expect(read!.chunks.map(({ type }) => type)).toEqual(["alphanumeric"]);
});

test("any pass is read back from its code", () => {
  const bytes = fc.constantFrom(96, 98, 106).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
  fc.assert(
    fc.property(bytes, (pass) => {
      const { data, width, height } = picture(qrMatrix(passText(pass)));
      expect(jsQR(data, width, height, { inversionAttempts: "dontInvert" })?.data).toBe(passText(pass));
    }),
    { numRuns: 10 },
  );
});

test.each(KINDS)("the code of a pass %s is square with a white quiet zone, and its frame is in the same place in every pass", (kind, text) => {
  const matrix = qrMatrix(text);
  const size = kind === "HC" ? 53 : 49;
  expect([matrix.length, ...new Set(matrix.map((row) => row.length))]).toEqual([size, size]);
  const inQuietZone = (at: number): boolean => at < QUIET_ZONE || at >= size - QUIET_ZONE;
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) if (inQuietZone(x) || inQuietZone(y)) expect(matrix[y]![x]).toBe(false);
  const finder = matrix.slice(QUIET_ZONE, QUIET_ZONE + 7).map((row) =>
    row
      .slice(QUIET_ZONE, QUIET_ZONE + 7)
      .map(Number)
      .join(""),
  );
  expect(finder).toEqual(["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]);
});

test("format bits, with level and mask, are the same in every pass of a kind", () => {
  const formatRow = (text: string): string => {
    const row = qrMatrix(text)[QUIET_ZONE + 8]!;
    return row
      .slice(QUIET_ZONE, QUIET_ZONE + 9)
      .map(Number)
      .join("");
  };
  const rows = [issued(), issued({ kid: 7 }), held(), held({ counter: 77 }), challenged()].map(({ text }) => formatRow(text));
  expect(new Set(rows).size).toBe(1);
});

test.each(["", "CP1:", "https://campus.example", held().text.toLowerCase(), `${held().text}0`, held().text.replace("CP1:", "CP2:")])(
  "%j is no pass and gets no code",
  (text) => {
    expect(() => qrMatrix(text)).toThrow("not the text of a pass");
  },
);

test("the code for a terminal is the matrix, two rows a line, black on white by colours of its own", () => {
  const matrix = qrMatrix(held().text);
  const lines = qrToText(matrix).split("\n");
  expect(lines).toHaveLength(25);
  const [START, END] = ["\u001b[38;5;16;48;5;231m", "\u001b[0m"];
  const rows: boolean[][] = [];
  for (const line of lines) {
    const cells = line.slice(START.length, -END.length).split("");
    expect([line.startsWith(START), line.endsWith(END), cells.length]).toEqual([true, true, 49]);
    rows.push(
      cells.map((cell) => "▀█".includes(cell)),
      cells.map((cell) => "▄█".includes(cell)),
    );
  }
  expect(rows.slice(0, 49)).toEqual(matrix);
  expect(rows[49]!.some(Boolean)).toBe(false);
});

test("the SVG path covers exactly the black modules", () => {
  const matrix = qrMatrix(challenged().text);
  const painted = matrix.map((row) => row.map(() => false));
  for (const [, x, y, width] of qrToSvgPath(matrix).matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g))
    painted[Number(y)]!.fill(true, Number(x), Number(x) + Number(width));
  expect(painted).toEqual(matrix);
});

test("any short text of printable ASCII becomes a code for a label, and is read back", () => {
  const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(text, (said) => {
      const { data, width, height } = picture(textQrMatrix(said));
      expect(jsQR(data, width, height, { inversionAttempts: "dontInvert" })?.data).toBe(said);
    }),
    { numRuns: 10 },
  );
  for (const none of ["", "门", "a\nb", "x".repeat(201)]) expect(() => textQrMatrix(none)).toThrow(RangeError);
});
