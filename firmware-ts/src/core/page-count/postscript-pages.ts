import { latin1 } from "./latin1.ts";
import { type PageCount, PAGES_MAX } from "./counted-pages.ts";

/** A job language's header may stand before the program. */
const SEARCHED_BYTES = 4_096;

/** Undefined: no PostScript. */
export function postScriptPages(document: Uint8Array): PageCount | undefined {
  if (!latin1(document.subarray(0, SEARCHED_BYTES)).includes("%!")) return undefined;
  let total: number | undefined;
  let pages = 0;
  let inside = 0;
  for (const line of commentLines(document)) {
    if (line.startsWith("%%BeginDocument")) inside++;
    else if (line.startsWith("%%EndDocument")) inside = Math.max(0, inside - 1);
    if (inside > 0) continue; // a picture in the page has comments of its own
    if (line.startsWith("%%Page:")) pages++;
    // The last word counts: `(atend)` in the head stands for a number behind everything.
    else total = Number(/^%%Pages:\s*(\d{1,6})\b/.exec(line)?.[1] ?? total ?? Number.NaN);
  }
  // Whoever says less than stands there pays for what stands there.
  const told = total === undefined || Number.isNaN(total) ? pages : Math.max(total, pages);
  if (told === 0) return { kind: "uncounted", detail: "PostScript that does not say how many pages it draws" };
  return told > PAGES_MAX ? { kind: "uncounted", detail: `more than ${PAGES_MAX} pages` } : { kind: "counted", pages: told };
}

const [LF, CR, PERCENT] = [0x0a, 0x0d, 0x25];
const LINE_MAX = 255;

/** Lines that begin with `%%`, at most 255 characters of each. */
function* commentLines(document: Uint8Array): Generator<string> {
  for (let at = 0; at < document.length; at++) {
    if (document[at] === PERCENT && document[at + 1] === PERCENT) {
      let end = at;
      while (end < document.length && end - at < LINE_MAX && document[end] !== LF && document[end] !== CR) end++;
      yield latin1(document.subarray(at, end));
      at = end;
    }
    while (at < document.length && document[at] !== LF && document[at] !== CR) at++;
  }
}
