/** A document of so many pages, in PostScript that says so. */
export const postScript = (pages: number): Uint8Array =>
  new TextEncoder().encode(`%!PS-Adobe-3.0\n${Array.from({ length: pages }, (_, nth) => `%%Page: ${nth + 1} ${nth + 1}\nshowpage\n`).join("")}%%EOF\n`);
