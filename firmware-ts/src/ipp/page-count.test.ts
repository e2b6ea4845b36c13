import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { countPages } from "../core/page-count/index.ts";
import { zlibInflate } from "./inflate.ts";

const counted = (text: string | Uint8Array) => countPages(typeof text === "string" ? Buffer.from(text, "latin1") : text, zlibInflate);
const pages = (text: string | Uint8Array): number | string => {
  const count = counted(text);
  return count.kind === "counted" ? count.pages : count.detail;
};

const object = (number: number, body: string): string => `${number} 0 obj\n${body}\nendobj\n`;
const TRAILER = "trailer\n<< /Size 9 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n";
const PLAIN = `%PDF-1.4\n${object(1, "<< /Type /Catalog /Pages 2 0 R >>")}${object(2, "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 3 >>")}${object(
  3,
  "<< /Type /Page /Parent 2 0 R >>",
)}${object(4, "<< /Type /Pages /Kids [5 0 R 6 0 R] /Count 2 >>")}${object(5, "<< /Type /Page >>")}${object(6, "<< /Type /Page >>")}${TRAILER}`;

test("the pages of a PDF are the leaves of its tree", () => {
  expect(pages(PLAIN)).toBe(3);
  expect(pages(`\x1b%-12345X@PJL ENTER LANGUAGE=PDF\n${PLAIN}`)).toBe(3);
});

test("what the root of the tree says of itself is not believed", () => {
  expect(pages(PLAIN.replace("/Count 3", "/Count 1"))).toBe(3);
});

test("a later definition of an object counts, as behind an incremental update", () => {
  expect(pages(`${PLAIN}${object(4, "<< /Type /Pages /Kids [5 0 R] /Count 1 >>")}${TRAILER}`)).toBe(2);
});

test("children that stand in an array of their own are found", () => {
  expect(pages(`${PLAIN.replace("[5 0 R 6 0 R]", "7 0 R")}${object(7, "[5 0 R 6 0 R 6 0 R]")}`)).toBe(4);
});

test("objects inside of streams are none, but for those of object streams, compressed", () => {
  const feigned = object(2, "<< /Type /Pages /Kids [3 0 R] >>");
  const stream = `<< /Length ${feigned.length} >>\nstream\n${feigned}\nendstream`;
  expect(pages(`${PLAIN}${object(8, stream)}`)).toBe(3);
  const inner = "5 0 6 18 << /Type /Page >> << /Type /Page >>";
  const packed = deflateSync(inner).toString("latin1");
  const objectStream = `<< /Type /ObjStm /N 2 /First 9 /Filter /FlateDecode /Length ${packed.length} >>\nstream\r\n${packed}\r\nendstream`;
  const root = "<< /Type /XRef /Root 1 0 R /Size 9 /Length 0 >>\nstream\n\nendstream";
  const modern = PLAIN.replace(object(5, "<< /Type /Page >>"), "").replace(object(6, "<< /Type /Page >>"), "").replace(TRAILER, "");
  expect(pages(`${modern}${object(8, objectStream)}${object(9, root)}startxref\n0\n%%EOF`)).toBe(3);
});

test.each([
  ["a tree that leads back to itself", PLAIN.replace("[5 0 R 6 0 R]", "[5 0 R 2 0 R]"), "a PDF whose page tree is broken"],
  ["a page that is not there", PLAIN.replace(object(6, "<< /Type /Page >>"), ""), "a PDF whose page tree is broken"],
  ["no catalog", PLAIN.replace("/Catalog /Pages 2 0 R", "/Catalog"), "a PDF without a page tree"],
  ["an encrypted file", PLAIN.replace("/Size 9", "/Encrypt 9 0 R").replace("/Pages 2 0 R", ""), "an encrypted PDF"],
  ["a header alone", "%PDF-1.7\n", "a PDF without a page tree"],
  ["no children", PLAIN.replace("[3 0 R 4 0 R]", "[]"), "a PDF without pages"],
  ["text", "Dear all", "neither PDF nor PostScript"],
  ["PostScript that does not say", "%!\n/Times findfont showpage", "PostScript that does not say how many pages it draws"],
])("%s is not counted", (_, text, why) => {
  expect(pages(text)).toBe(why);
});

test("PostScript is believed by its comments, the larger of what it says and what it has", () => {
  expect(pages("%!PS-Adobe-3.0\n%%Pages: 2\n%%Page: 1 1\nshowpage\n%%Page: 2 2\nshowpage\n%%EOF")).toBe(2);
  expect(pages("%!PS-Adobe-3.0\r%%Pages: (atend)\r%%Page: 1 1\r%%Trailer\r%%Pages: 4\r%%EOF")).toBe(4);
  expect(pages("%!PS-Adobe-3.0\n%%Pages: 1\n%%Page: 1 1\n%%Page: 2 2\n%%Page: 3 3\n")).toBe(3);
  expect(pages("\x1b%-12345X@PJL\n%!PS-Adobe-3.0\n%%Page: 1 1\n%%BeginDocument: a.eps\n%%Page: 1 1\n%%EndDocument\n")).toBe(1);
});

test("a picture is one page", () => {
  expect([pages(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), pages(Uint8Array.of(0x89, 0x50, 0x4e, 0x47))]).toEqual([1, 1]);
});

test("a stream that grows without end is left", () => {
  const bomb = deflateSync(new Uint8Array(40 * 1024 * 1024)).toString("latin1");
  const stream = `<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length ${bomb.length} >>\nstream\n${bomb}\nendstream`;
  expect(pages(`${PLAIN}${object(8, stream)}`)).toBe("a PDF with streams that cannot be read");
});

test("any damage at all is counted or told, and ends", () => {
  const changes = fc.array(fc.tuple(fc.nat(PLAIN.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(changes, (damage) => {
      const file = Buffer.from(PLAIN, "latin1");
      for (const [at, byte] of damage) file[at] = byte;
      expect(["counted", "uncounted"]).toContain(counted(file).kind);
    }),
    { numRuns: 200 },
  );
});
