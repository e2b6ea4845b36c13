import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, timeOrLimit } from "./cloud-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { verb } from "./verb.ts";
import { tillMeant, tillOption, yuan } from "./wallet-text.ts";

/** Money that a provider hands back, as the cloud tells it. */
export type HandBackTold = RouteAnswer<"GET /v1/provider-refunds">["items"][number];

/** How it stands, in a few words. */
export function handBackState({ state, why, paidOutAt, case: number }: HandBackTold): string {
  const words = { asked: "on its way", done: paidOutAt === null ? "done" : `paid out at ${paidOutAt}`, failed: "refused" }[state];
  return `${words}${why === null ? "" : `: ${why}`}${number === null ? "" : `; case ${number}`}`;
}

const REFUNDS: readonly Column<HandBackTold>[] = [
  { heading: "REFUND", cell: (row) => row.id },
  { heading: "ASKED", cell: (row) => timeOrLimit(row.askedAt) },
  { heading: "AMOUNT", cell: (row) => yuan(row.amountFen) },
  { heading: "PROVIDER", cell: (row) => row.provider },
  { heading: "STATE", cell: handBackState },
  { heading: "TOP-UP", cell: (row) => row.topUp ?? "" },
  { heading: "FOR", cell: (row) => row.movement ?? "what was never credited" },
];

/** `portico wallet topups refunds` */
export function refundsVerb(surroundings: Surroundings): Command {
  const command = verb("refunds", "what providers hand back, and through which payment", [
    ["portico wallet topups refunds --state failed", "somebody has to see to these: have them asked again, or pay them out"],
  ]).addOption(new Option("--state <state>", "those alone").choices(["asked", "done", "failed"]));
  return cloudVerb(surroundings, command, async (calls, { state, format }: CloudVerbOptions & { readonly state?: HandBackTold["state"] }) => {
    const query = { limit: 1000, ...(state === undefined ? {} : { state }) };
    writeRows(surroundings.terminal, format, REFUNDS, (await calls.ask("refunds", "GET /v1/provider-refunds", { query })).items);
  });
}

/** `portico wallet topups retry` */
export function retryVerb(surroundings: Surroundings): Command {
  const command = verb("retry <refund>", "have a provider asked again for what it has refused to hand back", [
    ["portico wallet topups retry closing-0042:1:phone-7-000123 --reason 'the bank says that it works again'", "for the provider it is the same refund"],
  ]).addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, { reason, format }: CloudVerbOptions & { readonly reason: string }, id = "") => {
    writeRefund(surroundings, format, await calls.ask(`refund ${id}`, "POST /v1/provider-refunds/{id}/retry", { params: { id } }, { reason }));
  });
}

/** `portico wallet topups pay-out` */
export function payOutVerb(surroundings: Surroundings): Command {
  const command = verb("pay-out <refund>", "say that a cash desk has paid out what a provider has refused to hand back", [
    ["portico wallet topups pay-out closing-0042:1:phone-7-000123 --at cashDesk/office --reason 'in cash, receipt 17'", "nobody asks the provider any more"],
  ])
    .addOption(tillOption("the cash desk that has paid it out"))
    .addOption(cloudReason(true));
  return cloudVerb(
    surroundings,
    command,
    async (calls, { at, reason, format }: CloudVerbOptions & { readonly at: string; readonly reason: string }, id = "") => {
      const parts = { params: { id }, body: { till: tillMeant(at) } };
      writeRefund(surroundings, format, await calls.ask(`refund ${id}`, "POST /v1/provider-refunds/{id}/pay-out", parts, { reason }));
    },
  );
}

function writeRefund({ terminal }: Surroundings, format: Format | undefined, refund: HandBackTold): void {
  const { id, provider, amountFen, topUp, movement } = refund;
  const facts: (readonly [string, string])[] = [
    ["refund", id],
    ["amount", `${yuan(amountFen)} by ${provider}`],
    ["state", handBackState(refund)],
    ["through", topUp === null ? "no payment that is known" : `top-up ${topUp}`],
    ["for", movement ?? "what was never credited"],
  ];
  writeFacts(terminal, format, facts, refund);
}
