import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LIST_FILES } from "./list-folder.ts";
import { type ListReading, readingOver, type ReadingOrder, readListHere, serveReading } from "./list-reading.ts";

let order: ReadingOrder;
beforeEach(() => {
  order = { folder: mkdtempSync(join(tmpdir(), "portico-")), zone: "Asia/Shanghai", zoneKey: new Uint8Array(32).fill(1) };
  for (const { file, heading } of LIST_FILES) writeFileSync(join(order.folder, file), `${heading}\n`);
});
afterEach(() => rmSync(order.folder, { recursive: true }));

/** As between two threads. */
function overPort(): ListReading {
  const { port1, port2 } = new MessageChannel();
  const reading = readingOver(port1, () => port1.close());
  serveReading(port2, order);
  return reading;
}

test.each([
  ["here", () => readListHere(order)],
  ["over a port", overPort],
])("a list is read %s and handed over in portions, in order, as often as they are asked for", async (_, begin) => {
  const names = Array.from({ length: 600 }, (_person, n) => `p${String(n).padStart(3, "0")}`);
  writeFileSync(join(order.folder, "people.csv"), ["person", ...names].join("\n"));
  writeFileSync(
    join(order.folder, "credentials.csv"),
    ["credential,person,kind", ...names.map((name, n) => `${(600 - n).toString(16).padStart(16, "0")},${name},qr`)].join("\n"),
  );
  const reading = begin();
  expect(await reading.outcome).toEqual({ ok: true });
  for (let round = 0; round < 2; round++) {
    const persons: string[] = [];
    for (let portion = await reading.portion("person", 0); portion.length > 0; portion = await reading.portion("person", persons.length))
      persons.push(...portion);
    expect(persons).toEqual(names);
  }
  const [first] = await reading.portion("credential", 0);
  expect(first).toMatch(/^0000000000000001\tp599\t/);
  expect(await reading.portion("schedule", 0)).toHaveLength(1);
  expect(await reading.portion("grant", 0)).toEqual([]);
  reading.close();
});

test.each([
  ["here", () => readListHere(order)],
  ["over a port", overPort],
])("a folder with mistakes is told with all of them (%s)", async (_, begin) => {
  rmSync(join(order.folder, "cards.csv"));
  const reading = begin();
  expect(await reading.outcome).toMatchObject({ ok: false, count: 1, problems: [{ file: "cards.csv", cause: "the file is missing" }] });
  reading.close();
});

test("a thread that dies takes the reading with it, and nothing else: what is waited for fails, and whatever is asked later", async () => {
  let die: (cause: Error) => void = () => {};
  const port = { on: (event: string, listener: (value: never) => void) => void (event === "error" && (die = listener as typeof die)), postMessage: () => {} };
  const reading = readingOver(port, () => {});
  die(Object.assign(new Error("no memory"), { code: "ERR_WORKER_OUT_OF_MEMORY" }));
  await expect(reading.outcome).rejects.toMatchObject({ name: "ReadingFailed", isTooLarge: true });
  await expect(reading.portion("person", 0)).rejects.toMatchObject({ name: "ReadingFailed" });
});

test("let go of, it answers nobody any more", async () => {
  const reading = readingOver({ on: () => {}, postMessage: () => {} }, () => {});
  reading.close();
  await expect(reading.outcome).rejects.toMatchObject({ name: "ReadingFailed", isTooLarge: false });
});
