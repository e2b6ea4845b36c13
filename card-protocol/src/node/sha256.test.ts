import { expect, test } from "vitest";
import { bytesToHex } from "../hex.ts";
import { nodeSha256 } from "./sha256.ts";

test("SHA-256 of the FIPS 180-4 examples, as bytes of its own", () => {
  const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
  expect(bytesToHex(nodeSha256(ascii("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(bytesToHex(nodeSha256(new Uint8Array()))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(nodeSha256(ascii("abc")).constructor).toBe(Uint8Array);
});
