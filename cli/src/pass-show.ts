import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { UnixSeconds } from "@portico/card-protocol";
import { phoneFileCounters, readPhoneFile } from "@portico/simulator/phone-file";
import { type Command, Option } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { CLEAR, qrText } from "./qr-text.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { printable } from "./terminal.ts";
import { timeText } from "./time-text.ts";
import { placeOptions, verb } from "./verb.ts";
import { placesFor } from "./places.ts";

/** How long one code is shown: longer than 8 s, so that a scanner gets its time, and well within the life of an H. Source: docs/card-format.md. */
const SHOWN_MS = 10_000;

interface ShowOptions {
  readonly qr?: true;
  readonly phone?: string;
  readonly person?: string;
  readonly once?: true;
  readonly data?: string;
  readonly config?: string;
}

/** `portico pass show`: a pass as a phone shows it. */
export function passShowVerb(surroundings: Surroundings): Command {
  const command = verb("show [text]", "show a pass, live: a new one every 10 s until Ctrl-C", [
    ["portico pass show --qr", "a phone of the simulated campus, to be held before a real scanner"],
    ["portico pass show --qr --person zhang", "that person's phone"],
    ["portico pass show --qr --phone zhang.json --once", "one code, then end"],
    ["portico pass show --qr 'CP1:…'", "a pass that is there already"],
  ])
    .option("--qr", "as a QR code, black on white whatever the theme")
    .addOption(new Option("--phone <file>", "phone file (default: the first of the campus's phones whose clock is right)"))
    .addOption(new Option("--person <name>", "the phone of this person among the campus's phones").conflicts("phone"))
    .option("--once", "one pass only; so it is where no person reads");
  return placeOptions(command).action(async (text: string | undefined, options: ShowOptions) => {
    if (text === undefined) return showPhone(surroundings, options);
    const aside = (["phone", "person", "once"] as const).find((option) => options[option] !== undefined);
    if (aside !== undefined)
      throw new Failure(EXIT.usage, `a pass that is there already has no use for --${aside}`, `--${aside}`, "leave out the option, or the text");
    surroundings.terminal.out(`${options.qr ? await qrText(surroundings, text) : text}\n`);
  });
}

async function showPhone(surroundings: Surroundings, options: ShowOptions): Promise<void> {
  const { terminal } = surroundings;
  const phone = readPhoneFile(phonePath(surroundings, options));
  const { CounterBlocks, HeldCredential } = await import("@portico/card-protocol/phone");
  const { nodeSigner } = await import("@portico/card-protocol/node");
  const held = new HeldCredential({
    site: phone.site,
    credentialId: phone.credential,
    signer: nodeSigner(phone.seed),
    counters: new CounterBlocks(phoneFileCounters(phone.path)),
  });
  const isLive = terminal.isTty && !options.once;
  for (;;) {
    const signedAt = (surroundings.now() + phone.clockErrorS) as UnixSeconds;
    const made = held.pass(signedAt);
    if (!made.ok)
      throw new Failure(
        EXIT.refused,
        `no counter: ${made.error}, ${made.detail}`,
        phone.path,
        "is another program using this phone? Try again when it has ended",
      );
    const shown = options.qr ? await qrText(surroundings, made.value.text) : made.value.text;
    terminal.out(`${isLive && options.qr ? CLEAR : ""}${shown}\n`);
    if (isLive)
      terminal.err(
        `${printable(phone.person)}, credential ${phone.credential}, signed ${timeText(signedAt)}; a new one every ${SHOWN_MS / 1000} s, Ctrl-C ends\n`,
      );
    if (!isLive || !(await elapsed(surroundings, SHOWN_MS))) return;
  }
}

/** The phone file that the options mean. */
function phonePath(surroundings: Surroundings, options: ShowOptions): string {
  if (options.phone !== undefined) return resolve(surroundings.workingFolder, options.phone);
  const folder = join(placesFor(surroundings, options).dataFolder, "phones");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  if (files.length === 0)
    throw new Failure(EXIT.usage, "there is no phone", folder, "start the simulated campus with npm start, or name a phone file with --phone");
  const paths = files.sort().map((name) => join(folder, name));
  // A phone whose clock is wrong is refused everywhere: not the one to begin with.
  if (options.person === undefined) return paths.find((path) => readPhoneFile(path).clockErrorS === 0) ?? paths[0]!;
  const persons = paths.map((path) => readPhoneFile(path).person);
  const place = persons.indexOf(options.person);
  if (place < 0) throw new Failure(EXIT.usage, `no phone of ${options.person}`, folder, `use one of ${[...new Set(persons)].slice(0, 12).join(", ")}`);
  return paths[place]!;
}
