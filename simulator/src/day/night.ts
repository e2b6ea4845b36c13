import type { Day } from "./day.ts";
import { type Lunch, MERCHANT } from "./lunch.ts";

/** The day's accounts: every fen that was sold stands in the ledger once, and somebody has paid it. @param printedFen  what li has paid for pages */
export async function closeTheDay(day: Day, lunch: Lunch, printedFen: number): Promise<void> {
  const { story } = day;
  await day.until("22:00");
  await day.pass(60_000);
  const sold = (await everyMovement(day)).filter(({ kind }) => kind === "fact");
  const sum = (of: typeof sold): number => of.reduce((total, { amountFen }) => total + amountFen, 0);
  const late = sold.filter((each) => each.late);
  story.check("what the ledger has of lunch, in fen", sum(sold), lunch.soldFen);
  story.check("meals in the ledger", sold.length, lunch.meals);
  story.tell(`the ledger has ${sold.length} meals for ¥${(sum(sold) / 100).toFixed(2)}: what the cashiers sold, to the fen`, "2.10");
  story.check("what was sold off line and came late, in fen", sum(late) <= lunch.offlineFen, true);
  story.tell(`${late.length} of them for ¥${(sum(late) / 100).toFixed(2)} came late and say so`, "2.17");
  const { items: reviews } = await day.ask("GET /v1/money-reviews", { query: {} });
  story.check("charges that somebody has to look at", reviews, []);
  const wallet = await day.ask("GET /v1/wallets/{id}", { params: { id: await day.person("li") } });
  story.check("li's balance: the lost card's meal is the campus's loss", wallet.balanceFen - wallet.debtFen, lunch.hadFen - printedFen);
  story.tell("li has not paid for the meal behind the lost card: it is the campus's loss", "4.1");
  const verdict = await day.ask("GET /v1/ledger/check", {});
  story.check("what does not add up", verdict.broken, []);
  story.tell(`${verdict.movements} movements in ${verdict.accounts} accounts add up: debits are credits, posted and pending`);
}

async function everyMovement(day: Day) {
  const all = [];
  for (let after: string | undefined; ;) {
    const page = await day.ask("GET /v1/tills/{id}/statement", { params: { id: MERCHANT }, query: { limit: 1000, ...(after === undefined ? {} : { after }) } });
    all.push(...page.items);
    if (page.next === null) return all;
    after = page.next;
  }
}
