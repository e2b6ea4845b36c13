import type { Day } from "./day.ts";

const PRINTER = "printer-1";
const READER = "printer-1-reader";

/** Three pages, a side each at 10 fen. */
const PAID_FEN = 30;

/** Three pages are printed and paid, then the paper jams. @returns what li has paid, in fen */
export async function printPages(day: Day): Promise<number> {
  const { story, campus } = day;
  await day.until("18:00");
  const before = await day.stations.tray(PRINTER);
  await day.stations.print(PRINTER, "li", 3);
  story.check("li at the printer", await day.answer(READER, day.code("li")), "granted");
  await day.pass(15_000);
  story.check("sides in the tray", (await day.stations.tray(PRINTER)) - before, 3);
  story.tell("li's three pages are released at the printer and come out; what lay in the tray is what is paid", "2.9");
  campus.printers.get(PRINTER)!.jamAt(2);
  await day.stations.print(PRINTER, "li", 4);
  await day.pass(4_000);
  story.check("li at the printer again", await day.answer(READER, day.code("li")), "granted");
  await day.pass(60_000);
  story.tell("the next job jams behind the first side: its money stays held until a person has looked", "2.9");
  const { items } = await day.ask("GET /v1/cases", { query: { type: "device-fault", category: "打印机", open: "yes" } });
  story.check("whether the jam has opened a case", items.length > 0, true);
  story.tell(`the printer has opened case ${items.map(({ id }) => id).join(" and ")} by itself`, "6.11");
  return PAID_FEN;
}
