import { type Command, InvalidArgumentError, Option } from "commander";
import type { PinRow } from "@portico/controller";
import { credentialId } from "./area.ts";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeRows } from "./table.ts";
import { durationText, timeText } from "./time-text.ts";
import { byOption, formatOption, noun, reasonOption, verb } from "./verb.ts";

const columns = (zone: string | undefined): readonly Column<PinRow>[] => [
  { heading: "WHOSE", cell: (row) => (row.holder === null ? `reader ${row.accessPoint}` : `holder ${row.holder}`) },
  { heading: "ZONE", cell: (row) => row.zone },
  { heading: "SET", cell: (row) => (row.holder === null ? "" : timeText(row.setAt, zone)) },
  { heading: "WRONG TRIES", cell: (row) => `${row.wrongTries}` },
  { heading: "LOCKED OUT FOR", cell: (row) => (row.lockedForS === null ? "" : durationText(row.lockedForS)) },
];

type ActOptions = ControllerOptions & { readonly format?: Format; readonly reason: string; readonly by: string };

/** `portico pin`: who has a PIN at this controller, set, erased and unlocked. */
export function pinNoun(surroundings: Surroundings): Command {
  return noun(
    "pin",
    "PINs that holders type behind their card or pass; each controller keeps its own",
    [
      ["portico pin set --credential 0011223344556677 < pin.txt", "the holder types it, or it comes from a pipe: never an argument"],
      ["portico pin list", "who has one, and who is locked out"],
      ["portico pin unlock --credential 0011223344556677 --reason 'identity checked'", "after too many wrong tries"],
    ],
    [listVerb(surroundings), setVerb(surroundings), eraseVerb(surroundings), unlockVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show who has a PIN, and what is locked out; never a PIN", [
    ["portico pin list", "holders by the number that area show and event list name"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, columns(client.zone), await client.ask("GET /v1/pins", {}));
  });
}

function setVerb(surroundings: Surroundings): Command {
  const command = verb("set", "set or change the PIN of a credential's holder; it is read from standard input", [
    ["portico pin set --credential 0011223344556677", "let the holder type it, then Enter and Ctrl-D"],
    ["portico pin set --credential 0011223344556677 --reason 'new key ring' < pin.txt", "from a file that is then destroyed"],
  ])
    .addOption(credentialOption().makeOptionMandatory())
    .addOption(reasonOption())
    .addOption(byOption(surroundings.user));
  return controllerOptions(command).action(async ({ credential, by, reason, ...options }: ActOptions & { readonly credential: string }) => {
    const client = await clientFor(surroundings, options);
    const [pin = ""] = (await surroundings.input()).split(/\r?\n/);
    const { change, holders } = await client.ask("POST /v1/pins/set", { body: { credential, pin, by, reason } });
    surroundings.terminal.out(`the PIN of ${holders.map(({ holder }) => `holder ${holder}`).join(", ")} was ${change}\n`);
  });
}

function eraseVerb(surroundings: Surroundings): Command {
  const command = verb("erase", "erase the PIN of one holder, or everybody's", [
    ["portico pin erase --credential 0011223344556677 --reason 'forgotten'", "by any of their credentials"],
    ["portico pin erase --holder 12 --reason 'left'", "who is in no list any more, by the number of pin list"],
    ["portico pin erase --all --reason 'moved to another zone'", "another list numbers holders differently"],
  ])
    .addOption(credentialOption())
    .addOption(new Option("--holder <number>", "whose, as pin list names them").argParser(holderNumber))
    .option("--all", "everybody's")
    .addOption(reasonOption())
    .addOption(byOption(surroundings.user))
    .addOption(formatOption());
  type Options = ActOptions & { readonly credential?: string; readonly holder?: number; readonly all?: true };
  return controllerOptions(command).action(async ({ by, reason, ...options }: Options) => {
    const [credential, holder, all] = [options.credential ?? null, options.holder ?? null, options.all ?? false];
    if ([credential !== null, holder !== null, all].filter(Boolean).length !== 1)
      throw new Failure(EXIT.usage, "whose PIN is to go is not clear", "pin erase", "give one of --credential <id>, --holder <number> and --all");
    const client = await clientFor(surroundings, options);
    const rows = await client.ask("POST /v1/pins/erase", { body: { credential, holder, all, by, reason } });
    writeRows(surroundings.terminal, options.format, columns(client.zone), rows);
  });
}

function unlockVerb(surroundings: Surroundings): Command {
  const command = verb("unlock", "have wrong tries forgotten, of one holder or at one reader", [
    ["portico pin unlock --credential 0011223344556677 --reason 'identity checked'", "the holder may try again"],
    ["portico pin unlock --access-point library-in --reason 'keypad cleaned'", "the reader takes PINs again"],
  ])
    .addOption(credentialOption())
    .option("--access-point <id>", "the reader at which they were typed")
    .addOption(reasonOption())
    .addOption(byOption(surroundings.user))
    .addOption(formatOption());
  type Options = ActOptions & { readonly credential?: string; readonly accessPoint?: string };
  return controllerOptions(command).action(async ({ by, reason, ...options }: Options) => {
    const [credential, accessPoint] = [options.credential ?? null, options.accessPoint ?? null];
    if ((credential === null) === (accessPoint === null))
      throw new Failure(EXIT.usage, "whose wrong tries are to be forgotten is not clear", "pin unlock", "give --credential <id> or --access-point <id>");
    const client = await clientFor(surroundings, options);
    const rows = await client.ask("POST /v1/pins/unlock", { body: { credential, accessPoint, by, reason } });
    writeRows(surroundings.terminal, options.format, columns(client.zone), rows);
  });
}

const credentialOption = (): Option => new Option("--credential <id>", "of the holder; portico event list names it").argParser(credentialId);

function holderNumber(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("A number is wanted.");
}
