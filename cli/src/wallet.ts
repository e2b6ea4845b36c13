import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, timeOrLimit } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { writeFacts, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";
import { reviewNoun } from "./wallet-review.ts";
import { handBackState } from "./wallet-hand-back.ts";
import { topupVerb, topupsNoun } from "./wallet-topup.ts";
import { fenMeant, idOption, movementIdOf, type LineTold, type PageOptions, statementOptions, textOption, tillMeant, tillOption, timesOf, WALLET_LINES, writeMovement, yuan } from "./wallet-text.ts"; // prettier-ignore

interface MoveOptions extends CloudVerbOptions {
  readonly at: string;
  readonly id?: string;
  readonly text: string;
  readonly reason?: string;
}

/** `portico wallet`: the money of people. */
export function walletNoun(surroundings: Surroundings): Command {
  return noun(
    "wallet",
    "the money of people: balance, statement, top-up, payment, refund",
    [
      ["portico wallet show zhang@example.edu", "balance, what is held, what is owed"],
      ["portico wallet topup zhang@example.edu 10000 --at cashDesk/office", "¥100.00 in cash"],
      ["portico wallet statement zhang@example.edu", "the newest first"],
    ],
    [
      showVerb(surroundings),
      statementVerb(surroundings),
      topupVerb(surroundings),
      topupsNoun(surroundings),
      chargeVerb(surroundings),
      refundVerb(surroundings),
      closeVerb(surroundings),
      reviewNoun(surroundings),
      exposureVerb(surroundings),
      checkVerb(surroundings),
    ],
  );
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <person>", "what somebody has, what is held of it, what they owe", [["portico wallet show zhang@example.edu", "by account, phone number or id"]]); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions, text = "") => {
    const { id } = await personMeant(calls, text);
    const told = await calls.ask(`wallet of ${text}`, "GET /v1/wallets/{id}", { params: { id } });
    const { state, balanceFen, heldFen, availableFen, debtFen, holds, handBacks } = told;
    writeFacts(
      surroundings.terminal,
      format,
      [
        ["person", id],
        ["state", state],
        ["balance", yuan(balanceFen)],
        ["held", yuan(heldFen)],
        ["available", yuan(availableFen)],
        ["owes", yuan(debtFen)],
        ...holds.map(
          ({ movement, till, amountFen, expiresAt }) => ["hold", `${movement}, ${yuan(amountFen)} for ${till}, until ${timeOrLimit(expiresAt)}`] as const,
        ),
        ...handBacks.map((back) => ["on its way back", `${yuan(back.amountFen)} by ${back.provider}, ${handBackState(back)}`] as const),
      ],
      told,
    );
  });
}

function statementVerb(surroundings: Surroundings): Command {
  const command = verb("statement <person>", "what somebody paid and was paid, the newest entry first", [
    ["portico wallet statement zhang@example.edu", "what came late is marked"],
    ["portico wallet statement zhang@example.edu --from 2026-09-01 --all --format jsonl", "for programs"],
  ]);
  return cloudVerb(surroundings, statementOptions(command), async (calls, options: CloudVerbOptions & PageOptions, text = "") => {
    const { id } = await personMeant(calls, text);
    const page = (after: string | undefined, limit: number) =>
      calls.ask(`wallet of ${text}`, "GET /v1/wallets/{id}/statement", { params: { id }, query: { limit, ...timesOf(options), ...(after === undefined ? {} : { after }) } }); // prettier-ignore
    const items: readonly LineTold[] = options.all ? await everyPage((after) => page(after, 1000)) : (await page(undefined, options.limit)).items;
    writeRows(surroundings.terminal, options.format, WALLET_LINES, items);
  });
}

function chargeVerb(surroundings: Surroundings): Command {
  const command = verb("charge <person> <fen>", "take a payment from a wallet; refused where the balance does not cover it", [["portico wallet charge zhang@example.edu 1250 --at north-canteen --text lunch", "¥12.50"]]).addOption(tillOption("who is paid: a merchant")).addOption(textOption()).addOption(idOption()).addOption(cloudReason(false)); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, { at: till, text, id: given, reason, format }: MoveOptions, who = "", fen = "") => {
    const amountFen = fenMeant(fen);
    const { id } = await personMeant(calls, who);
    const body = { id: movementIdOf(surroundings, given), amountFen, till: tillMeant(till), text };
    writeMovement(
      surroundings,
      format,
      await calls.ask(`wallet of ${who}, ${fen} fen`, "POST /v1/wallets/{id}/charges", { params: { id }, body }, reason === undefined ? {} : { reason }),
    );
  });
}

function refundVerb(surroundings: Surroundings): Command {
  const command = verb("refund <movement>", "take a payment back: what was owed for it first, then to the wallet", [
    ["portico wallet refund cli-0123456789abcdef01234567 --reason 'soup was cold'", "all that is left of it; the statement names movements"],
    ["portico wallet refund cli-0123456789abcdef01234567 --amount 300 --reason 'no drink'", "¥3.00 of it"],
  ])
    .addOption(new Option("--amount <fen>", "less than all of it"))
    .addOption(textOption())
    .addOption(idOption())
    .addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, options: Omit<MoveOptions, "at"> & { readonly amount?: string }, of = "") => {
    const { amount, text, reason, format } = options;
    const body = { id: movementIdOf(surroundings, options.id), amountFen: amount === undefined ? null : fenMeant(amount), text };
    writeMovement(surroundings, format, await calls.ask(`movement ${of}`, "POST /v1/movements/{id}/refund", { params: { id: of }, body }, { reason: reason! })); // prettier-ignore
  });
}

function closeVerb(surroundings: Surroundings): Command {
  const command = verb("close <person>", "close a wallet: debts first, the balance goes back to where it came from", [
    ["portico wallet close zhang@example.edu --at cashDesk/office --reason 'has left'", "the desk hands back what no till has taken in"],
  ])
    .addOption(tillOption("hands back what no till has taken in"))
    .addOption(textOption())
    .addOption(idOption())
    .addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, { at, text, id: given, reason, format }: MoveOptions, who = "") => {
    const { id } = await personMeant(calls, who);
    const body = { id: movementIdOf(surroundings, given), till: tillMeant(at), text };
    writeMovement(surroundings, format, await calls.ask(`wallet of ${who}`, "POST /v1/wallets/{id}/close", { params: { id }, body }, { reason: reason! }));
  });
}

function exposureVerb(surroundings: Surroundings): Command {
  const command = verb("exposure", "what could be paid at most at terminals that cannot ask the cloud", [["portico wallet exposure", "by audience"]]);
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions) => {
    const told = await calls.ask("exposure", "GET /v1/exposure", {});
    const of = (each: (typeof told.audiences)[number]): string =>
      `${each.people} people, ${yuan(each.totalFen)} at each of ${told.terminals} terminals: ${yuan(each.perHolderFen)} each, ${yuan(each.allFen)} all`;
    writeFacts(surroundings.terminal, format, [...told.audiences.map((each) => [each.audience, of(each)] as const), ["all", yuan(told.allFen)]], told);
  });
}

function checkVerb(surroundings: Surroundings): Command {
  const command = verb("check", "add up the whole ledger anew: every account is the sum of its transfers, debits are credits", [
    ["portico wallet check", "ends with code 1 where anything is not as it must be"],
  ]);
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions) => {
    const told = await calls.ask("ledger", "GET /v1/ledger/check", {});
    const { accounts, movements, broken } = told;
    writeFacts(surroundings.terminal, format, [["accounts", String(accounts)], ["movements", String(movements)], ["broken", broken.length === 0 ? "nothing" : broken.join("; ")]], told); // prettier-ignore
    if (broken.length > 0)
      throw new Failure(EXIT.refused, "the ledger does not add up", broken[0]!, "stop taking payments, keep the store as it is, and report this");
  });
}
