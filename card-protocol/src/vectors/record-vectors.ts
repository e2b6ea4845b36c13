import type { Sha256 } from "../event-chain.ts";
import { EVENT_LAYOUT } from "../event.ts";
import { bytesToHex } from "../hex.ts";
import { nodeSigner } from "../node/node-ed25519.ts";
import { batchVectors } from "./batch-cases.ts";
import { chainVectors, eventVectors } from "./event-cases.ts";
import { feedVectors } from "./feed-cases.ts";
import { SEED, signedVectors } from "./signed-cases.ts";
import { PINNED_ROOTS, ROOT_SEEDS, SITE, trustListVectors } from "./trust-list-cases.ts";

/** The published files about signed records, the trust list, the feed and events: name and exact text. */
export function recordVectorFiles(sha256: Sha256): readonly { readonly name: string; readonly text: string }[] {
  return [
    {
      name: "signed.json",
      text: json({
        comment: "COSE_Sign1 records of kinds 4 and 6 to 17, verified as `kind` for `site`. One key is known: under kid 0003 and under its first 8 bytes.",
        seed: bytesToHex(SEED),
        publicKey: bytesToHex(nodeSigner(SEED).publicKey),
        vectors: signedVectors(),
      }),
    },
    {
      name: "trust-list.json",
      text: json({
        comment: "Trust lists as they arrive one after the other at a controller that was commissioned with the pinned roots.",
        site: SITE,
        rootSeeds: ROOT_SEEDS.map((byte) => bytesToHex(new Uint8Array(32).fill(byte))),
        pinnedRoots: { ...PINNED_ROOTS, keys: PINNED_ROOTS.keys.map(bytesToHex) },
        vectors: trustListVectors(),
      }),
    },
    { name: "feed.json", text: json(feedVectors(sha256)) },
    {
      name: "events.json",
      text: json({
        comment:
          "One chain with two of every event; then selections of it, and what following them finds; then signed batches of it (kind 10), read for `site` with the one key.",
        layout: EVENT_LAYOUT,
        chain: eventVectors(sha256),
        vectors: chainVectors(sha256),
        batches: batchVectors(sha256),
      }),
    },
  ];
}

/** Two spaces, a line feed at the end: the same text from any machine. */
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
