import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FeedItem, TrustList } from "@portico/card-protocol";
import { type Command, Option } from "commander";
import { controllerOptions, type ControllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { type FeedPlace, feedPlaceFor } from "./feed-connection.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { formatOption, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface SnapshotOptions extends ControllerOptions {
  readonly out?: string;
  readonly format?: Format;
}

/** `portico feed snapshot`: a zone's whole content, fetched and verified as a controller does. */
export function snapshotVerb(surroundings: Surroundings): Command {
  const command = verb("snapshot <zone>", "fetch the whole list of a zone as this controller may, verify it, and count what is in it", [
    ["portico feed snapshot east", "items by kind, bytes a credential"],
    ["portico feed snapshot east --out east.jsonl", "every item as a JSON line: ids and times, no names"],
    ["portico feed snapshot global", "revocations and calendar"],
  ])
    .addOption(new Option("--out <file>", "write every item, a JSON line each"))
    .addOption(formatOption());
  return controllerOptions(command).action(async (zone: string, options: SnapshotOptions) => {
    const place = await feedPlaceFor(surroundings, options);
    const partition = place.partitions.find((each) => each === zone || each === `zone/${zone}`);
    if (partition === undefined) throw new Failure(EXIT.usage, "this controller does not follow that zone", zone, `choose of ${place.partitions.join(", ")}`);
    const { items, epoch, version, publish, bytes } = await fetched(surroundings, place, partition);
    const counts = new Map<string, number>();
    for (const { table } of items) counts.set(table, (counts.get(table) ?? 0) + 1);
    const credentials = counts.get("credential") ?? 0;
    if (options.out !== undefined)
      writeFileSync(typedPath(surroundings, options.out), items.map((item) => `${JSON.stringify(item, hexed)}\n`).join(""), { flag: "wx" });
    const each = credentials === 0 ? undefined : Math.round((bytes / credentials) * 10) / 10;
    writeFacts(
      surroundings.terminal,
      options.format,
      [
        ["partition", partition],
        ["version", `${epoch}:${version}, publication ${publish}`],
        ...[...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([table, count]): [string, string] => [table, String(count)]),
        ["bytes", `${bytes}${each === undefined ? "" : `, ${each} a credential`}`],
      ],
      { partition, epoch, version, publish, counts: Object.fromEntries(counts), bytes, bytesPerCredential: each ?? null },
    );
  });
}

const hexed = (_: string, value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value);

interface Fetched {
  readonly items: readonly FeedItem[];
  readonly epoch: number;
  readonly version: number;
  readonly publish: number;
  readonly bytes: number;
}

/** Follows the one partition from nothing, in a store that is gone afterwards, until a head says that all is there. */
async function fetched(surroundings: Surroundings, place: FeedPlace, partition: FeedPlace["partitions"][number]): Promise<Fetched> {
  const { decodeItem, itemRow, PartitionDigest, FEED_TABLE, unixSeconds } = await import("@portico/card-protocol");
  const { nodeSha256 } = await import("@portico/card-protocol/node");
  const { ControllerDatabase, FeedSession, FeedStore, nothingHeld } = await import("@portico/controller");
  const folder = mkdtempSync(join(tmpdir(), "portico-snapshot-"));
  const database = ControllerDatabase.open(join(folder, "snapshot.db"));
  try {
    const store = new FeedStore(database);
    const { site, trust, connection } = place;
    // Nothing but the roots is known before: the list comes with the feed.
    let trustList: TrustList = { sequence: 0, issued: unixSeconds(0), validUntil: unixSeconds(0), feedEpoch: 0, roots: trust.pinnedRoots, keys: new Map() };
    const empty = new PartitionDigest(nodeSha256).root();
    await new Promise<void>((resolve, reject) => {
      let isOver = false;
      const end = (failure?: Failure): void => {
        if (isOver) return;
        isOver = true;
        close();
        if (failure === undefined) resolve();
        else reject(failure);
      };
      const session = new FeedSession({
        site,
        partitions: [partition],
        store,
        trustContext: trust,
        trustList: () => trustList,
        takeTrustList: (list) => (trustList = list),
        takeCommand: () => ({ ok: true, value: null }),
        wall: () => ({ now: surroundings.now(), uncertaintyS: SLACK_S }),
        fetchChunk: (sha256) => connection.chunk(sha256),
        held: () => store.held(partition) ?? nothingHeld(partition, trustList.feedEpoch, empty),
        onHead: () => end(),
        onKeepalive: () => {},
        onLeftovers: () => {},
        onZoneKeys: () => Promise.resolve(),
      });
      let before = Promise.resolve();
      const take = async (bytes: Uint8Array): Promise<void> => {
        if (isOver) return;
        const ended = await session.take(bytes);
        if (ended === undefined || isOver) return;
        const told = "error" in ended ? `${ended.error}: ${ended.detail}` : ended.kind;
        end(new Failure(EXIT.refused, told, `${partition} of ${site}`, "no controller takes it: its list in force stays"));
      };
      const close = connection.open(
        { position: [{ partition, epoch: 0, version: 0 }], trustListSequence: 0 },
        {
          onOpen: () => {},
          onBytes: (bytes) => void (before = before.then(() => take(bytes))),
          onEnd: ({ detail }) =>
            void (before = before.then(() =>
              end(
                new Failure(
                  EXIT.unreachable,
                  `the feed ended: ${detail}`,
                  `the cloud of ${site}`,
                  "see that the cloud runs, and that it lets this controller in",
                ),
              ),
            )),
        },
      );
    });
    const items: FeedItem[] = [];
    let bytes = 0;
    for (const table of Object.values(FEED_TABLE))
      for (const item of store.items(partition, table)) {
        const read = decodeItem(partition, { key: new Uint8Array(item.key), value: new Uint8Array(item.value) });
        if (read.kind === "item") items.push(read.item);
        bytes += itemRow(item).length;
      }
    const held = store.held(partition);
    return { items, epoch: held?.epoch ?? 0, version: held?.version ?? 0, publish: held?.confirmed?.publish ?? 0, bytes };
  } finally {
    database.close();
    rmSync(folder, { recursive: true });
  }
}

/** This computer's clock may be as wrong as the controller's. */
const SLACK_S = 300;
