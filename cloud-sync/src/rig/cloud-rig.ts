import { createHash } from "node:crypto";
import { decodeItem, type FeedItem, type Partition, type Result, U32_MAX, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { Validity } from "../core/validity.ts";
import { Expander } from "../expansion/expander.ts";
import type { Changed, ChangeNote } from "../mutation.ts";
import type { CloudDatabase } from "../store/cloud-database.ts";
import { freshDatabase } from "./fresh-database.ts";

/** 2026-09-01 00:00 UTC, a Tuesday. */
export const START = unixSeconds(1_788_220_800);
export const NOTE: ChangeNote = { actor: "operator-1", action: "test", target: "", reason: "" };
export const SECOND: ChangeNote = { ...NOTE, actor: "operator-2" };
export const ALWAYS: Validity = { from: unixSeconds(0), until: unixSeconds(U32_MAX) };
export const between = (fromS: number, untilS: number): Validity => ({ from: unixSeconds(START + fromS), until: unixSeconds(START + untilS) });

/** A cloud on an empty store, with a clock that stands until it is moved, and repeatable chance. */
export interface CloudRig extends Cloud {
  readonly expander: Expander;
  /** How much chance was drawn so far. */
  drawn(): number;
  pass(seconds: number): void;
  now(): number;
  close(): Promise<void>;
}

/** @param given  a store to stand on, else an empty one. @param drawn  how much chance was drawn when that store was filled: none of it comes again */
export async function cloudRig(given?: CloudDatabase, drawn = 0): Promise<CloudRig> {
  let nowMs = START * 1000;
  let counter = drawn;
  const database = given ?? (await freshDatabase());
  const cloud: Cloud = {
    site: "demo-campus",
    timeZone: "Asia/Shanghai",
    database,
    nowMs: () => nowMs,
    randomBytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 32)
        bytes.set(
          createHash("sha256")
            .update(String(counter++))
            .digest()
            .subarray(0, Math.min(32, length - at)),
          at,
        );
      return bytes;
    },
  };
  return {
    ...cloud,
    expander: new Expander(cloud),
    drawn: () => counter,
    pass: (seconds) => void (nowMs += seconds * 1000),
    now: () => Math.floor(nowMs / 1000),
    close: () => database.close(),
  };
}

/** What a change gave, which must not have been refused. */
export async function done<T>(result: Promise<Result<Changed<T>, string>>): Promise<T> {
  const made = await result;
  if (!made.ok) throw new Error(`${made.error}: ${made.detail}`);
  return made.value.value;
}

/** The items of a partition, read. */
export async function itemsIn(cloud: Cloud, partition: Partition): Promise<FeedItem[]> {
  const rows = await cloud.database.queries.selectFrom("feed_item").selectAll().where("feed_partition", "=", partition).orderBy("key").execute();
  return rows.map(({ key, value }) => {
    const read = decodeItem(partition, { key: new Uint8Array(key), value: new Uint8Array(value) });
    if (read.kind !== "item") throw new Error(`an item of ${partition} is ${read.kind}`);
    return read.item;
  });
}
