import { encode } from "uqr";
import { PASS_TEMPLATES } from "../pass-template.ts";

/** White modules on each side. ISO/IEC 18004 §6.3.8. */
export const QUIET_ZONE = 4;
/** The same for every pass, so that one code swaps for the next in place; the one that the penalties of ISO/IEC 18004 §7.8.3 choose for passes most often. */
const MASK = 2;

/** Rows from the top, modules from the left, true is black; with its quiet zone, always square: of a pass 49 modules (T, H) or 53 (HC). Never to be inverted. */
export type QrMatrix = readonly (readonly boolean[])[];

/**
 * A pass as a QR code: alphanumeric mode, version 6 (7 for HC), level M, fixed mask.
 *
 * @param text  a pass's text, 148, 151 or 163 characters
 * @throws RangeError for any other text
 */
export function qrMatrix(text: string): QrMatrix {
  const template = PASS_TEMPLATES.filter(({ textLength }) => textLength === text.length)[0];
  if (template === undefined || !/^CP1:[0-9A-Z $%*+\-./:]+$/.test(text)) throw new RangeError("not the text of a pass");
  const version = template.kind === "HC" ? 7 : 6;
  return encode(text, { ecc: "M", boostEcc: false, minVersion: version, maxVersion: version, maskPattern: MASK, border: QUIET_ZONE }).data;
}

/** The longest text of {@link textQrMatrix}: a code of it is read off a small label. */
export const QR_TEXT_MAX = 200;

/**
 * Any short text as a QR code, for labels: level Q, for what is stuck on doors gets scratched; as small as it can be.
 *
 * @param text  1 to {@link QR_TEXT_MAX} printable ASCII characters
 * @throws RangeError for any other text
 */
export function textQrMatrix(text: string): QrMatrix {
  if (text.length > QR_TEXT_MAX || !/^[ -~]+$/.test(text)) throw new RangeError("not a short text of printable ASCII");
  return encode(text, { ecc: "Q", boostEcc: false, border: QUIET_ZONE }).data;
}

/**
 * The code for a terminal, two rows of modules a line: black on white whatever the theme, by ANSI colours (256-colour black and white,
 * which themes leave alone).
 */
export function qrToText(matrix: QrMatrix): string {
  const lines: string[] = [];
  for (let y = 0; y < matrix.length; y += 2) {
    let line = "";
    for (let x = 0; x < matrix.length; x++) {
      const upper = matrix[y]![x]!;
      const lower = y + 1 < matrix.length && matrix[y + 1]![x]!;
      line += upper ? (lower ? "█" : "▀") : lower ? "▄" : " ";
    }
    lines.push(`\u001b[38;5;16;48;5;231m${line}\u001b[0m`);
  }
  return lines.join("\n");
}

/** The black modules as an SVG path, one unit a module, to be filled on white with `shape-rendering="crispEdges"`. */
export function qrToSvgPath(matrix: QrMatrix): string {
  let path = "";
  for (let y = 0; y < matrix.length; y++) {
    const row = matrix[y]!;
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue;
      const from = x;
      while (row[x + 1]) x++;
      path += `M${from} ${y}h${x + 1 - from}v1H${from}z`;
    }
  }
  return path;
}
