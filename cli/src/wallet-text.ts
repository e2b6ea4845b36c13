import { bytesToHex } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { instantOption, timeOrLimit } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts } from "./table.ts";
import { wholeNumber } from "./verb.ts";

/** A movement of money as the cloud tells it. */
export type MovementTold = RouteAnswer<"GET /v1/movements/{id}">;

/** `¥12.50`, `-¥3.00`. */
export const yuan = (fen: number): string => `${fen < 0 ? "-" : ""}¥${(Math.abs(fen) / 100).toFixed(2)}`;

/** One of a statement, with what has become of what goes back through a provider. */
export type LineTold = RouteAnswer<"GET /v1/wallets/{id}/statement">["items"][number];

function backText({ kind, amountFen, handedBack }: LineTold): string {
  // Neither moves the wallet: what they are about stands beside them.
  if (kind === "keep" || kind === "payOut") return ` ${yuan(amountFen)}`;
  if (handedBack === null) return "";
  const { underWayFen, refusedFen } = handedBack;
  const parts = [underWayFen > 0 ? `${yuan(underWayFen)} on its way` : "", refusedFen > 0 ? `${yuan(refusedFen)} refused by the provider` : ""];
  const open = parts.filter((part) => part !== "");
  return open.length === 0 ? ", done" : `, ${open.join(", ")}`;
}

/** A statement: what is written on it of somebody's wallet. */
export const WALLET_LINES: readonly Column<LineTold>[] = [
  { heading: "HAPPENED", cell: (row) => `${timeOrLimit(row.happenedAt)}${row.late ? " late" : ""}` },
  { heading: "WHAT", cell: (row) => `${row.kind}${backText(row)}` },
  { heading: "AMOUNT", cell: (row) => yuan(row.netFen ?? 0) },
  { heading: "BALANCE", cell: (row) => yuan((row.balanceFen ?? 0) - (row.debtFen ?? 0)) },
  { heading: "AT", cell: (row) => row.till ?? "" },
  { heading: "TEXT", cell: (row) => row.text },
  { heading: "MOVEMENT", cell: (row) => row.id },
];
/** The same of a merchant, a desk or a provider. */
export const TILL_LINES: readonly Column<MovementTold>[] = [
  { heading: "HAPPENED", cell: (row) => `${timeOrLimit(row.happenedAt)}${row.late ? " late" : ""}` },
  { heading: "BOOKED ON", cell: (row) => row.day },
  { heading: "WHAT", cell: (row) => row.kind },
  { heading: "AMOUNT", cell: (row) => yuan(row.amountFen) },
  { heading: "TERMINAL", cell: (row) => row.origin ?? "" },
  { heading: "TEXT", cell: (row) => row.text },
  { heading: "MOVEMENT", cell: (row) => row.id },
];

/** One movement, a fact a line. */
export function writeMovement({ terminal }: Surroundings, format: Format | undefined, movement: MovementTold): void {
  const { id, kind, amountFen, balanceFen, debtFen, till, of, happenedAt, late, day } = movement;
  writeFacts(
    terminal,
    format,
    [
      ["movement", id],
      ["what", `${kind}, ${yuan(amountFen)}${till === null ? "" : ` at ${till}`}`],
      ...(of === null ? [] : [["of", of] as const]),
      ["happened", `${timeOrLimit(happenedAt)}${late ? ", told later" : ""}; booked on ${day}`],
      ...(balanceFen === null ? [] : [["balance behind it", `${yuan(balanceFen)}${(debtFen ?? 0) > 0 ? `, owes ${yuan(debtFen ?? 0)}` : ""}`] as const]),
    ],
    movement,
  );
}

/** `--id`: of a movement, so that it may be asked for again. */
export const idOption = (): Option => new Option("--id <id>", "8 to 64 characters: asked again with it, it is done once (default: one by chance)");
export const movementIdOf = ({ randomBytes }: Pick<Surroundings, "randomBytes">, given: string | undefined): string =>
  given ?? `cli-${bytesToHex(randomBytes(12))}`;
export const textOption = (): Option => new Option("--text <text>", "what for, as people read it").default("", "none");
export const tillOption = (what: string): Option => new Option("--at <till>", what).makeOptionMandatory();

/** A till as it is typed: `north-canteen` is a merchant, others are named whole. */
export const tillMeant = (text: string): string => (text.includes("/") ? text : `merchant/${text}`);

/** Fen as they are typed: the cloud says what an amount is not. */
export function fenMeant(text: string): number {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  throw new Failure(EXIT.usage, "an amount in fen is wanted", text, "1250 is ¥12.50");
}

export interface PageOptions {
  readonly all?: true;
  readonly limit: number;
  readonly from?: string;
  readonly until?: string;
}
/** `--all`, `--limit`, `--from`, `--until`. */
export const statementOptions = (command: Command): Command =>
  command
    .option("--all", "all of it, not the newest --limit")
    .addOption(new Option("--limit <count>", "at most so many").default(50).argParser(wholeNumber(1, 1000)))
    .addOption(new Option("--from <time>", "happened from then on").argParser(instantOption))
    .addOption(new Option("--until <time>", "happened before then").argParser(instantOption));
export const timesOf = ({ from, until }: PageOptions): { readonly from?: string; readonly until?: string } => ({
  ...(from === undefined ? {} : { from }),
  ...(until === undefined ? {} : { until }),
});
