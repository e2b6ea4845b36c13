import { isLocalDate, localTime } from "@portico/card-protocol";
import * as z from "zod";
import type { RefundRefusal, TerminalDesk } from "../terminal-desk.ts";
import type { KeptCharge } from "../store/charge-store.ts";
import { ACT, askedBody } from "./asked.ts";
import type { ChargeRow, TerminalRow } from "./terminal-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import type { Asked } from "./control-server.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

/** What an amount is, the terminal says: so it may be anything here. */
const CHARGE = z.object({ amountFen: z.unknown(), wait: z.boolean().default(false) });
/** Whoever waits hears so often that they still do. */
const WORKING_MS = 5_000;
const REFUND = ACT.extend({ charge: z.int().min(1), amountFen: z.unknown() });

type TerminalRoute =
  | "GET /v1/terminals"
  | "GET /v1/terminals/:id"
  | "POST /v1/terminals/:id/charge"
  | "POST /v1/terminals/:id/refund"
  | "GET /v1/terminals/:id/totals"
  | "GET /v1/terminals/:id/charges";

/** Payment terminals: for tills, keypads and technicians alike. */
export function terminalAnswers(parts: ControlParts): AnswersTo<TerminalRoute> {
  const { configuration, terminals, store, clock } = parts;
  const deskOf = ({ params }: Asked): TerminalDesk => {
    const desk = terminals.desk(params["id"]!);
    if (desk !== undefined) return desk;
    const known = terminals.desks.map(({ id }) => id).join(", ");
    throw new Refusal(
      404,
      "There is no such terminal",
      params["id"]!.slice(0, 64),
      known === "" ? "Add a [[terminal]] to portico.toml." : `Use one of ${known}.`,
    );
  };
  const dayOf = ({ query }: Asked): string => {
    const day = query.get("day");
    if (day !== null && isLocalDate(day)) return day;
    if (day !== null) throw new Refusal(400, "This is no day", `day = ${day.slice(0, 40)}`, "Send one such as 2027-01-11.");
    const wall = clock.wall();
    if (wall === "untrusted") throw new Refusal(409, "Nobody knows which day it is", "the clock is untrusted", "Name the day: 2027-01-11.");
    return localTime(configuration.site.timeZone, wall.now).date;
  };
  const rowOf = (desk: TerminalDesk): TerminalRow => terminalRow(desk, parts);
  return {
    "GET /v1/terminals": () => terminals.desks.map(rowOf),
    "GET /v1/terminals/:id": (asked) => rowOf(deskOf(asked)),
    "POST /v1/terminals/:id/charge": async (asked, onWorking = () => {}) => {
      const desk = deskOf(asked);
      const { amountFen, wait } = askedBody(CHARGE, asked, `Send {"amountFen": <fen>, "wait": true or false}, or null to cancel.`);
      if (amountFen === null) desk.cancel();
      else {
        const entered = desk.enter(amountFen);
        if (!entered.ok) throw amountRefusal(entered.error, entered.detail, desk);
      }
      if (wait) await whileWorking(desk.settled(), onWorking, clock);
      return rowOf(desk);
    },
    "POST /v1/terminals/:id/refund": (asked) => {
      const desk = deskOf(asked);
      const { by, reason, charge, amountFen } = askedBody(
        REFUND,
        asked,
        `Send {"by": "<name>", "reason": "<why>", "charge": <number>, "amountFen": <fen> or null}.`,
      );
      if (reason === "") throw new Refusal(400, "A refund needs a reason", `charge ${charge}`, "Say why: it stands in the log.");
      const refunded = desk.refund(charge, amountFen, { by, reason });
      if (!refunded.ok) throw refundRefusal(refunded.error, refunded.detail, desk);
      return chargeRow(refunded.value, desk);
    },
    "GET /v1/terminals/:id/totals": (asked) => {
      const [{ id }, day] = [deskOf(asked), dayOf(asked)];
      const totals = store.charges.totals(id, day);
      return { terminal: id, day, ...totals, netFen: totals.chargedFen - totals.refundedFen, isTest: terminals.isTest };
    },
    "GET /v1/terminals/:id/charges": (asked) => {
      const desk = deskOf(asked);
      return store.charges.ofDay(desk.id, dayOf(asked)).map((kept) => chargeRow(kept, desk));
    },
  };
}

/** Waits, and says so every now and then. */
async function whileWorking(work: Promise<void>, onWorking: () => void, clock: ControlParts["clock"]): Promise<void> {
  let cancel = (): void => {};
  const again = (): void => {
    cancel = clock.after(WORKING_MS, () => (onWorking(), again()));
  };
  again();
  await work;
  cancel();
}

function terminalRow(desk: TerminalDesk, { configuration, terminals, store, clock }: ControlParts): TerminalRow {
  const { id, merchant, limitFen, ceilingFen } = configuration.terminals.find((each) => each.id === desk.id)!;
  const { waiting, last } = desk.state;
  const till = terminals.till(desk.id);
  const charged = last?.kind === "charged" ? store.charges.find(last.charge) : undefined;
  return {
    id,
    merchant,
    accessPoint: configuration.accessPoints.find(({ opens }) => opens.kind === "terminal" && opens.terminal === id)!.id,
    limitFen,
    ceilingFen,
    waiting: waiting === undefined ? null : { amountFen: waiting.amountFen, leftS: Math.ceil((waiting.until - clock.monotonic()) / 1000) },
    last: last ?? null,
    typed: till.typed ?? null,
    display: till.lines?.map(({ left, right }) => [left, right].filter((text) => text !== "").join("  ")) ?? null,
    receipt: charged === undefined ? null : desk.printed(charged).receipt,
    exposure: store.charges.exposureOfTerminal(id),
    trouble: terminals.upload.trouble ?? null,
    isTest: terminals.isTest,
  };
}

function chargeRow(kept: KeptCharge, desk: TerminalDesk): ChargeRow {
  const { seq, id, refundOf, terminal, credential, amountFen, at, state, receipt } = desk.printed(kept);
  return { seq, id, refundOf, terminal, credential, amountFen, at, state, receipt };
}

const amountRefusal = (name: string, detail: string, desk: TerminalDesk): Refusal =>
  new Refusal(400, "The terminal does not take this amount", `terminal ${desk.id}: ${name}, ${detail}`, "Send whole fen, from 1 to the terminal's limit.", { type: `/problems/${name}` }); // prettier-ignore

function refundRefusal(name: RefundRefusal, detail: string, desk: TerminalDesk): Refusal {
  const more = { type: `/problems/${name}` };
  switch (name) {
    case "NotRecorded":
      return notRecordedRefusal("the refund");
    case "ChargeNotFound":
      return new Refusal(404, "There is no such charge", detail, `portico terminal show ${desk.id} lists them.`, more);
    case "AlreadyRefunded":
      return new Refusal(409, "This charge was taken back already", detail, "A charge is taken back once; nothing was done.", more);
    case "RefundOverCharge":
      return new Refusal(409, "More cannot be taken back than was charged", detail, "Name the amount that was charged, or less.", more);
    case "ClockUntrusted":
      return new Refusal(409, "Nobody knows the time, so nothing is taken back", `terminal ${desk.id}`, "portico doctor says why.", more);
    case "AmountNotANumber":
    case "AmountNotWhole":
    case "AmountNotPositive":
    case "AmountOverLimit":
      return amountRefusal(name, detail, desk);
  }
  return name satisfies never;
}
