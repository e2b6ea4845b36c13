import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as accounts from "../cloud-sync/src/core/ledger/account.ts";
import * as orders from "../cloud-sync/src/core/ledger/order.ts";
import * as plans from "../cloud-sync/src/core/ledger/plan-order.ts";
import * as transfers from "../cloud-sync/src/core/ledger/transfer.ts";
import * as steps from "../cloud-sync/src/core/top-ups/top-up-steps.ts";

const script = new URL("../scripts/money-pictures.mjs", import.meta.url).href;
const { picturesOf } = (await import(script)) as { readonly picturesOf: (ledger: object) => Readonly<Record<string, string>> };
const drawn = Object.entries(picturesOf({ ...accounts, ...orders, ...plans, ...transfers, ...steps }));
const folder = new URL("../docs/money-pictures/", import.meta.url);

test.each(drawn)("docs/money-pictures/%s.svg is as the ledger's own functions draw it, and docs/money.md shows it", (name, svg) => {
  expect(readFileSync(new URL(`${name}.svg`, folder), "utf8")).toBe(svg);
  expect(readFileSync(new URL("../docs/money.md", import.meta.url), "utf8")).toContain(`](money-pictures/${name}.svg)`);
});

test("every kind of order and account, and every state of a top-up, is drawn; no other picture stands there", () => {
  const [flows, topUp] = [drawn.find(([name]) => name === "flows")![1], drawn.find(([name]) => name === "top-up")![1]];
  for (const kind of [...orders.ORDER_KINDS, ...accounts.ACCOUNT_KINDS]) expect(flows).toMatch(new RegExp(`>${kind}\\b`));
  for (const state of steps.TOP_UP_STATES) expect(topUp).toContain(`>${state}<`);
  expect(readdirSync(folder).toSorted()).toEqual(drawn.map(([name]) => `${name}.svg`).toSorted());
});
