import { isPdf, pdfPages } from "./pdf-pages.ts";
import { postScriptPages } from "./postscript-pages.ts";
import type { Inflate, PageCount } from "./counted-pages.ts";

/**
 * Counts the pages of a document by what its bytes are, whatever it was said to be: PDF (ISO 32000-1 §7.7.3), PostScript that says so itself (Adobe 5001, document
 * structuring conventions 3.0), or one picture. What a program draws cannot be known without running it: PostScript without these comments is not counted.
 */
export function countPages(document: Uint8Array, inflate: Inflate): PageCount {
  if (isPdf(document)) return pdfPages(document, inflate);
  if (startsWith(document, JPEG) || startsWith(document, PNG)) return { kind: "counted", pages: 1 };
  return postScriptPages(document) ?? { kind: "uncounted", detail: "neither PDF nor PostScript" };
}

const JPEG = [0xff, 0xd8, 0xff];
const PNG = [0x89, 0x50, 0x4e, 0x47];
const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean => start.every((byte, at) => bytes[at] === byte);
