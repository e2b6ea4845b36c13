import { bytesToHex } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import type { CloudCalls } from "./cloud-client.ts";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, instantOption, tellChange, timeOrLimit, withReason } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { durationOption, verb } from "./verb.ts";

type LentCardTold = RouteAnswer<"GET /v1/lent-cards">["items"][number];
type State = LentCardTold["state"];

/** As the cloud has them; nothing of it is loaded before a verb runs. */
export const LOAN_STATE_WORDS = ["out", "overdue", "returned"] as const satisfies readonly State[];
/** A working day. */
const LOAN_S = 8 * 3_600;

const LOAN_COLUMNS: readonly Column<LentCardTold>[] = [
  { heading: "CREDENTIAL", cell: ({ credential }) => credential },
  { heading: "PERSON", cell: ({ person }) => person },
  { heading: "DESK", cell: ({ desk }) => desk },
  { heading: "STATE", cell: ({ state }) => state },
  { heading: "LENT", cell: ({ lentAt }) => timeOrLimit(lentAt) },
  { heading: "DUE", cell: ({ dueAt }) => timeOrLimit(dueAt) },
  { heading: "BACK", cell: ({ returnedAt }) => (returnedAt === null ? "" : timeOrLimit(returnedAt)) },
];

interface LendOptions extends CloudVerbOptions {
  readonly number: string;
  readonly as: string;
  readonly desk: string;
  readonly for?: number;
  readonly until?: string;
  readonly reason?: string;
}

/** `card lend`. */
export function lendVerb(surroundings: Surroundings): Command {
  const command = verb("lend <person>", "lend somebody a card for at most 24 hours: it ends by itself, and the person's own card stays as it is", [
    ["portico card lend zhang@example.edu --number - --desk 'C1 front desk'", "then hold the card before the desk's reader, which types its number, and end with Ctrl-D"],
    ["portico card lend zhang@example.edu --number 0077705923 --as decimal-10 --desk 'C1 front desk' --for 2h", "the number that is printed on it"],
    ["portico card lend zhang@example.edu --number 04a1b2c3 --desk 'C1 front desk' --until '2026-09-01 18:00'", "until the desk closes"],
  ]) // prettier-ignore
    .addOption(new Option("--number <number>", "of the card; - reads it from standard input, where no list of programs shows it").makeOptionMandatory())
    .addOption(new Option("--as <format>", "how that number is written, as portico card import has it: uid-hex, decimal-10, wiegand-26 and so on").default("uid-hex"))
    .addOption(new Option("--desk <name>", "where it is lent, and comes back to").makeOptionMandatory())
    .addOption(new Option("--for <time>", "how long, such as 90m or 8h (default: 8h)").argParser(durationOption))
    .addOption(new Option("--until <time>", "or until when").argParser(instantOption).conflicts("for"))
    .addOption(cloudReason(false)); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, options: LendOptions, text = "") => {
    const { id } = await personMeant(calls, text);
    const number = await cardNumber(surroundings, options);
    const dueAt = options.until ?? new Date((surroundings.now() + (options.for ?? LOAN_S)) * 1000).toISOString().replace(".000Z", "Z");
    const parts = { params: { id }, body: { number, desk: options.desk, dueAt } };
    const { value, ...made } = await calls.ask(`card for person ${id}`, "POST /v1/persons/{id}/lent-cards", parts, withReason(options));
    writeFacts(surroundings.terminal, options.format, loanFacts(value), { ...value, ...made });
    await tellChange(surroundings, calls, made);
  });
}

/** The canonical bytes of a card, in hex. @throws Failure 2 without a digit of what was typed */
async function cardNumber({ input }: Surroundings, { number, as }: LendOptions): Promise<string> {
  const { CARD_INTERPRETATIONS, interpretationName, interpretationNamed, readExportedNumber } = await import("@portico/cloud-sync");
  const format = interpretationNamed(as);
  if (format === undefined) throw new Failure(EXIT.usage, "there is no such way of writing numbers", `--as ${as}`, `choose of ${CARD_INTERPRETATIONS.map(interpretationName).join(", ")}`); // prettier-ignore
  const read = readExportedNumber((number === "-" ? await input() : number).trim(), format);
  if (!read.ok) throw new Failure(EXIT.usage, `the number cannot be read: ${read.detail}`, number === "-" ? "standard input" : "--number", `hold the card before the reader again, or say with --as how it writes (${as} is assumed)`); // prettier-ignore
  return bytesToHex(read.value);
}

interface ReturnOptions extends CloudVerbOptions {
  readonly person?: string;
  readonly reason?: string;
}

/** `card take-back`. */
export function takeBackVerb(surroundings: Surroundings): Command {
  const command = verb("take-back [credential]", "a lent card is back: it ends at once, and can be lent to the next", [
    ["portico card take-back --person zhang@example.edu", "the one that zhang has"],
    ["portico card take-back 5c2f90b6a1d3e847", "as portico card loans names it; again changes nothing"],
  ])
    .option("--person <person>", "who has it: account, phone number or id")
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: ReturnOptions, credential?: string) => {
    const id = await loanMeant(calls, credential, options.person);
    const { value, ...made } = await calls.ask(`lent card ${id}`, "POST /v1/lent-cards/{id}/return", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, loanFacts(value), { ...value, ...made });
    await tellChange(surroundings, calls, made);
  });
}

/** By the loan's own id, or as the one that a person has. */
async function loanMeant(calls: CloudCalls, credential: string | undefined, text: string | undefined): Promise<string> {
  if (text === undefined) {
    if (credential !== undefined) return credential.toLowerCase();
    throw new Failure(EXIT.usage, "which lent card?", "neither a credential nor --person", "name who has it with --person, or its id as portico card loans shows it"); // prettier-ignore
  }
  if (credential !== undefined) throw new Failure(EXIT.usage, "which lent card?", "a credential and --person", "name one of the two");
  const { id } = await personMeant(calls, text);
  const open = (await loansOf(calls, { person: id })).find(({ state }) => state !== "returned");
  if (open === undefined) throw new Failure(EXIT.refused, "no lent card is out", `person ${text}`, `portico card loans --person ${text}`);
  return open.credential;
}

/** `card loans`. */
export function loansVerb(surroundings: Surroundings): Command {
  const command = verb("loans", "show lent cards: out, overdue or returned", [
    ["portico card loans", "all that ever were, for as long as they are kept"],
    ["portico card loans --state overdue", "no door takes these any more, and the desk has not got them back"],
    ["portico card loans --person zhang@example.edu", "of one person"],
  ])
    .addOption(new Option("--state <state>", "only of this state").choices(LOAN_STATE_WORDS))
    .option("--person <person>", "only of this person: account, phone number or id");
  return cloudVerb(surroundings, command, async (calls, { state, person, format }: CloudVerbOptions & { readonly state?: State; readonly person?: string }) => {
    const of = person === undefined ? {} : { person: (await personMeant(calls, person)).id };
    writeRows(surroundings.terminal, format, LOAN_COLUMNS, await loansOf(calls, { ...of, ...(state === undefined ? {} : { state }) }));
  });
}

const loansOf = (calls: CloudCalls, which: { readonly state?: State; readonly person?: string }): Promise<LentCardTold[]> =>
  everyPage((after) => calls.ask("lent cards", "GET /v1/lent-cards", { query: { ...which, limit: 1000, ...(after === undefined ? {} : { after }) } }));

const loanFacts = ({ credential, person, desk, state, lentAt, dueAt, returnedAt }: LentCardTold): readonly (readonly [string, string])[] => [
  ["credential", credential],
  ["person", person],
  ["desk", desk],
  ["state", state],
  ["lent", timeOrLimit(lentAt)],
  ["due", timeOrLimit(dueAt)],
  ...(returnedAt === null ? [] : [["back", timeOrLimit(returnedAt)] as const]),
];
