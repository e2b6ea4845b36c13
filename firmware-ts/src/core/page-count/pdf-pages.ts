import { latin1 } from "./latin1.ts";
import { type PdfObjects, readPdfObjects } from "./pdf-objects.ts";
import { type Inflate, type PageCount, PAGES_MAX } from "./counted-pages.ts";

const SEARCHED_BYTES = 1_024;
/** Nodes of a page tree between its root and a page. */
const DEPTH_MAX = 64;

/** Readers accept a header within the first kilobyte. ISO 32000-1, annex H.3. */
export const isPdf = (document: Uint8Array): boolean => latin1(document.subarray(0, SEARCHED_BYTES)).includes("%PDF-");

/** The leaves of the page tree: what is drawn, whatever its root says that there are. ISO 32000-1 §7.7.3. */
export function pdfPages(document: Uint8Array, inflate: Inflate): PageCount {
  const objects = readPdfObjects(document, inflate);
  if (objects === undefined) return uncounted("a PDF with streams that cannot be read");
  const root = rootOf(objects);
  if (root === undefined) return uncounted(objects.isEncrypted ? "an encrypted PDF" : "a PDF without a page tree");
  const pages = leaves(objects, root);
  if (pages === undefined) return uncounted(objects.isEncrypted ? "an encrypted PDF" : "a PDF whose page tree is broken");
  if (pages === 0) return uncounted("a PDF without pages");
  return pages > PAGES_MAX ? uncounted(`more than ${PAGES_MAX} pages`) : { kind: "counted", pages };
}

const uncounted = (detail: string): PageCount => ({ kind: "uncounted", detail });
const referenceIn = (text: string | undefined, key: string): number | undefined => {
  const found = new RegExp(`/${key}\\s+(\\d{1,10})\\s+\\d{1,5}\\s+R`).exec(text ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
};

/** The page tree's root, by the newest trailer that leads to one. */
function rootOf({ byNumber, trailers }: PdfObjects): number | undefined {
  for (const trailer of trailers.toReversed()) {
    const catalog = referenceIn(trailer, "Root");
    const pages = catalog === undefined ? undefined : referenceIn(byNumber.get(catalog), "Pages");
    if (pages !== undefined && byNumber.has(pages)) return pages;
  }
  return undefined;
}

/** Undefined: a node that is not there, that leads back to itself, or too many. */
function leaves({ byNumber }: PdfObjects, root: number): number | undefined {
  const inner = new Set<number>();
  let pages = 0;
  const open: { readonly node: number; readonly depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    const text = byNumber.get(node);
    if (text === undefined || depth > DEPTH_MAX || pages > PAGES_MAX) return undefined;
    const apart = referenceIn(text, "Kids");
    const kids = apart === undefined ? /\/Kids\s*\[([^\]]*)\]/.exec(text)?.[1] : byNumber.get(apart);
    if (kids === undefined) {
      pages++;
      continue;
    }
    // A node has one parent: one that comes again would draw its pages for ever.
    if (inner.has(node)) return undefined;
    inner.add(node);
    for (const [, kid] of kids.matchAll(/(\d{1,10})\s+\d{1,5}\s+R/g)) open.push({ node: Number(kid), depth: depth + 1 });
  }
  return pages;
}
