import { createHmac } from "node:crypto";
import { encodeCbor, encodeItem, encodeZoneKeys, type ItemBytes, type SealedZoneKeys, zoneKeysContext } from "@portico/card-protocol";
import { nodeOpener, nodeSigner, seal } from "@portico/card-protocol/node";
import { expect, test } from "vitest";
import { takeSealedKeys } from "./sealed-keys.ts";

const bytes = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const SEED = bytes(1);
const { publicKey } = nodeSigner(SEED);
const [KEY, FORMER] = [bytes(5), bytes(6)];
const checkOf = (key: Uint8Array): Uint8Array => new Uint8Array(createHmac("sha256", key).digest().subarray(0, 16));

/** What an honest cloud seals, but for some changes. */
function sealedFor(controller = "quarry", keys = [{ zone: "east", generation: 2, key: KEY }], plain = encodeZoneKeys(keys), to = publicKey): SealedZoneKeys {
  return { controller, ...seal(to, plain, zoneKeysContext("demo-campus", controller), bytes(9)) };
}

/** A controller of zone east, whose list was made with the second key of the zone. */
function take(sealed: readonly SealedZoneKeys[]) {
  const taken: string[] = [];
  const items = function* (): Generator<ItemBytes> {
    yield encodeItem({ table: "zoneKey", generation: 2, check: checkOf(KEY) });
  };
  const refused = takeSealedKeys(
    {
      site: "demo-campus",
      controller: "quarry",
      zones: ["east"],
      opener: nodeOpener(SEED, publicKey),
      store: { items },
      keys: { take: (zone, key) => void taken.push(`${zone} ${key[0]}`) },
    },
    sealed,
  );
  return { error: refused?.error, taken };
}

test("a file without keys brings none; one for several controllers brings each its own", () => {
  expect(take([])).toEqual({ error: undefined, taken: [] });
  expect(take([sealedFor("library", [{ zone: "west", generation: 1, key: FORMER }]), sealedFor()])).toEqual({ error: undefined, taken: ["east 5"] });
});

test.each<[string, string, () => SealedZoneKeys]>([
  ["keys for other controllers alone", "FeedTarget", () => sealedFor("library")],
  ["keys that another key opens", "FeedSealed", () => sealedFor("quarry", undefined, undefined, nodeSigner(bytes(2)).publicKey)],
  ["another controller's keys under this one's name", "FeedSealed", () => ({ ...sealedFor("library"), controller: "quarry" })],
  ["something else that was sealed", "FeedMalformed", () => sealedFor("quarry", undefined, encodeCbor(["keys"]))],
  ["a key of a zone that it does not follow", "FeedTarget", () => sealedFor("quarry", [{ zone: "east", generation: 2, key: KEY }, { zone: "west", generation: 1, key: KEY }])], // prettier-ignore
  ["the key before", "FeedDigest", () => sealedFor("quarry", [{ zone: "east", generation: 1, key: FORMER }])],
  ["another key under the list's generation", "FeedDigest", () => sealedFor("quarry", [{ zone: "east", generation: 2, key: FORMER }])],
  ["the list's key under another generation", "FeedDigest", () => sealedFor("quarry", [{ zone: "east", generation: 3, key: KEY }])],
])("%s is refused as %s, and no key is taken", (_, error, make) => {
  expect(take([make()])).toEqual({ error, taken: [] });
});
