import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerRig } from "./rig/controller-rig.ts";
import { CREDENTIAL, heldPass } from "./rig/people.ts";

const ITEM = "21234567890124";
const DAY_S = 86_400;

let rig: ControllerRig;
beforeEach(async () => {
  rig = new ControllerRig({ kiosk: 'items = "items"\nsession_s = 30' });
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load({ kiosks: ["kiosk"], without: ["li"] });
  await rig.start();
});
afterEach(() => rig.end());

const asked = (barcode?: string) => ({ params: { id: "library-1" }, query: new URLSearchParams(), body: { barcode } });
const checkout = async (barcode: string) => rig.controller.answers["POST /v1/kiosks/:id/checkout"](asked(barcode));
const giveBack = async (barcode: string) => rig.controller.answers["POST /v1/kiosks/:id/return"](asked(barcode));
const show = (person: "zhang" | "wang" | "li", counter = 1): Promise<void> => rig.scan("gate-1-out", heldPass(person, rig.now(), { counter }));
const borrower = () => rig.ask("GET /v1/kiosks").map((row) => row.borrower);
const refused = (name: string) => ({ problem: { type: `/problems/${name}` } });

test("rule 2.11 and rule 10.4: whoever has the grant of the capability borrow shows a card or code and borrows by the item's barcode; what they have is lent on to them", async () => {
  await expect(checkout(ITEM)).rejects.toMatchObject(refused("NobodyPresent"));
  await show("li");
  expect(borrower()).toEqual([null]);
  await show("zhang");
  expect(borrower()).toEqual([CREDENTIAL.zhang]);
  expect(await checkout(` ${ITEM}\r`)).toMatchObject({ done: "lent", item: ITEM, due: rig.now() + 30 * DAY_S, isTest: true });
  await rig.time.pass(10_000);
  expect(await checkout(ITEM)).toMatchObject({ done: "lent", due: rig.now() + 30 * DAY_S });
  await expect(checkout("9787302511854")).rejects.toMatchObject({
    problem: { type: "/problems/IsbnNotItem", remedy: "Scan the barcode on the back of the book." },
  });
  await show("wang");
  await expect(checkout(ITEM)).rejects.toMatchObject(refused("LibraryRefused"));
});

test("an item is taken back at the machine, whoever stands there; a session ends by itself and when somebody says so", async () => {
  await show("zhang");
  await checkout(ITEM);
  await rig.time.pass(30_000);
  expect(borrower()).toEqual([null]);
  expect(await giveBack(ITEM)).toMatchObject({ done: "returned", item: ITEM, due: null });
  expect(rig.loans.lent.size).toBe(0);
  await show("zhang", 2);
  rig.ask("POST /v1/kiosks/:id/end", { params: { id: "library-1" } });
  await expect(checkout(ITEM)).rejects.toMatchObject(refused("NobodyPresent"));
});

test("the scanner of items lends while somebody is there and takes back while nobody is; no event names an item", async () => {
  await show("zhang");
  await rig.scan("items", `A${ITEM}B`);
  expect([...rig.loans.lent.keys()]).toEqual([ITEM]);
  await rig.time.pass(30_000);
  await rig.scan("items", ITEM);
  await rig.scan("items", "9787302511854");
  expect(rig.loans.lent.size).toBe(0);
  rig.crash();
  const told = rig.events().filter(({ name }) => name.startsWith("Item") || name.startsWith("Loan"));
  expect(told.map(({ name }) => name)).toEqual(["ItemLent", "ItemReturned", "LoanRefused"]);
  expect(JSON.stringify(told)).not.toContain(ITEM);
});
