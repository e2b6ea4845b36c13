import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EVENT, EVENT_NAMES, type EventRow, type FieldType } from "./event-table.ts";
import { SIGNED_KIND } from "./signature.ts";
import { RECORD, type RecordKind } from "./signed.ts";
import { ROOT_KEYS_MAX, TRUST_LIST_BYTES_MAX } from "./root-signatures.ts";

const document = readFileSync(new URL("../../docs/feed-and-events.md", import.meta.url), "utf8");

const words = (type: FieldType): string => (typeof type === "string" ? type : type.length > 6 ? "word" : type.join(" \\| "));
const fieldsOf = ({ fields }: EventRow): string => Object.entries(fields).map(([name, type]) => `${name}: ${words(type)}`).join(", "); // prettier-ignore

test.each(EVENT_NAMES)("the document states %s with its severity, fields and sentence", (name) => {
  const row: EventRow = EVENT[name];
  expect(document).toContain(`| ${name} | ${row.severity} | ${fieldsOf(row)} | ${row.en} |\n`);
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
