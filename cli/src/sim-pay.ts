import type { Command } from "commander";
import { Option } from "commander";
import { ControllerClient } from "./controller-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { type CampusOption, campusOption, withCampus } from "./sim-folder.ts";
import { scanned, shownBy } from "./sim-scan.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { formatOption, verb } from "./verb.ts";

interface PayOptions extends CampusOption {
  readonly person: string;
  readonly card?: true;
  readonly format?: Format;
}

/** Keys take their time on the line, and the display too. */
const SHOWN_WITHIN_MS = 300;
/** The display says by then what is left, or that nobody knows it now. */
const BALANCE_WITHIN_MS = 8_000;

/** `portico sim pay`: a cashier types an amount at the keypad of the running campus, and somebody pays it. */
export function simPayVerb(surroundings: Surroundings): Command {
  const command = verb("pay <till> <yuan>", "type an amount at a till's keypad, and hold somebody's phone before its reader", [
    ["portico sim pay canteen-1 12.50 --person zhang", "what the customer reads, and the receipt"],
    ["portico sim pay canteen-1 8 --person xu", "whose card is frozen: refused, and the display says why"],
  ])
    .addOption(new Option("--person <id>", "who pays: the pass on the phone, unless --card").makeOptionMandatory())
    .addOption(new Option("--card", "the person's card"))
    .addOption(formatOption());
  return campusOption(command).action((till: string, yuan: string, options: PayOptions) =>
    withCampus(surroundings, options, async (client, folder, sockets) => {
      if (!/^\d{1,6}(\.\d{1,2})?$/.test(yuan)) throw new Failure(EXIT.usage, "no amount that a keypad takes", yuan, "write yuan, such as 12.50");
      const reader = `${till}-reader`;
      const read = await shownBy(surroundings, folder, reader, options);
      const { controllerPlace } = await import("@portico/simulator/programs");
      const { socket, dataFolder } = controllerPlace(folder, sockets, reader);
      if (!(await client.ask("enter", { till, amount: yuan })))
        throw new Failure(EXIT.unreachable, "nothing left the keypad", till, "portico sim wire list shows which wire is cut");
      const pause = (): Promise<boolean> => elapsed(surroundings, SHOWN_WITHIN_MS);
      await pause();
      const asked = await client.ask("display", { till });
      const { judged } = await scanned(surroundings, client, socket, reader, read);
      await pause();
      let display = await client.ask("display", { till });
      // What is left is known once the ledger has taken the payment.
      for (let leftMs = BALANCE_WITHIN_MS; leftMs > 0 && display.some((line) => line.includes("thank you")); leftMs -= SHOWN_WITHIN_MS) {
        if (!(await pause())) break;
        display = await client.ask("display", { till });
      }
      const row = await new ControllerClient(socket, surroundings.interrupted).ask("GET /v1/terminals/:id", { params: { id: till } });
      const { outcome, reason, detail, seq } = judged;
      const lines = (shown: readonly string[], name: string): [string, string][] => shown.map((line, nth) => [nth === 0 ? name : "", line]);
      const receipt = outcome === "granted" ? row.receipt : null;
      const facts: [string, string][] = [
        ...lines(asked, "display"),
        ["outcome", outcome === "granted" ? "paid" : `refused: ${reason} (${detail})`],
        ...lines(display, "display"),
        ...lines(receipt ?? [], "receipt"),
      ];
      writeFacts(surroundings.terminal, options.format, facts, { till, outcome, reason, detail, seq, asked, display, receipt });
      const place = dataFolder === undefined ? "" : ` --data ${dataFolder}`;
      if (outcome !== "granted")
        throw new Failure(EXIT.refused, `refused: ${reason}`, till, seq === null ? "another card may be shown" : `portico event explain ${seq}${place}`);
    }),
  );
}
