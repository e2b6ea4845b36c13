/** Undoes the compression of a stream (zlib, RFC 1950); undefined where it is none, or would be longer than `bytesMax`. */
export type Inflate = (bytes: Uint8Array, bytesMax: number) => Uint8Array | undefined;

/** How many pages a document has, or why that cannot be told. */
export type PageCount = { readonly kind: "counted"; readonly pages: number } | { readonly kind: "uncounted"; readonly detail: string };

/** Pages of more than this are no document: nobody carries them away. */
export const PAGES_MAX = 100_000;
