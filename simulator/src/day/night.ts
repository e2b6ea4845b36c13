import type { Day } from "./day.ts";
import { type Lunch, MERCHANT } from "./lunch.ts";

/** The controller that drives the printer, and what its pages are sold by. */
const [PRINTERS, PRINTING] = ["print-house", "merchant/printing"];
/** What ends a hold for pages. */
const PRINT_ENDS: readonly string[] = ["PrintSettled", "PrintVoided", "PrintReviewed"];

/** The day's accounts: every fen that was sold stands in the ledger once, and somebody has paid it. @param printedFen  what li has paid for pages */
export async function closeTheDay(day: Day, lunch: Lunch, printedFen: number): Promise<void> {
  const { story } = day;
  await day.until("22:00");
  await day.pass(60_000);
  const sold = (await everyMovement(day, MERCHANT)).filter(({ kind }) => kind === "fact");
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
  await comparePrints(day);
  await countMails(day);
  const verdict = await day.ask("GET /v1/ledger/check", {});
  story.check("what does not add up", verdict.broken, []);
  story.tell(`${verdict.movements} movements in ${verdict.accounts} accounts add up: debits are credits, posted and pending`);
}

/** What the printers' controller says was printed, held and left to a person, each against what the ledger has of it. */
async function comparePrints(day: Day): Promise<void> {
  const { story } = day;
  const events = await day.campus.controllers.get(PRINTERS)!.events();
  const told = (name: string, fen: string) =>
    events.filter((event) => event.name === name).map(({ fields }) => ({ hold: String(fields["hold"]), fen: Number(fields[fen]) })); // prettier-ignore
  const movements = await everyMovement(day, PRINTING);
  const entered = movements.filter(({ kind }) => kind === "post").map(({ of, amountFen }) => ({ hold: of ?? "", fen: amountFen }));
  const settled = told("PrintSettled", "amountFen");
  story.check("what was printed, by hold and fen, in the ledger", holdTexts(entered), holdTexts(settled));
  const ended = new Set(events.filter(({ name }) => PRINT_ENDS.includes(name)).map(({ fields }) => fields["hold"]));
  const open = told("PrintReleased", "heldFen").filter(({ hold }) => !ended.has(hold));
  const { holds } = await day.ask("GET /v1/wallets/{id}", { params: { id: await day.person("li") } });
  story.check("what is still held of li's wallet, by hold and fen", holdTexts(holds.map(({ movement, amountFen }) => ({ hold: movement, fen: amountFen }))), holdTexts(open)); // prettier-ignore
  story.tell(`${settled.length} job printed and ${open.length} that jammed: each event of the printer has its movement or its hold, and none has two`, "2.9");
}

const holdTexts = (held: readonly { readonly hold: string; readonly fen: number }[]): string[] => held.map(({ hold, fen }) => `${hold} ${fen}`).sort();

/** Whoever reported something has been written to once at each dispatch and each completion, of either round, in both languages. */
async function countMails(day: Day): Promise<void> {
  const { story } = day;
  const { items } = await day.ask("GET /v1/outbox", { query: { limit: 1000 } });
  const chen = await day.person("chen");
  const mails = items.filter(({ person, channel }) => person === chen && channel === "mail");
  const kinds = mails.map(({ kind }) => kind.slice(kind.lastIndexOf(".") + 1)).sort();
  story.check("mails to chen, by kind", kinds, ["dispatched", "dispatched", "finished", "finished"]);
  story.check("mails to chen that are not in both languages", mails.filter(({ subject }) => !(subject.includes("工单") && subject.includes("Case"))).map(({ subject }) => subject), []); // prettier-ignore
  story.tell(`chen has been written to ${mails.length} times: at each dispatch and each completion of both rounds once`, "6.8");
}

async function everyMovement(day: Day, till: string) {
  const all = [];
  for (let after: string | undefined; ;) {
    const page = await day.ask("GET /v1/tills/{id}/statement", { params: { id: till }, query: { limit: 1000, ...(after === undefined ? {} : { after }) } });
    all.push(...page.items);
    if (page.next === null) return all;
    after = page.next;
  }
}
