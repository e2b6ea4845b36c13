import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, timeOrLimit, withReason } from "./cloud-verb.ts";
import { personMeant } from "./person-meant.ts";
import { CLEAR, qrText } from "./qr-text.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { writeRows } from "./table.ts";
import { verb, wholeNumber } from "./verb.ts";

/** A batch reaches no further ahead, seconds. docs/card-format.md, "Three kinds". */
const AHEAD_MAX_S = 600;

interface IssueOptions extends CloudVerbOptions {
  readonly for: number;
  readonly qr?: true;
  readonly reason?: string;
}

/** `portico pass issue`: passes T of the cloud, for whoever's phone has no key of its own at the doors. */
export function passIssueVerb(surroundings: Surroundings): Command {
  const command = verb("issue <person>", "have the cloud issue passes T to somebody, each good for its half minute", [
    ["portico pass issue zhang@example.edu --qr", "one code, to be held before a scanner now"],
    ["portico pass issue zhang@example.edu --qr --for 600", "each when its time comes, for ten minutes"],
    ["portico pass issue zhang@example.edu --for 300 --format jsonl", "texts with their times, to be sent"],
  ])
    .addOption(new Option("--for <seconds>", "how long they shall do, one behind the other: at most 600").default(1, "one pass").argParser(wholeNumber(1, AHEAD_MAX_S)))
    .option("--qr", "as QR codes, black on white whatever the theme; on a terminal each stands until its time is over")
    .addOption(cloudReason(false)); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, options: IssueOptions, text = "") => {
    const { id } = await personMeant(calls, text);
    const parts = { params: { id }, body: { forS: options.for } };
    const { passes, ...whose } = await calls.ask(`person ${id}`, "POST /v1/persons/{id}/passes", parts, withReason(options));
    const { terminal } = surroundings;
    if (options.qr !== true) {
      const columns = [
        { heading: "SHOW FROM", cell: ({ signedAt }: (typeof rows)[number]) => timeOrLimit(signedAt) },
        { heading: "UNTIL", cell: ({ expiresAt }: (typeof rows)[number]) => timeOrLimit(expiresAt) },
        { heading: "PASS", cell: (row: (typeof rows)[number]) => row.text },
      ];
      const rows = passes.map((pass) => ({ ...whose, ...pass }));
      writeRows(terminal, options.format, columns, rows);
      return;
    }
    for (const [nth, pass] of passes.entries()) {
      terminal.out(`${terminal.isTty ? CLEAR : ""}${await qrText(surroundings, pass.text)}\n`);
      if (!terminal.isTty) continue;
      terminal.err(`credential ${whose.credential}, ${nth + 1} of ${passes.length}, good until ${timeOrLimit(pass.expiresAt)}; Ctrl-C ends\n`);
      const isLast = nth === passes.length - 1;
      if (isLast || !(await elapsed(surroundings, Date.parse(pass.expiresAt) - surroundings.now() * 1000))) return;
    }
  });
}
