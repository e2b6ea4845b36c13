import { isPdf, pdfPages } from "./pdf-pages.ts";
import { postScriptPages } from "./postscript-pages.ts";

/** Undoes the compression of a stream (zlib, RFC 1950); undefined where it is none, or would be longer than `bytesMax`. */
export type Inflate = (bytes: Uint8Array, bytesMax: number) => Uint8Array | undefined;

/** How many pages a document has, or why that cannot be told. */
export type PageCount = { readonly kind: "counted"; readonly pages: number } | { readonly kind: "uncounted"; readonly detail: string };

/** Pages of more than this are no document: nobody carries them away. */
export const PAGES_MAX = 100_000;

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
