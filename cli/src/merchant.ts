import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, type NameOptions, nameOptions, timeOrLimit, withReason } from "./cloud-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";
import { type MovementTold, type PageOptions, statementOptions, TILL_LINES, tillMeant, timesOf, yuan } from "./wallet-text.ts";

type Till = RouteAnswer<"GET /v1/tills/{id}">;
type ClosedDay = RouteAnswer<"GET /v1/tills/{id}/days">["items"][number];
const COLUMNS: readonly Column<Till>[] = [
  { heading: "TILL", cell: (row) => row.id },
  { heading: "NAME", cell: (row) => row.names.zh },
  { heading: "", cell: (row) => row.names.en },
  { heading: "BALANCE", cell: (row) => yuan(row.balanceFen) },
  { heading: "TERMINALS", cell: (row) => row.terminals.join(" ") },
  { heading: "CLOSED THROUGH", cell: (row) => row.closedThrough ?? "" },
  { heading: "ENDED", cell: (row) => (row.endedAt === null ? "" : timeOrLimit(row.endedAt)) },
];
const DAYS: readonly Column<ClosedDay>[] = [
  { heading: "DAY", cell: (row) => row.day },
  { heading: "MOVEMENTS", cell: (row) => String(row.movements) },
  { heading: "LATE", cell: (row) => String(row.lateMovements) },
  { heading: "IN", cell: (row) => yuan(row.creditsFen) },
  { heading: "OUT", cell: (row) => yuan(row.debitsFen) },
  { heading: "NET", cell: (row) => yuan(row.netFen) },
  { heading: "CLOSED", cell: (row) => `${timeOrLimit(row.closedAt)} by ${row.closedBy}` },
];
type Reasoned = CloudVerbOptions & { readonly reason?: string };

/** `portico merchant`: who is paid; cash desks and providers too. */
export function merchantNoun(surroundings: Surroundings): Command {
  return noun(
    "merchant",
    "merchants, cash desks and providers: who is paid and who takes in",
    [
      ["portico merchant put north-canteen --zh 北食堂 --en 'North canteen' --terminal canteen-1", "paid at a terminal"],
      ["portico merchant put cashDesk/office --zh 校园卡中心 --en 'Card office'", "takes cash"],
      ["portico merchant days north-canteen", "totals that never change"],
    ],
    [listVerb(surroundings), putVerb(surroundings), endVerb(surroundings), statementVerb(surroundings), daysVerb(surroundings), closeDayVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "list all, with what the campus owes each", [["portico merchant list", "below nothing: what it holds of the campus's"]]);
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions) =>
    writeRows(surroundings.terminal, format, COLUMNS, (await calls.ask("merchants", "GET /v1/tills", {})).items),
  );
}

function putVerb(surroundings: Surroundings): Command {
  const command = nameOptions(
    verb("put <till>", "make one, or change its names and terminals", [
      ["portico merchant put north-canteen --zh 北食堂 --en 'North canteen' --terminal canteen-1 canteen-2", "all its terminals: others are nobody's then"],
    ]),
  )
    .addOption(new Option("--terminal <ids...>", "terminals at which it is paid").default([], "none"))
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & NameOptions & { readonly terminal: string[] }, text = "") => {
    const body = { names: { zh: options.zh, en: options.en }, terminals: options.terminal };
    const made = await calls.ask(`till ${text}`, "PUT /v1/tills/{id}", { params: { id: tillMeant(text) }, body }, withReason(options));
    writeRows(surroundings.terminal, options.format, COLUMNS, [made]);
  });
}

function endVerb(surroundings: Surroundings): Command {
  const command = verb("end <till>", "let one take nothing new; what has happened there is booked all the same", [
    ["portico merchant end north-canteen --reason 'contract is over'", "put makes it new"],
  ]).addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly reason: string }, text = "") => {
    const ended = await calls.ask(`till ${text}`, "POST /v1/tills/{id}/end", { params: { id: tillMeant(text) } }, { reason: options.reason });
    writeRows(surroundings.terminal, options.format, COLUMNS, [ended]);
  });
}

function statementVerb(surroundings: Surroundings): Command {
  const command = verb("statement <till>", "everything that was booked there, the newest entry first", [
    ["portico merchant statement north-canteen", "what came late is marked, with the day on which it is booked"],
  ]);
  return cloudVerb(surroundings, statementOptions(command), async (calls, options: CloudVerbOptions & PageOptions, text = "") => {
    const page = (after: string | undefined, limit: number) =>
      calls.ask(`till ${text}`, "GET /v1/tills/{id}/statement", { params: { id: tillMeant(text) }, query: { limit, ...timesOf(options), ...(after === undefined ? {} : { after }) } }); // prettier-ignore
    const items: readonly MovementTold[] = options.all ? await everyPage((after) => page(after, 1000)) : (await page(undefined, options.limit)).items;
    writeRows(surroundings.terminal, options.format, TILL_LINES, items);
  });
}

function daysVerb(surroundings: Surroundings): Command {
  const command = verb("days <till>", "days that are closed, the newest first: their totals never change", [["portico merchant days north-canteen", "what came late stands on a later day"]]); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions, text = "") => {
    const params = { id: tillMeant(text) };
    const items = await everyPage((after) => calls.ask(`till ${text}`, "GET /v1/tills/{id}/days", { params, query: { limit: 1000, ...(after === undefined ? {} : { after }) } })); // prettier-ignore
    writeRows(surroundings.terminal, format, DAYS, items);
  });
}

function closeDayVerb(surroundings: Surroundings): Command {
  const command = verb("close-day <till> <day>", "close a day that is over before its time, and those before it", [
    ["portico merchant close-day north-canteen 2026-09-01", "else it is closed some hours behind midnight by itself"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, text = "", day = "") => {
    const params = { id: tillMeant(text), day };
    const closed = await calls.ask(`till ${text}, ${day}`, "POST /v1/tills/{id}/days/{day}/close", { params }, withReason(options));
    writeFacts(surroundings.terminal, options.format, DAYS.map((column) => [column.heading.toLowerCase(), column.cell(closed)] as const), closed); // prettier-ignore
  });
}
