import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { displayScreen } from "@portico/firmware-ts";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { ControllerRig } from "./rig/controller-rig.ts";
import { MemoryMoney } from "./money/memory-money.ts";
import type { MoneyPort } from "./money/money-port.ts";
import { heldPass } from "./rig/people.ts";

const LIMITS = "limits = { per_payment_fen = 2000, total_fen = 3000, count = 5 }\nlimit_fen = 5000";
let rig: ControllerRig;
afterEach(() => rig.end());

/** A till in a language, with hands and eyes. */
async function till(language: "en" | "zh" = "en", money?: MoneyPort) {
  rig = new ControllerRig({ till: LIMITS, display: language });
  if (money !== undefined) rig.money = money;
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load({ tills: ["till"], without: ["li"] });
  await rig.start();
  const screen = displayScreen("esc-pos", "gb18030");
  onTestFinished(rig.wire("display").far.onBytes((bytes) => screen.push(bytes)));
  await rig.time.pass(6_000);
  return {
    type: async (keys: string): Promise<void> => {
      rig.wire("keypad").far.write(Uint8Array.from(Buffer.from(keys, "latin1")));
      await rig.time.pass(100);
    },
    show: (person: "zhang" | "li", counter = 1) => rig.scan("gate-1-out", heldPass(person, rig.now(), { counter })),
    shown: () => screen.lines.map((line) => line.trim().replaceAll(/ {2,}/g, " ")).join("|"),
    screen,
  };
}
const row = () => rig.ask("GET /v1/terminals/:id", { params: { id: "canteen-1" } });

test("rule 2.10: an amount from a keypad is shown to the customer, paid by the next code, and answered; what is refused says why and waits for the next", async () => {
  const { type, show, shown } = await till();
  expect(shown()).toBe("North canteen|Welcome TEST");
  await type("12.5");
  expect([shown(), row().typed, row().waiting]).toEqual(["TEST ￥12.50|Amount", "12.5", null]);
  await type("\r\n");
  expect([shown(), row()]).toMatchObject(["TEST ￥12.50|Show card or code", { typed: null, waiting: { amountFen: 1_250 } }]);
  await show("li");
  expect(shown()).toBe("TEST ￥12.50|Not allowed here");
  await rig.time.pass(6_000);
  expect(shown()).toBe("TEST ￥12.50|Show card or code");
  await show("zhang");
  expect([shown(), row().last]).toMatchObject(["TEST ￥12.50|Paid, thank you", { kind: "charged", amountFen: 1_250 }]);
  await rig.time.pass(11_000);
  expect(shown()).toBe("North canteen|Welcome TEST");
});

/** Accounts that really move money: everybody begins with so much. */
function accounts(beginFen: number): MoneyPort & { isUnreachable: boolean } {
  const kept = new MemoryMoney();
  return {
    isTest: false,
    get isUnreachable() {
      return kept.isUnreachable;
    },
    set isUnreachable(is) {
      kept.isUnreachable = is;
    },
    book: (posting) => kept.book(posting),
    hold: (hold) => kept.hold(hold),
    post: (hold, amountFen) => kept.post(hold, amountFen),
    void: (hold) => kept.void(hold),
    balance: async () => (kept.isUnreachable ? undefined : beginFen - kept.postings.reduce((sum, { amountFen }) => sum + amountFen, 0)),
  };
}

test("rule 2.13: the display says what is left behind a payment and to whoever shows a code while nothing is to be paid; off line it says that nobody knows, and no older number", async () => {
  const money = accounts(10_000);
  const { type, show, shown } = await till("en", money);
  await show("zhang", 1);
  expect(shown()).toBe("North canteen|Balance ￥100.00");
  await rig.time.pass(6_000);
  expect(shown()).toBe("North canteen|Welcome");
  await type("12.5+");
  await show("zhang", 2);
  await rig.time.pass(1_000);
  expect([shown(), row().receipt?.at(-1)]).toEqual(["￥12.50|Paid, left ￥87.50", "BALANCE ¥87.50"]);
  await rig.time.pass(11_000);
  expect(shown()).toBe("North canteen|Welcome");

  money.isUnreachable = true;
  await type("5+");
  await show("zhang", 3);
  expect(shown()).toBe("￥5.00|Paid, thank you");
  await rig.time.pass(7_000);
  expect([shown(), row().receipt?.at(-1)]).toEqual(["￥5.00|Paid; no balance now", "BALANCE not known now"]);
  await rig.time.pass(11_000);
  await show("zhang", 4);
  await rig.time.pass(7_000);
  expect(shown()).toBe("North canteen|No balance now");
});

test("rule 2.10: the same in Chinese; an amount over the terminal's limit stays typed until it is put right, and Clear takes back what waits", async () => {
  const { type, show, shown } = await till("zh");
  await type("60+");
  expect([shown(), row().waiting, row().typed]).toEqual(["测试 ￥60.00|超过单笔上限", null, "60"]);
  await type("\b\b25+");
  expect(row()).toMatchObject({ waiting: { amountFen: 2_500 } });
  await show("zhang");
  expect(shown()).toBe("测试 ￥25.00|超过单笔限额");
  await type("C");
  expect([shown(), row().last]).toMatchObject(["测试 ￥25.00|已取消", { kind: "cancelled" }]);
});

test("a keypad that is unplugged in the middle of an amount, or sends what is no key, leaves no half amount behind: the cashier reads it and types anew", async () => {
  const { type, shown } = await till();
  await type("12");
  rig.wire("keypad").cut();
  await rig.time.pass(100);
  expect(shown()).toBe("TEST|Clear and type again");
  rig.wire("keypad").mend();
  await type(".50+");
  expect([shown(), row().waiting]).toEqual(["TEST|Clear and type again", null]);
  await type("C3");
  await type("\xb1+");
  expect([shown(), row().waiting]).toEqual(["TEST|Clear and type again", null]);
  await type("C4+");
  expect(row()).toMatchObject({ waiting: { amountFen: 400 } });
});

test("an amount that waits outlives the keypad, and a payment the display: unplugged it hinders nothing, stands in the log, and shows what is now when it is back", async () => {
  const { type, show, shown, screen } = await till();
  await type("5+");
  rig.wire("keypad").cut();
  rig.wire("display").cut();
  await rig.time.pass(5_000);
  await show("zhang");
  expect(row().last).toMatchObject({ kind: "charged", amountFen: 500 });
  screen.reset();
  rig.wire("display").mend();
  await rig.time.pass(100);
  expect(shown()).toBe("TEST ￥5.00|Paid, thank you");
  expect(rig.ask("GET /v1/devices").filter(({ kind }) => kind === "keypad" || kind === "display")).toMatchObject([
    { id: "keypad", wire: "keypad", health: "offline" },
    { id: "display", wire: "display", health: "online", counts: { outages: 1 } },
  ]);
  await rig.stop();
  expect(rig.events().flatMap((event) => (event.name === "DeviceOffline" ? [event.fields.device] : []))).toEqual(["keypad", "display"]);
});
