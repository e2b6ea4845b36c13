import { err, ok, type Result } from "./result.ts";
import type { CredentialKind } from "./permission.ts";

/**
 * What says who comes, beside a physical card. `plate`: of a car, as a camera reads it · `idcard`: the number of a resident's ID card, GB 11643, 18 characters ·
 * `face`: the reference by which a face terminal knows somebody, never a picture.
 */
export const IDENTITY_FORMATS = ["plate", "idcard", "face"] as const;
export type IdentityFormat = (typeof IDENTITY_FORMATS)[number];

/** Of which kind the credential is that a line of that format belongs to. */
export const kindOfFormat = (format: string): Extract<CredentialKind, "card" | IdentityFormat> =>
  (IDENTITY_FORMATS as readonly string[]).includes(format) ? (format as IdentityFormat) : "card";

/** GB 11643-1999 §6: weights of the first 17 digits, and the character by the sum's rest of 11. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS = "10X98765432";
/** What cameras send instead of a plate that they could not read. */
const NO_PLATE = new Set(["UNKNOWN", "NOPLATE", "无车牌", "未识别"]);
const LINE_BYTES_MAX = 64;

/** Whether a line may be of that format; a pass is longer, or holds a colon. */
export const isIdentityLine = (line: Uint8Array | string, format: IdentityFormat): boolean => {
  const text = textOf(line);
  if (text === undefined || text.length === 0) return false;
  if (format === "idcard") return /^[0-9Xx ]+$/.test(text);
  return format === "face" ? /^[\w.-]+$/.test(text) : plateOf(text).length <= 12 && !text.includes(":");
};

/**
 * The canonical bytes of an identity: the same for one car or person however it was written. The format's name stands in front, so that no plate has the bytes
 * of a card. A plate: without separators, capital letters, half-width. An ID number: 18 characters, the last checked.
 *
 * @returns InvalidIdentifierValue; its detail never holds a character of what was read
 */
export function readIdentity(line: Uint8Array | string, format: IdentityFormat): Result<{ readonly bytes: Uint8Array }, "InvalidIdentifierValue"> {
  const text = textOf(line);
  if (text === undefined) return invalid("no text, or longer than any");
  if (format === "plate") return readPlate(text);
  if (format === "idcard") return readIdNumber(text);
  return /^[A-Za-z0-9_.-]{1,32}$/.test(text) ? ok({ bytes: bytesOf(`face:${text}`) }) : invalid("no reference: 1 to 32 letters, digits, _ . and -");
}

function readPlate(text: string): Result<{ readonly bytes: Uint8Array }, "InvalidIdentifierValue"> {
  const plate = plateOf(text);
  if (NO_PLATE.has(plate)) return invalid("no plate was read");
  if (!/^[\u4e00-\u9fff]?[A-Z0-9]{2,9}[\u4e00-\u9fff]?$/.test(plate)) return invalid("no plate: 3 to 10 letters, digits and characters");
  return plate.length < 3 ? invalid("no plate: 3 to 10 letters, digits and characters") : ok({ bytes: bytesOf(`plate:${plate}`) });
}

function readIdNumber(text: string): Result<{ readonly bytes: Uint8Array }, "InvalidIdentifierValue"> {
  const number = text.replaceAll(" ", "").toUpperCase();
  if (!/^\d{17}[\dX]$/.test(number)) return invalid(`${number.length} characters, expected 18`);
  const sum = WEIGHTS.reduce((before, weight, at) => before + weight * Number(number[at]), 0);
  return CHECK_CHARACTERS[sum % 11] === number[17] ? ok({ bytes: bytesOf(`idcard:${number}`) }) : invalid("the last character does not fit the others");
}

const plateOf = (text: string): string =>
  text
    .normalize("NFKC")
    .replace(/[\s\u00b7\u2022.\-_]/g, "")
    .toUpperCase();

/** UTF-8. RFC 3629; undefined for what is none, or too long. */
function textOf(line: Uint8Array | string): string | undefined {
  if (line.length > LINE_BYTES_MAX) return undefined;
  if (typeof line === "string") return line;
  try {
    return decodeURIComponent(Array.from(line, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
  } catch {
    return undefined;
  }
}

/** UTF-8 of at most three bytes a character: all that a plate has. */
const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(
    Array.from(text).flatMap((character) => {
      const point = character.codePointAt(0)!;
      return point < 0x80 ? [point] : [0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)];
    }),
  );

const invalid = (detail: string): { readonly ok: false; readonly error: "InvalidIdentifierValue"; readonly detail: string } =>
  err("InvalidIdentifierValue", detail);
