import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { challenged, held, issued } from "../vectors/vector-campus.ts";
import { type QrMatrix, qrMatrix } from "./index.ts";

/** Greyscale, a module `pixels` wide. netpbm's PGM. */
function pgm(matrix: QrMatrix, pixels: number): Uint8Array {
  const width = matrix.length * pixels;
  const grey = Buffer.alloc(width * width, 255);
  for (let y = 0; y < width; y++) for (let x = 0; x < width; x++) if (matrix[Math.floor(y / pixels)]![Math.floor(x / pixels)]) grey[y * width + x] = 0;
  return Buffer.concat([Buffer.from(`P5\n${width} ${width}\n255\n`), grey]);
}

test.each([
  ["T", issued().text],
  ["H", held().text],
  ["HC", challenged().text],
])("zbarimg reads a pass %s at two, three and eight pixels a module", (_, text) => {
  const folder = mkdtempSync(join(tmpdir(), "portico-qr-"));
  try {
    for (const pixels of [2, 3, 8]) {
      const path = join(folder, `${pixels}.pgm`);
      writeFileSync(path, pgm(qrMatrix(text), pixels));
      const { stdout, status } = spawnSync("zbarimg", ["--raw", "--quiet", "-Sdisable", "-Sqrcode.enable", path], { encoding: "utf8", timeout: 20_000 });
      expect({ status, stdout }).toEqual({ status: 0, stdout: `${text}\n` });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
