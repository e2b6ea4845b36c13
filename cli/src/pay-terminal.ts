import type { ChargeRow, TerminalRow, TerminalTotals } from "@portico/controller";
import { type Command, InvalidArgumentError, Option } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { timeText } from "./time-text.ts";
import { byOption, formatOption, noun, reasonOption, verb, wholeNumber } from "./verb.ts";

/** The largest amount that any terminal takes, fen. */
const FEN_MAX = 10_000_000;

const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`;
const lastText = ({ last }: TerminalRow): string => {
  if (last === null) return "";
  if (last.kind === "charged") return `charged ${yuan(last.amountFen)}, charge ${last.charge}`;
  return last.kind === "refused" ? `refused ${yuan(last.amountFen)}: ${last.reason}, ${last.detail}` : `${yuan(last.amountFen)} ${last.kind}`;
};
const COLUMNS: readonly Column<TerminalRow>[] = [
  { heading: "TERMINAL", cell: (row) => row.id },
  { heading: "MERCHANT", cell: (row) => row.merchant },
  { heading: "WAITS FOR", cell: (row) => (row.waiting === null ? "" : `${yuan(row.waiting.amountFen)}, ${row.waiting.leftS} s`) },
  { heading: "TYPED", cell: (row) => row.typed ?? "" },
  { heading: "LAST", cell: lastText },
  { heading: "DISPLAY", cell: (row) => row.display?.join(" | ") ?? "" },
  { heading: "NOT ACKNOWLEDGED", cell: (row) => `${yuan(row.exposure.fen)} of ${yuan(row.ceilingFen)}, ${row.exposure.count}` },
  { heading: "MONEY", cell: (row) => row.trouble ?? (row.isTest ? "TEST" : "ok") },
];
const CHARGE_COLUMNS = (zone: string | undefined): readonly Column<ChargeRow>[] => [
  { heading: "NUMBER", cell: (row) => `${row.seq}` },
  { heading: "TIME", cell: (row) => timeText(row.at, zone) },
  { heading: "AMOUNT", cell: (row) => (row.refundOf === null ? yuan(row.amountFen) : `-${yuan(row.amountFen)}`) },
  { heading: "CREDENTIAL", cell: (row) => row.credential },
  { heading: "OF", cell: (row) => (row.refundOf === null ? "" : `charge ${row.refundOf}`) },
  { heading: "STATE", cell: (row) => row.state },
];

/** `portico terminal`: payment terminals. */
export function terminalNoun(surroundings: Surroundings): Command {
  return noun(
    "terminal",
    "payment terminals: ask for an amount, take a charge back, the totals of a day",
    [
      ["portico terminal charge canteen-1 1250 --wait", "¥12.50, until somebody has paid or was refused"],
      ["portico terminal totals canteen-1", "today so far"],
    ],
    [listVerb(surroundings), showVerb(surroundings), chargeVerb(surroundings), cancelVerb(surroundings), refundVerb(surroundings), totalsVerb(surroundings)],
  );
}

type Plain = ControllerOptions & { readonly format?: Format };
type OfDay = Plain & { readonly day?: string };

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every terminal: what waits, what became of the last amount, what nobody has acknowledged", [
    ["portico terminal list", "every terminal of the controller"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: Plain) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, COLUMNS, await client.ask("GET /v1/terminals", {}));
  });
}

const dayOption = (): Option => new Option("--day <date>", "a day of the campus (default: today)");
const dayQuery = ({ day }: OfDay): { readonly day?: string } => (day === undefined ? {} : { day });

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <terminal>", "show the charges and refunds of a day, and how far each is on its way", [
    ["portico terminal show canteen-1", "today so far"],
    ["portico terminal show canteen-1 --day 2027-01-11 --format jsonl", "with the lines of each receipt"],
  ])
    .addOption(dayOption())
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: OfDay) => {
    const client = await clientFor(surroundings, options);
    const rows = await client.ask("GET /v1/terminals/:id/charges", { params: { id }, query: dayQuery(options) });
    writeRows(surroundings.terminal, options.format, CHARGE_COLUMNS(client.zone), rows);
  });
}

function chargeVerb(surroundings: Surroundings): Command {
  const command = verb("charge <terminal> <fen>", "ask for an amount; whoever shows a card or code at the terminal's reader next pays it", [
    ["portico terminal charge canteen-1 1250", "¥12.50; an amount that waits already gives way"],
    ["portico terminal charge canteen-1 1250 --wait", "prints the receipt, or why nothing was charged"],
  ])
    .option("--wait", "until somebody has paid, was refused, or the time is over")
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, fen: string, options: Plain & { readonly wait?: true }) => {
    const client = await clientFor(surroundings, options);
    const body = { amountFen: fenOf(fen), wait: options.wait === true };
    const row = await client.ask("POST /v1/terminals/:id/charge", { params: { id }, body });
    tellAnswer(surroundings, options, row);
  });
}

function tellAnswer({ terminal }: Surroundings, { format, wait }: Plain & { readonly wait?: true }, row: TerminalRow): void {
  if (chosenFormat(terminal, format) === "jsonl") terminal.out(`${JSON.stringify(row)}\n`);
  else if (row.receipt !== null) for (const line of row.receipt) terminal.out(`${line}\n`);
  else if (wait !== true) terminal.out(`${row.id} asks for ${yuan(row.waiting?.amountFen ?? 0)} at ${row.accessPoint}\n`);
  if (wait !== true || row.last?.kind === "charged") return;
  const next = row.waiting === null ? "enter the amount again" : "another card may be shown; portico terminal cancel ends it";
  throw new Failure(EXIT.refused, "nothing was charged", `terminal ${row.id}: ${lastText(row)}`, next);
}

function cancelVerb(surroundings: Surroundings): Command {
  const command = verb("cancel <terminal>", "ask for nothing any more", [["portico terminal cancel canteen-1", "nothing was charged"]]).addOption(
    formatOption(),
  );
  return controllerOptions(command).action(async (id: string, options: Plain) => {
    const client = await clientFor(surroundings, options);
    const row = await client.ask("POST /v1/terminals/:id/charge", { params: { id }, body: { amountFen: null, wait: false } });
    const { terminal } = surroundings;
    if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify(row)}\n`);
    else terminal.out(`${id} asks for nothing\n`);
  });
}

interface RefundOptions extends Plain {
  readonly amount?: number | null;
  readonly by: string;
  readonly reason: string;
}

function refundVerb(surroundings: Surroundings): Command {
  const command = verb("refund <terminal> <charge>", "take a charge back: once, and at most what was charged; a reason is demanded", [
    ["portico terminal refund canteen-1 1042 --reason 'soup was cold'", "all of charge 1042; portico terminal show names the numbers"],
    ["portico terminal refund canteen-1 1042 --amount 300 --reason 'no drink'", "¥3.00 of it"],
  ])
    .addOption(new Option("--amount <fen>", "less than all of it").argParser(wholeNumber(1, FEN_MAX)))
    .addOption(reasonOption())
    .addOption(byOption(surroundings.user))
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, charge: string, { by, reason, amount = null, ...options }: RefundOptions) => {
    if (reason === "") throw new Failure(EXIT.usage, "a refund needs a reason", `charge ${charge}`, "say why: --reason 'soup was cold'");
    const client = await clientFor(surroundings, options);
    const body = { by, reason, charge: wholeNumber(1, 0xffff_ffff)(charge), amountFen: amount };
    const row = await client.ask("POST /v1/terminals/:id/refund", { params: { id }, body });
    const { terminal } = surroundings;
    if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify(row)}\n`);
    else for (const line of row.receipt) terminal.out(`${line}\n`);
  });
}

function totalsVerb(surroundings: Surroundings): Command {
  const command = verb("totals <terminal>", "show what a terminal took in on one day of the campus", [
    ["portico terminal totals canteen-1", "today so far"],
    ["portico terminal totals canteen-1 --day 2027-01-11", "a day that is over"],
  ])
    .addOption(dayOption())
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: OfDay) => {
    const client = await clientFor(surroundings, options);
    const totals = await client.ask("GET /v1/terminals/:id/totals", { params: { id }, query: dayQuery(options) });
    writeFacts(surroundings.terminal, options.format, totalsText(totals), totals);
  });
}

const totalsText = (totals: TerminalTotals): readonly (readonly [string, string])[] => [
  ["terminal", `${totals.terminal}${totals.isTest ? ", TEST: no money moves" : ""}`],
  ["day", totals.day],
  ["charges", `${totals.charges}, ${yuan(totals.chargedFen)}`],
  ["refunds", `${totals.refunds}, ${yuan(totals.refundedFen)}`],
  ["net", `${totals.netFen < 0 ? "-" : ""}${yuan(Math.abs(totals.netFen))}`],
  ["not acknowledged", `${totals.waiting}`],
  ["to look at", `${totals.review}`],
];

/** The controller says what an amount is; here it only has to be a number. */
function fenOf(text: string): number {
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("An amount in fen is wanted, e.g. 1250 for ¥12.50.");
  return Number(text);
}
