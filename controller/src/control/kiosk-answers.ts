import * as z from "zod";
import type { KioskDesk, KioskOutcome, LoanRefusal } from "../kiosk-desk.ts";
import { askedBody } from "./asked.ts";
import type { KioskAnswer, KioskRow } from "./kiosk-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import type { Asked } from "./control-server.ts";
import { Refusal } from "./refusal.ts";

const ITEM = z.object({ barcode: z.string().max(100) });

/** Library kiosks: who borrows there, and items by their barcode. */
export function kioskAnswers({
  configuration,
  kiosks,
}: ControlParts): AnswersTo<"GET /v1/kiosks" | "POST /v1/kiosks/:id/checkout" | "POST /v1/kiosks/:id/return" | "POST /v1/kiosks/:id/end"> {
  const deskOf = ({ params }: Asked): KioskDesk => {
    const desk = kiosks.desk(params["id"]!);
    if (desk !== undefined) return desk;
    const known = kiosks.desks.map(({ id }) => id).join(", ");
    throw new Refusal(404, "There is no such kiosk", params["id"]!.slice(0, 64), known === "" ? "Add a [[kiosk]] to portico.toml." : `Use one of ${known}.`);
  };
  const rowOf = (desk: KioskDesk): KioskRow => {
    const session = desk.session();
    return {
      id: desk.id,
      accessPoint: configuration.accessPoints.find(({ opens }) => opens.kind === "kiosk" && opens.kiosk === desk.id)!.id,
      borrower: session?.borrower.credential ?? null,
      leftS: session === undefined ? null : Math.ceil(session.leftMs / 1000),
      isTest: kiosks.isTest,
    };
  };
  const answerOf = async (asked: Asked, ask: (desk: KioskDesk, barcode: string) => Promise<KioskOutcome>): Promise<KioskAnswer> => {
    const desk = deskOf(asked);
    const outcome = await ask(desk, askedBody(ITEM, asked, `Send {"barcode": "<as it was scanned>"}.`).barcode);
    if (outcome.kind === "refused") throw loanRefusal(desk.id, outcome.reason, outcome.detail);
    return { kiosk: desk.id, done: outcome.kind, item: outcome.item, due: outcome.kind === "lent" ? outcome.due : null, isTest: kiosks.isTest };
  };
  return {
    "GET /v1/kiosks": () => kiosks.desks.map(rowOf),
    "POST /v1/kiosks/:id/checkout": (asked) => answerOf(asked, (desk, barcode) => desk.lend(barcode)),
    "POST /v1/kiosks/:id/return": (asked) => answerOf(asked, (desk, barcode) => desk.takeBack(barcode)),
    "POST /v1/kiosks/:id/end": (asked) => {
      const desk = deskOf(asked);
      desk.end();
      return rowOf(desk);
    },
  };
}

const DESK = "Ask at the library's desk.";
const TOLD: Readonly<Record<LoanRefusal, readonly [status: number, title: string, remedy: string]>> = {
  NobodyPresent: [409, "Nobody has shown a card", "Show a card or code at the kiosk, then the item."],
  IsbnNotItem: [400, "This is the book's ISBN, not its barcode", "Scan the barcode on the back of the book."],
  BarcodeMalformed: [400, "This is no item's barcode", "Scan the barcode on the back of the book."],
  BarcodeCheckDigit: [400, "The barcode was misread", "Scan it again; type it where the label is worn."],
  LibraryRefused: [409, "The library does not lend or take this item back here", DESK],
  LibraryUnreachable: [503, "The library's system does not answer", `Try again in a while. ${DESK}`],
  ClockUntrusted: [409, "Nobody knows the time, so nothing is lent", "portico doctor says why."],
};

function loanRefusal(kiosk: string, reason: LoanRefusal, detail: string): Refusal {
  const [status, title, remedy] = TOLD[reason];
  return new Refusal(status, title, `kiosk ${kiosk}: ${reason}, ${detail}`, remedy, { type: `/problems/${reason}` });
}
