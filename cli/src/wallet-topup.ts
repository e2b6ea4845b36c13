import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, timeOrLimit } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { noun, verb, wholeNumber } from "./verb.ts";
import { payOutVerb, refundsVerb, retryVerb } from "./wallet-hand-back.ts";
import { fenMeant, idOption, movementIdOf, textOption, tillMeant, writeMovement, yuan } from "./wallet-text.ts";

type TopUp = RouteAnswer<"GET /v1/top-ups/{id}">;
const STATES = ["begun", "pending", "paid", "credited", "failed", "review", "returned"] as const satisfies readonly TopUp["state"][];

interface TopupOptions extends CloudVerbOptions {
  readonly at?: string;
  readonly provider?: string;
  readonly payer?: string;
  readonly id?: string;
  readonly text: string;
  readonly reason?: string;
}

export function topupVerb(surroundings: Surroundings): Command {
  const command = verb(
    "topup <person> <fen>",
    "credit a wallet with what a cash desk has taken in, or begin a top-up that a provider takes in; debts are paid first",
    [
      ["portico wallet topup zhang@example.edu 10000 --at cashDesk/office", "¥100.00; the balance behind it is shown"],
      ["portico wallet topup zhang@example.edu 10000 --provider sandbox", "credited when the provider says that it was paid"],
    ],
  )
    .addOption(new Option("--at <till>", "who has taken it in: cashDesk/<id>, or provider/<id> by hand"))
    .addOption(new Option("--provider <id>", "who takes it in now").conflicts("at"))
    .addOption(new Option("--payer <id>", "whoever pays, as the provider knows them").conflicts("at"))
    .addOption(textOption())
    .addOption(idOption())
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: TopupOptions, who = "", fen = "") => {
    const { at, provider, payer = null, text, reason, format } = options;
    if (at === undefined && provider === undefined)
      throw new Failure(EXIT.usage, "who takes it in is not said", "wallet topup", "name a cash desk with --at, or a provider with --provider");
    const amountFen = fenMeant(fen);
    const { id } = await personMeant(calls, who);
    const body = { id: movementIdOf(surroundings, options.id), amountFen, text };
    const [about, also] = [`wallet of ${who}, ${fen} fen`, reason === undefined ? {} : { reason }];
    if (provider !== undefined)
      writeTopUp(surroundings, format, await calls.ask(about, "POST /v1/wallets/{id}/provider-top-ups", { params: { id }, body: { ...body, provider, payer } }, also)); // prettier-ignore
    else writeMovement(surroundings, format, await calls.ask(about, "POST /v1/wallets/{id}/top-ups", { params: { id }, body: { ...body, till: tillMeant(at!) } }, also)); // prettier-ignore
  });
}

/** `portico wallet topups`: what providers take in. */
export function topupsNoun(surroundings: Surroundings): Command {
  return noun(
    "topups",
    "top-ups that providers take in",
    [
      ["portico wallet topups list --state review", "what was taken in and waits for somebody to decide"],
      ["portico wallet topups show phone-7-000123 --ask", "asks the provider now"],
    ],
    [listVerb(surroundings), showVerb(surroundings), decideVerb(surroundings), refundsVerb(surroundings), retryVerb(surroundings), payOutVerb(surroundings)],
  );
}

const COLUMNS: readonly Column<TopUp>[] = [
  { heading: "TOP-UP", cell: (row) => row.id },
  { heading: "BEGUN", cell: (row) => timeOrLimit(row.begunAt) },
  { heading: "AMOUNT", cell: (row) => yuan(row.amountFen) },
  { heading: "PROVIDER", cell: (row) => row.provider },
  { heading: "STATE", cell: (row) => (row.why === null ? row.state : `${row.state}: ${row.why}`) },
  { heading: "PAID", cell: (row) => (row.paidFen === null ? "" : yuan(row.paidFen)) },
  { heading: "PERSON", cell: (row) => row.person ?? "nobody any more" },
];

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "list them, the newest first", [["portico wallet topups list", "with what became of each"]])
    .addOption(new Option("--state <state>", "those alone").choices(STATES))
    .addOption(new Option("--person <person>", "of somebody: account, phone number or id"))
    .addOption(new Option("--limit <count>", "at most so many").default(50).argParser(wholeNumber(1, 1000)))
    .option("--all", "all of them");
  type Options = CloudVerbOptions & { readonly state?: TopUp["state"]; readonly person?: string; readonly limit: number; readonly all?: true };
  return cloudVerb(surroundings, command, async (calls, { state, person, limit, all, format }: Options) => {
    const of = person === undefined ? {} : { person: (await personMeant(calls, person)).id };
    const query = { ...of, ...(state === undefined ? {} : { state }) };
    const page = (after: string | undefined, count: number) => calls.ask("top-ups", "GET /v1/top-ups", { query: { ...query, limit: count, ...(after === undefined ? {} : { after }) } }); // prettier-ignore
    writeRows(surroundings.terminal, format, COLUMNS, all ? await everyPage((after) => page(after, 1000)) : (await page(undefined, limit)).items);
  });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <top-up>", "what became of one", [["portico wallet topups show phone-7-000123 --ask", "asks the provider now, and credits what it says was paid"]]).option("--ask", "ask the provider now"); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, { ask, format }: CloudVerbOptions & { readonly ask?: true }, id = "") => {
    const params = { id };
    const told = ask ? await calls.ask(`top-up ${id}`, "POST /v1/top-ups/{id}/look", { params }) : await calls.ask(`top-up ${id}`, "GET /v1/top-ups/{id}", { params }); // prettier-ignore
    writeTopUp(surroundings, format, told);
  });
}

function decideVerb(surroundings: Surroundings): Command {
  const command = verb("decide <top-up>", "say what is done with money that was taken in and could not be credited", [
    ["portico wallet topups decide phone-7-000123 --act credit --reason 'paid ¥49.99, agreed'", "what was paid is credited"],
    ["portico wallet topups decide phone-7-000123 --act return --reason 'wallet is closed'", "it goes back through the provider"],
  ])
    .addOption(new Option("--act <act>", "what is done").choices(["credit", "return"]).makeOptionMandatory())
    .addOption(cloudReason(true));
  return cloudVerb(
    surroundings,
    command,
    async (calls, { act, reason, format }: CloudVerbOptions & { readonly act: "credit" | "return"; readonly reason: string }, id = "") => {
      writeTopUp(surroundings, format, await calls.ask(`top-up ${id}`, "POST /v1/top-ups/{id}/decide", { params: { id }, body: { act } }, { reason }));
    },
  );
}

function writeTopUp({ terminal }: Surroundings, format: Format | undefined, topUp: TopUp): void {
  const { id, provider, amountFen, state, why, pay, paidFen, paidAt, endsAt, movement } = topUp;
  writeFacts(
    terminal,
    format,
    [
      ["top-up", id],
      ["amount", `${yuan(amountFen)} by ${provider}`],
      ["state", why === null ? state : `${state}: ${why}`],
      ...(pay === null ? [] : Object.entries(pay).map(([name, value]) => [`pay ${name}`, value] as const)),
      ...(state === "begun" || state === "pending" ? [["to be paid before", timeOrLimit(endsAt)] as const] : []),
      ...(paidFen === null ? [] : [["paid", `${yuan(paidFen)} at ${timeOrLimit(paidAt)}`] as const]),
      ...(movement === null ? [] : [["movement", movement] as const]),
    ],
    topUp,
  );
}
