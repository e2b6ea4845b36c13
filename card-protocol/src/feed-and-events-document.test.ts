import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COMMAND_REFUSAL, COMMAND_REFUSALS } from "./command.ts";
import { CONFIGURATION_BYTES_MAX, CONFIGURATION_REFUSAL, CONFIGURATION_REFUSALS } from "./configuration-record.ts";
import { DELTA_PARTS_MAX } from "./feed/delta.ts";
import { FEED_TABLE, ITEM_KEY_BYTES_MAX, OPTIONAL_TABLES_FROM } from "./feed/feed-item.ts";
import { FEED_REFUSAL, FEED_REFUSALS } from "./feed/feed-refusal.ts";
import { FRAME_BYTES_MAX, FRAME_NUMBER } from "./feed/frame.ts";
import { HEAD_LIFE_MAX_S } from "./feed/head.ts";
import { ITEM_VALUE_BYTES_MAX } from "./feed/item-fields.ts";
import { CHUNK_BYTES_MAX } from "./feed/manifest.ts";
import { BUCKETS } from "./feed/partition-digest.ts";
import { EVENT, EVENT_NAMES, type EventRow, type FieldType } from "./event-table.ts";
import { CAPABILITIES, CREDENTIAL_KINDS, HOLDER_FLAGS } from "./permission.ts";
import { SIGNED_KIND } from "./signature.ts";
import { RECORD, type RecordKind } from "./signed.ts";
import { ROOT_KEYS_MAX, TRUST_LIST_BYTES_MAX } from "./root-signatures.ts";

const document = readFileSync(new URL("../../docs/feed-and-events.md", import.meta.url), "utf8");

const words = (type: FieldType): string => (typeof type === "string" ? type : type.length > 6 ? "word" : type.join(" \\| "));
const fieldsOf = ({ fields }: EventRow): string => Object.entries(fields).map(([name, type]) => `${name}: ${words(type)}`).join(", "); // prettier-ignore

test.each(EVENT_NAMES)("the document states %s with its severity, fields and sentences", (name) => {
  const row: EventRow = EVENT[name];
  expect(document).toContain(`| ${name} | ${row.severity} | ${fieldsOf(row)} | ${row.en} | ${row.zh} |\n`);
});

test("the document states no event that is not in the table", () => {
  const stated = [...document.matchAll(/^\| (\w+) \| (?:notice|warning|alarm) \|/gm)].map(([, name]) => name);
  expect(stated).toEqual(EVENT_NAMES);
});

test.each(Object.keys(RECORD) as RecordKind[])("the document states number, size and key id of kind %s", (kind) => {
  const { bytesMax, kidBytes } = RECORD[kind];
  expect(document).toContain(`| ${SIGNED_KIND[kind]} | ${kind} | ${kidBytes} | ${bytesMax.toLocaleString("en-US")} |`);
});

test("the document states the limits of a trust list", () => {
  expect(document).toContain(`| ${SIGNED_KIND.trustList} | trustList | 8 | ${TRUST_LIST_BYTES_MAX.toLocaleString("en-US")} |`);
  expect(document).toContain(`1 to ${ROOT_KEYS_MAX} root keys`);
});

/** The lines of one table of the section "Feed", each cut into its cells: the one that begins with this head. */
function tableOf(head: string): readonly (readonly string[])[] {
  const lines = document.split("\n## Feed\n")[1]!.split("\n## ")[0]!.split("\n");
  const from = lines.findIndex((line) => line.startsWith(head)) + 2;
  const rows = lines.slice(from);
  return rows.slice(0, rows.findIndex((line) => !line.startsWith("|"))).map((line) => line.slice(2, -2).split(" | ")); // prettier-ignore
}
const english = (count: number): string => count.toLocaleString("en-US");

test("the document states every refusal of a feed with its sentence, in order, and no other", () => {
  expect(tableOf("| name | what |")).toEqual(FEED_REFUSALS.map((name) => [name, FEED_REFUSAL[name]]));
});

test("the document states every refusal of a command with its sentence, in order, and no other", () => {
  expect(tableOf("| error | why |")).toEqual(COMMAND_REFUSALS.map((name) => [name, COMMAND_REFUSAL[name]]));
});

test("the document states every refusal of a configuration with its sentence, in order, and no other", () => {
  const stated = [...document.matchAll(/^\| (Configuration\w+) \| ([^|]+) \|$/gm)].map(([, name, what]) => [name, what]);
  expect(stated).toEqual(CONFIGURATION_REFUSALS.map((name) => [name, CONFIGURATION_REFUSAL[name]]));
  expect(document).toContain(`UTF-8, at most ${CONFIGURATION_BYTES_MAX.toLocaleString("en-US")};`);
});

test("the document states every table of items with its number, and no other", () => {
  const rows = tableOf("| table | partition |");
  expect(rows.map(([table]) => table)).toEqual(Object.entries(FEED_TABLE).map(([name, number]) => `${number} ${name}`));
  expect(rows.map(([, partition]) => partition)).toEqual(
    Object.values(FEED_TABLE).map((number) => (number < FEED_TABLE.revocation || number >= OPTIONAL_TABLES_FROM ? "zone" : "global")),
  );
});

test("the document states every frame with its number, and no other", () => {
  const words = (kind: string): string => kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const stated = tableOf("| frame | layout |").map(([frame, layout]) => [frame, layout!.slice(0, 3)]);
  expect(stated).toEqual(Object.entries(FRAME_NUMBER).map(([kind, number]) => [words(kind), `\`[${number}`]));
});

test.each([
  ["a frame", `a frame has at most ${english(FRAME_BYTES_MAX)} bytes`],
  ["a chunk", `at most ${english(CHUNK_BYTES_MAX)} bytes, and its name is its SHA-256`],
  ["a delta's or manifest's record", `| ${SIGNED_KIND.delta} | delta | 2 | ${english(RECORD.delta.bytesMax)} |`],
  ["a delta", `At most ${DELTA_PARTS_MAX} parts`],
  ["a head", `issued < expires ≤ issued + ${HEAD_LIFE_MAX_S}.`],
  ["an item", `Key ≤ ${ITEM_KEY_BYTES_MAX} bytes, value ≤ ${english(ITEM_VALUE_BYTES_MAX)} bytes.`],
  ["the tables that are refused", `any table below ${OPTIONAL_TABLES_FROM} that is not listed, is refused`],
  ["the buckets", `An item's bucket, 0 to ${english(BUCKETS - 1)},`],
])("the document states the limit of %s", (_, sentence) => {
  expect(document.split(sentence)).toHaveLength(2);
});

test("the document states kinds, flags and capabilities with the numbers of a row", () => {
  expect(document).toContain(`(${CREDENTIAL_KINDS.map((kind, n) => `${n + 1} ${kind}`).join(", ")})`);
  expect(document).toContain(`flags: ${HOLDER_FLAGS.map((flag, n) => `${1 << n} ${flag}`).join(", ")}; the others are 0`);
  expect(document).toContain(`Capabilities: ${CAPABILITIES.map((capability, n) => `${n} ${capability}`).join(", ")}.`);
});

test("the document names every published file of vectors about what it states", () => {
  const files = ["signed.json", "trust-list.json", "feed.json", "events.json"];
  expect(document).toContain(`Vectors: ${files.map((name, n) => `\`${n === 0 ? "card-protocol/vectors/" : ""}${name}\``).join(", ")};`);
});
