import {
  decodeItem,
  decodeZoneKeys,
  FEED_TABLE,
  type FeedRefusal,
  type SealedZoneKeys,
  sameBytes,
  zoneKeysContext,
  zonePartition,
} from "@portico/card-protocol";
import type { Opener } from "@portico/card-protocol/node";
import type { ZoneKeys } from "../store/cloud-keys.ts";
import type { FeedStore } from "../store/feed-store.ts";
import { ZoneKey } from "../store/zone-key.ts";

export interface SealedKeysNeeds {
  readonly site: string;
  readonly controller: string;
  readonly zones: readonly string[];
  readonly opener: Opener;
  readonly store: Pick<FeedStore, "items">;
  readonly keys: Pick<ZoneKeys, "take">;
}

/** Why keys of a file were not taken. */
export interface KeysRefused {
  readonly error: FeedRefusal;
  readonly detail: string;
}

/**
 * Takes the zones' keys of a feed file whose lists were taken. Who sealed them says nothing: a key is taken when it is the one that the signed list of its zone
 * was made with, and all of them, or none. Undefined: all were taken, or there are none.
 */
export function takeSealedKeys({ site, controller, zones, opener, store, keys }: SealedKeysNeeds, sealed: readonly SealedZoneKeys[]): KeysRefused | undefined {
  if (sealed.length === 0) return undefined;
  const own = sealed.find((each) => each.controller === controller);
  if (own === undefined) return { error: "FeedTarget", detail: `zone keys for ${sealed.map((each) => each.controller).join(", ")}, and this is ${controller}` };
  const opened = opener.open(own, zoneKeysContext(site, controller));
  if (opened === undefined) return { error: "FeedSealed", detail: `the zone keys for ${controller} do not open` };
  const read = decodeZoneKeys(opened);
  if (read === undefined) return { error: "FeedMalformed", detail: "what is sealed is no list of zone keys" };
  for (const { zone, generation, key } of read) {
    if (!zones.includes(zone)) return { error: "FeedTarget", detail: `a key of zone ${zone}, which this controller does not follow` };
    const [item] = store.items(zonePartition(zone), FEED_TABLE.zoneKey);
    const decoded = item && decodeItem(zonePartition(zone), item);
    const listed = decoded?.kind === "item" && decoded.item.table === "zoneKey" ? decoded.item : undefined;
    const { token } = new ZoneKey(key.slice()).identify(new Uint8Array(0));
    if (listed?.generation !== generation || !sameBytes(token, listed.check))
      return { error: "FeedDigest", detail: `the key of zone ${zone} is not the one that its list was made with` };
  }
  for (const { zone, key } of read) keys.take(zone, key);
  return undefined;
}
