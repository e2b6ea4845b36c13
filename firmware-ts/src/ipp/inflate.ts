import { inflateSync } from "node:zlib";
import type { Inflate } from "../core/page-count/index.ts";

/** By zlib. What stands behind the compressed bytes is not looked at; a stream that ends early gives what there is. */
export const zlibInflate: Inflate = (bytes, bytesMax) => {
  try {
    return new Uint8Array(inflateSync(bytes, { maxOutputLength: bytesMax, finishFlush: Z_SYNC_FLUSH }));
  } catch {
    return undefined;
  }
};

/** zlib.h: what has come so far is given, whether or not the end has. */
const Z_SYNC_FLUSH = 2;
