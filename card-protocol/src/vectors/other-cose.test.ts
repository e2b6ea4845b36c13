import { readFileSync } from "node:fs";
import { Ed25519Key } from "@ldclabs/cose-ts/ed25519";
import { Sign1Message } from "@ldclabs/cose-ts/sign1";
import { describe, expect, test } from "vitest";
import { externalAad } from "../signature.ts";
import { hexToBytes } from "../hex.ts";

/** COSE's number of Ed25519, RFC 9864; the library knows the older, general EdDSA and is told. */
const ED25519 = -19;

interface Vector {
  readonly id: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly bytes: string;
}
const { given, testGroups } = JSON.parse(readFileSync(new URL("../../vectors/passes.json", import.meta.url), "utf8")) as {
  readonly given: {
    readonly site: string;
    readonly issuerKeys: readonly { readonly kid: number; readonly publicKey: string }[];
    readonly credentials: readonly { readonly id: string; readonly publicKey: string | null }[];
  };
  readonly testGroups: readonly { readonly tests: readonly Vector[] }[];
};
const valid = testGroups.flatMap(({ tests }) => tests).filter(({ flags, comment }) => flags.includes("Valid") && comment.startsWith("a good pass"));

/** Kind and key id as any COSE reader finds them: by the length of the kid in the protected header. */
function keyOf(bytes: string): { readonly kind: "passT" | "passH" | "passHC"; readonly publicKey: string } {
  if (bytes.startsWith("8447"))
    return { kind: "passT", publicKey: given.issuerKeys.find(({ kid }) => kid === Number.parseInt(bytes.slice(14, 18), 16))!.publicKey };
  const credential = given.credentials.find(({ id }) => id === bytes.slice(14, 30));
  return { kind: bytes.length === 2 * 96 ? "passH" : "passHC", publicKey: credential!.publicKey! };
}

describe("a COSE library that knows nothing of us", () => {
  test("there are good passes of each kind to try", () => {
    expect([...new Set(valid.map(({ bytes }) => keyOf(bytes).kind))].sort()).toEqual(["passH", "passHC", "passT"]);
  });

  test.each(valid)("verifies vector $id, $comment", ({ bytes }) => {
    const { kind, publicKey } = keyOf(bytes);
    const key = Ed25519Key.fromPublic(hexToBytes(publicKey)!);
    Object.assign(key, { alg: ED25519 });
    const message = Sign1Message.fromBytes(key, hexToBytes(bytes)!, externalAad(kind, given.site));
    expect(message.payload.length).toBeGreaterThan(0);
    expect(() => Sign1Message.fromBytes(key, hexToBytes(bytes)!, externalAad(kind, "other-campus"))).toThrow();
  });
});
