import { err, ok, type Result } from "@portico/card-protocol";
import type { Answer, Unanswered } from "../sync/cloud-answer.ts";
import type { HoldError, MoneyAnswer, MoneyHold, MoneyPort, Posting } from "./money-port.ts";

/** One question about money, as `POST /v1/money` takes it. docs/money.md. */
export type MoneyQuestion =
  | ({ readonly act: "book" } & Posting)
  | ({ readonly act: "hold" | "void" } & MoneyHold)
  | ({ readonly act: "post"; readonly postFen: number } & MoneyHold)
  | { readonly act: "balance"; readonly zone: string; readonly holder: number };

/** What the ledger says. `later`: its evidence is not there yet, ask again. */
export type MoneyReply =
  | { readonly outcome: "done"; readonly availableFen: number | null }
  | { readonly outcome: "refused" | "later"; readonly reason: string; readonly detail: string }
  | { readonly outcome: "unreachable"; readonly detail: string };

/** The way to the ledger. Two: HTTP with the controller's own token, and one in the same program. */
export interface MoneyTransport {
  /** Never rejects. */
  askMoney(question: MoneyQuestion): Promise<MoneyReply>;
}

/** The campus's ledger, as a controller reaches it through its cloud: money really moves. */
export class CloudMoney implements MoneyPort {
  readonly isTest = false;
  readonly #transport: MoneyTransport;

  constructor(transport: MoneyTransport) {
    this.#transport = transport;
  }

  async book(posting: Posting): Promise<MoneyAnswer> {
    const reply = await this.#transport.askMoney({ act: "book", ...posting });
    switch (reply.outcome) {
      case "done":
        return { kind: "posted" };
      case "refused":
        return { kind: "conflict", detail: `${reply.reason}: ${reply.detail}` };
      case "later":
      case "unreachable":
        return { kind: "unreachable", detail: reply.detail };
    }
  }

  async hold(hold: MoneyHold): Promise<Result<undefined, HoldError>> {
    return resultOf(await this.#transport.askMoney({ act: "hold", ...hold }));
  }

  async post(hold: MoneyHold, postFen: number): Promise<Result<undefined, HoldError>> {
    return resultOf(await this.#transport.askMoney({ act: "post", postFen, ...hold }));
  }

  async void(hold: MoneyHold): Promise<Result<undefined, HoldError>> {
    return resultOf(await this.#transport.askMoney({ act: "void", ...hold }));
  }

  async balance({ zone, holder }: Pick<MoneyHold, "zone" | "holder">): Promise<number | undefined> {
    const reply = await this.#transport.askMoney({ act: "balance", zone, holder });
    return reply.outcome === "done" ? (reply.availableFen ?? undefined) : undefined;
  }
}

function resultOf(reply: MoneyReply): Result<undefined, HoldError> {
  if (reply.outcome === "done") return ok(undefined);
  return reply.outcome === "refused" ? err("InsufficientFunds", SAID[reply.reason] ?? reply.reason) : err("MoneyUnreachable", "the accounts do not answer");
}

/** What whoever stands there is told of a refusal. */
const SAID: Readonly<Record<string, string>> = {
  InsufficientFunds: "not enough money",
  WalletClosed: "the wallet is closed",
  HolderUnknown: "nobody's wallet",
};

/** An answer of `POST /v1/money` as it came over HTTP; what is none of ours says nothing of what was done. */
export function moneyReplyOf(answer: Answer | Unanswered): MoneyReply {
  if (!("status" in answer)) return { outcome: "unreachable", detail: answer.detail };
  const unreadable: MoneyReply = { outcome: "unreachable", detail: `the cloud answered ${answer.status}` };
  if (answer.status !== 200) return unreadable;
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(answer.body));
  } catch {
    return unreadable;
  }
  const { outcome, reason, detail, availableFen } = (typeof read === "object" && read !== null ? read : {}) as Readonly<Record<string, unknown>>;
  if (outcome === "done") return { outcome, availableFen: Number.isSafeInteger(availableFen) ? (availableFen as number) : null };
  if ((outcome === "refused" || outcome === "later") && typeof reason === "string" && typeof detail === "string") return { outcome, reason, detail };
  return unreadable;
}
