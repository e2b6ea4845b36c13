import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  await cloud.json("person", "add", "--name", "张三", "--account", "zhang@example.edu", "--audience", "student");
  await cloud.json("merchant", "put", "north-canteen", "--zh", "北食堂", "--en", "North canteen", "--terminal", "canteen-1", "canteen-2");
  await cloud.json("merchant", "put", "cashDesk/office", "--zh", "校园卡中心", "--en", "Card office");
});
afterEach(() => cloud.end());
const ZHANG = "zhang@example.edu";

test("a wallet is topped up, charged, told on a statement, refunded and closed from the command line", async () => {
  expect(await cloud.json("wallet", "topup", ZHANG, "10000", "--at", "cashDesk/office")).toMatchObject([{ kind: "topUp", balanceFen: 10_000, id: expect.stringMatching(/^cli-[0-9a-f]{24}$/) }]); // prettier-ignore
  const [paid] = await cloud.json("wallet", "charge", ZHANG, "1250", "--at", "north-canteen", "--text", "lunch", "--id", "lunch-0001");
  expect(paid).toMatchObject({ till: "merchant/north-canteen", netFen: -1_250, text: "lunch" });
  await cloud.json("wallet", "charge", ZHANG, "1250", "--at", "north-canteen", "--text", "lunch", "--id", "lunch-0001");
  const shown = await cloud.run(["wallet", "show", ZHANG], { isTty: true });
  expect(shown.out).toMatch(/^balance +¥87\.50$/m);
  const statement = await cloud.run(["wallet", "statement", ZHANG], { isTty: true });
  expect(statement.out.split("\n").slice(1, 3)).toEqual([expect.stringMatching(/charge +-¥12\.50 +¥87\.50 +merchant\/north-canteen +lunch +lunch-0001$/), expect.stringMatching(/topUp +¥100\.00/)]); // prettier-ignore
  expect(await cloud.json("wallet", "refund", "lunch-0001", "--amount", "250", "--reason", "no drink")).toMatchObject([{ balanceFen: 9_000 }]);
  expect(await cloud.json("merchant", "list")).toMatchObject([
    { id: "cashDesk/office", balanceFen: -10_000 },
    { id: "merchant/north-canteen", balanceFen: 1_000, terminals: ["canteen-1", "canteen-2"] },
    { id: "merchant/printing" },
    { id: "merchant/unassigned" },
  ]);
  expect(await cloud.json("wallet", "close", ZHANG, "--at", "cashDesk/office", "--reason", "has left")).toMatchObject([{ kind: "close", amountFen: 9_000 }]);
  expect(await cloud.json("wallet", "check")).toMatchObject([{ broken: [] }]);
});

test("what is refused is told in three lines with its name, and ends with code 1; an amount that is no number with code 2", async () => {
  const { exitCode, err } = await cloud.run(["wallet", "charge", ZHANG, "1250", "--at", "north-canteen"]);
  expect([exitCode, err]).toEqual([1, expect.stringMatching(/InsufficientFunds[^]*1250 fen[^]*Top up/)]);
  expect(await cloud.run(["wallet", "charge", ZHANG, "12.5", "--at", "north-canteen"])).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("AmountNotWhole"),
  });
  expect(await cloud.run(["wallet", "charge", ZHANG, "soup", "--at", "north-canteen"])).toMatchObject({ exitCode: 2 });
  expect(await cloud.run(["merchant", "put", "shop", "--zh", "店", "--en", "Shop", "--terminal", "canteen-1"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("TerminalTaken") }); // prettier-ignore
});

test("days of a merchant are closed, and told", async () => {
  await cloud.json("wallet", "topup", ZHANG, "10000", "--at", "cashDesk/office");
  await cloud.json("wallet", "charge", ZHANG, "1250", "--at", "north-canteen");
  cloud.pass(86_400);
  expect(await cloud.json("merchant", "close-day", "north-canteen", "2026-09-01")).toMatchObject([{ creditsFen: 1_250, movements: 1 }]);
  const { out } = await cloud.run(["merchant", "days", "north-canteen"], { isTty: true });
  expect(out).toMatch(/2026-09-01 +1 +0 +¥12\.50 +¥0\.00 +¥12\.50/);
  expect(await cloud.json("merchant", "statement", "north-canteen")).toMatchObject([{ day: "2026-09-01", amountFen: 1_250 }]);
  expect(await cloud.json("wallet", "exposure")).toMatchObject([{ terminals: 0, audiences: [{ audience: "staff", people: 0 }, { audience: "student", people: 1 }] }]); // prettier-ignore
  expect(await cloud.json("wallet", "review", "list")).toEqual([]);
});

test("a provider takes a top-up in, from the command line: begun, asked for, credited; paid wrongly, it waits for somebody to decide", async () => {
  await cloud.json("merchant", "put", "provider/sandbox", "--zh", "沙盒", "--en", "Sandbox");
  const begin = (id: string) => cloud.json("wallet", "topup", ZHANG, "5000", "--provider", "sandbox", "--id", id);
  const [begun] = (await begin("phone-0001")) as { pay: { ref: string } }[];
  expect(await begin("phone-0001")).toEqual([begun]);
  expect((await cloud.run(["wallet", "topups", "show", "phone-0001"], { isTty: true })).out).toMatch(/^state +pending$/m);
  const { headers, body } = cloud.provider.settle(begun!.pay.ref, "paid")!;
  const notice = new Request("http://127.0.0.1:1/provider-notices/sandbox", { method: "POST", headers, body });
  expect((await cloud.front.fetch(notice)).status).toBe(204);
  expect(await cloud.json("wallet", "topups", "list", "--person", ZHANG)).toMatchObject([{ id: "phone-0001", state: "credited", movement: "phone-0001:paid" }]);
  const [second] = (await begin("phone-0002")) as { pay: { ref: string } }[];
  cloud.provider.settle(second!.pay.ref, "paid-less");
  expect(await cloud.json("wallet", "topups", "show", "phone-0002", "--ask")).toMatchObject([{ state: "review", why: "AmountDiffers", paidFen: 4_999 }]);
  expect(await cloud.json("wallet", "topups", "decide", "phone-0002", "--act", "return", "--reason", "a fen is missing")).toMatchObject([
    { state: "returned" },
  ]);
  expect(await cloud.json("wallet", "topups", "refunds")).toMatchObject([{ topUp: "phone-0002", amountFen: 4_999, state: "done" }]);
  expect(await cloud.json("wallet", "show", ZHANG)).toMatchObject([{ balanceFen: 5_000 }]);
  expect(await cloud.run(["wallet", "topup", ZHANG, "5000"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("name a cash desk with --at") });
  const unknown = await cloud.run(["wallet", "topup", ZHANG, "5000", "--provider", "wechat"]);
  expect(unknown).toMatchObject({ exitCode: 1, err: expect.stringContaining("ProviderUnknown, rule 2.13") });
});
