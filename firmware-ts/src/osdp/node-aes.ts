import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Aes128 } from "../core/osdp/secure-channel.ts";

/** AES-128 of node:crypto, one block at a time. */
export const nodeAes128: Aes128 = {
  encrypt(key, block) {
    const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
    return Uint8Array.from(cipher.update(block));
  },
  decrypt(key, block) {
    const cipher = createDecipheriv("aes-128-ecb", key, null).setAutoPadding(false);
    return Uint8Array.from(cipher.update(block));
  },
};
