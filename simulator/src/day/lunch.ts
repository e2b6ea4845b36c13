import type { ControllerReport } from "@portico/controller";
import { eaterId, TILLS } from "./day-campus.ts";
import type { Day } from "./day.ts";

export const MERCHANT = "merchant/north-canteen";
const CASH_DESK = "cashDesk/c1";
const TOP_UP_FEN = 10_000;
/** Asked of the API at once. */
const AT_ONCE = 100;
/** A dish: so much at least, and at most so much more. In steps of 10 fen. */
const DISH_FEN = { least: 600, span: 1_800, step: 10 } as const;
/** Every so many minutes a part of the queue is served. */
const WAVES = ["11:45", "11:50", "11:55", "12:00", "12:05", "12:10", "12:15", "12:20", "12:25", "12:30"] as const;
/** From this wave to before that one the canteen has no network. */
const CUT = { from: "12:00", until: "12:20" } as const;

/** With a network every charge of a wave stands in the ledger by then. */
const POSTED_WITHIN_MS = 8_000;

/** What the canteen has sold, as the cashiers remember it. */
export interface Lunch {
  readonly soldFen: number;
  readonly meals: number;
  /** Sold while there was no network. */
  readonly offlineFen: number;
  /** Sold to a card that had been reported lost. */
  readonly campusFen: number;
  /** What li had before. */
  readonly hadFen: number;
}

/** Tills are known to the ledger, and everybody has money. */
export async function fillWallets(day: Day, eaters: number): Promise<void> {
  const terminals = Array.from({ length: TILLS }, (_, nth) => `canteen-${nth + 1}`);
  await day.ask("PUT /v1/tills/{id}", { params: { id: MERCHANT }, body: { names: { zh: "北食堂", en: "North canteen" }, terminals } });
  await day.ask("PUT /v1/tills/{id}", { params: { id: CASH_DESK }, body: { names: { zh: "C1 服务台", en: "Cash desk C1" }, terminals: [] } });
  const people = ["zhang", "li", "wang", "wu", "chen", ...Array.from({ length: eaters }, (_, nth) => eaterId(nth))];
  for (let first = 0; first < people.length; first += AT_ONCE)
    await Promise.all(
      people.slice(first, first + AT_ONCE).map(async (person) => {
        const params = { id: await day.person(person) };
        await day.askNow("POST /v1/wallets/{id}/top-ups", { params, body: { id: `top-up.${person}`, amountFen: TOP_UP_FEN, till: CASH_DESK } });
      }),
    );
  day.story.tell(`the cash desk puts ¥${TOP_UP_FEN / 100} on each of ${people.length} cards`, "2.13");
}

/** An hour in which everybody eats, and the network is away for twenty minutes of it. */
export async function haveLunch(day: Day, eaters: number): Promise<Lunch> {
  const { story, campus } = day;
  const queue = [...Array.from({ length: eaters }, (_, nth) => eaterId(nth)), "zhang", "wang"];
  const perWave = Math.ceil(queue.length / WAVES.length);
  const line = campus.cloud.line("canteen-house");
  const { balanceFen: hadFen } = await day.ask("GET /v1/wallets/{id}", { params: { id: await day.person("li") } });
  const sold = { soldFen: 0, meals: 0, offlineFen: 0, campusFen: 0, hadFen };
  for (const [nth, at] of WAVES.entries()) {
    await day.until(at);
    if (at === CUT.from) {
      line.cut();
      story.tell("the canteen loses its network: the tills go on by the limits that the signed list gives each holder", "2.10");
    }
    if (at === CUT.until) {
      line.mend();
      story.tell("the network is back: what was sold meanwhile goes up, each charge with the event that proves it");
    }
    const wave = await serve(day, queue.slice(nth * perWave, (nth + 1) * perWave));
    await day.pass(POSTED_WITHIN_MS);
    sold.meals += wave.meals;
    sold.soldFen += wave.fen;
    const isOffline = at >= CUT.from && at < CUT.until;
    if (isOffline) sold.offlineFen += wave.fen;
    story.tell(`${wave.meals} meals, ¥${(wave.fen / 100).toFixed(2)}${isOffline ? ", off line" : ""}`);
    if (at === "12:05") sold.campusFen += await payWithLostCard(day);
  }
  sold.soldFen += sold.campusFen;
  sold.offlineFen += sold.campusFen;
  sold.meals += sold.campusFen === 0 ? 0 : 1;
  story.check("meals sold", sold.meals, queue.length + 1);
  story.tell(`lunch is over: ${sold.meals} meals for ¥${(sold.soldFen / 100).toFixed(2)}, ¥${(sold.offlineFen / 100).toFixed(2)} of it off line`, "2.10");
  return sold;
}

/** Eight at a time: the cashier types, the customer shows card or code. */
async function serve(day: Day, people: readonly string[]): Promise<{ readonly meals: number; readonly fen: number }> {
  let [meals, fen] = [0, 0];
  for (let first = 0; first < people.length; first += TILLS) {
    const now = people.slice(first, first + TILLS).map((person, nth) => ({ person, till: `canteen-${nth + 1}`, amountFen: dishFen(day) }));
    const granted = new Set<string>();
    const stop = day.campus.hands.onReport((report: ControllerReport) => {
      if (report.kind === "judged" && (report.reason ?? null) === null) granted.add(report.accessPoint);
    });
    for (const { till, amountFen } of now) await day.stations.enter(till, (amountFen / 100).toFixed(2));
    await day.pass(300);
    for (const { till, person } of now) await day.campus.hands.scan(`${till}-reader`, day.shown(person));
    await day.pass(500);
    stop();
    for (const { till, person, amountFen } of now) {
      if (!granted.has(`${till}-reader`)) day.story.check(`${person} at ${till}`, "refused", "granted");
      else [meals, fen] = [meals + 1, fen + amountFen];
    }
  }
  return { meals, fen };
}

function dishFen({ random }: Day): number {
  const { least, span, step } = DISH_FEN;
  return least + step * Math.floor((random() * span) / step);
}

/** li reports the card lost while the canteen hears nothing, and whoever has found it eats. */
async function payWithLostCard(day: Day): Promise<number> {
  const { items } = await day.ask("GET /v1/persons/{id}/credentials", { params: { id: await day.person("li") } });
  const card = items.find(({ kind }) => kind === "card")!.id;
  await day.ask("POST /v1/credentials/{id}/report-lost", { params: { id: card } });
  await day.pass(2_000);
  const amountFen = 1_500;
  await day.stations.enter("canteen-1", (amountFen / 100).toFixed(2));
  await day.pass(300);
  day.story.check("li's lost card at a till without network", await day.answer("canteen-1-reader", day.card("li")), "granted");
  day.story.tell("li's card is reported lost while the canteen hears nothing; whoever found it eats for ¥15.00", "4.1");
  return amountFen;
}
