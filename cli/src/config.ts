import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Command, Option } from "commander";
import { configExportVerb, configImportVerb } from "./config-file.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { printable } from "./terminal.ts";
import { formatOption, noun, placeOptions, verb, wholeNumber } from "./verb.ts";
import { placesFor, typedPath } from "./places.ts";
import { configurationFailure, problemLine } from "./configuration-failure.ts";
import { counted } from "./counted.ts";
import { shellWord } from "./shell-word.ts";

/** `portico config`: portico.toml. */
export function configNoun(surroundings: Surroundings): Command {
  return noun(
    "config",
    "the configuration file, portico.toml",
    [
      ["portico config init --scanner /dev/ttyACM0 --board /dev/ttyUSB0", "write an example for one door"],
      ["portico config check", "every mistake with its line and what to write"],
    ],
    [initVerb(surroundings), checkVerb(surroundings), configExportVerb(surroundings), configImportVerb(surroundings)],
  );
}

interface PlaceChoice {
  readonly config?: string;
  readonly data?: string;
}

interface InitOptions extends PlaceChoice {
  readonly site: string;
  readonly controller: string;
  readonly scanner: string;
  readonly board: string;
  readonly protocol: "modbus-rtu" | "relay-avr" | "firmata" | "osdp" | "uhppote" | "gpio";
  readonly serialNumber?: number;
  readonly rootKey: readonly string[];
  readonly force?: true;
}

function initVerb(surroundings: Surroundings): Command {
  const command = verb("init", "write a commented configuration for one door", [
    ["portico config init --scanner /dev/ttyACM0 --board /dev/ttyUSB0", "a Modbus RTU board"],
    ["portico config init --board /dev/ttyACM1 --protocol firmata", "an Arduino with StandardFirmata"],
    ["portico config init --board /dev/ttyUSB0 --protocol relay-avr", "our relay board on an ATmega328P, with Wiegand readers"],
    ["portico config init --board /dev/ttyUSB0 --protocol osdp", "an OSDP reader with its own outputs; it is the scanner, too"],
    ["portico config init --board 192.168.10.20 --protocol uhppote --serial-number 423187757", "a UHPPOTE UT0311-L0x board on a network of its own"],
    ["portico config init --board gpiochip0 --protocol gpio", "relays on this Raspberry Pi's own lines"],
    ["portico config init --root-key <hex> --root-key <hex>", "with the site's root keys: issued passes count"],
  ])
    .addOption(new Option("--site <id>", "the site's id, 1 to 32 of a-z, 0-9 and hyphen").default("my-campus"))
    .addOption(new Option("--controller <id>", "this controller's id").default("library"))
    .addOption(new Option("--scanner <port>", "serial port or host:port of the QR scanner").default("/dev/ttyACM0"))
    .addOption(new Option("--board <port>", "serial port or host:port of the relay board; address of a uhppote board; gpiochip").default("/dev/ttyUSB0"))
    .addOption(
      new Option("--protocol <name>", "what the board speaks").choices(["modbus-rtu", "relay-avr", "firmata", "osdp", "uhppote", "gpio"]).default("modbus-rtu"),
    )
    .addOption(new Option("--serial-number <n>", "the number that is printed on a uhppote board").argParser(wholeNumber(1, 0xffff_ffff)))
    .addOption(
      new Option("--root-key <hex>", "a root key of the site, 64 hex digits; repeat for each")
        .default([] as string[], "none")
        .argParser((key: string, keys: string[]) => [...keys, key.toLowerCase()]),
    )
    .option("--force", "replace a file that is there");
  return placeOptions(command).action(async (options: InitOptions) => {
    const { protocol } = options;
    if (options.serialNumber !== undefined && protocol !== "uhppote") throw noUse("--serial-number", protocol);
    if (protocol === "osdp" && command.getOptionValueSource("scanner") === "cli") throw noUse("--scanner", protocol);
    const { exampleConfiguration, parseConfiguration } = await import("@portico/controller");
    const place = placesFor(surroundings, options);
    const text = exampleConfiguration({ ...options, rootKeys: options.rootKey });
    const reading = parseConfiguration(new TextEncoder().encode(text), place.configurationFile, place);
    if (!reading.ok)
      throw configurationFailure("these options make no valid configuration", "portico config init --help", place.configurationFile, reading.problems);
    const folder = dirname(place.configurationFile);
    // The data folder will hold keys; any other folder is the system's, where the controller's user must be able to read.
    mkdirSync(folder, { recursive: true, mode: folder === place.dataFolder ? 0o750 : 0o755 });
    try {
      writeFileSync(place.configurationFile, text, { flag: options.force ? "w" : "wx" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      throw new Failure(EXIT.refused, "a configuration is there already", place.configurationFile, "edit it, or replace it with --force");
    }
    surroundings.terminal.out(`${place.configurationFile}\n`);
    surroundings.terminal.err(`next: edit it, then ${checkOf(undefined, options)}\n`);
  });
}

const noUse = (option: string, protocol: string): Failure =>
  new Failure(EXIT.usage, `--protocol ${protocol} has no use for ${option}`, option, "leave it out, or name another protocol: portico config init --help");

function checkVerb(surroundings: Surroundings): Command {
  const command = verb("check [file]", "judge a configuration file; exit code 2 with any mistake", [
    ["portico config check", "the file that the controller would start with"],
    ["portico config check ./portico.toml", "another file"],
  ]).addOption(formatOption());
  return placeOptions(command).action(async (file: string | undefined, options: PlaceChoice & { readonly format?: Format }) => {
    const { readConfiguration } = await import("@portico/controller");
    const { terminal } = surroundings;
    const place = placesFor(surroundings, options);
    const path = file === undefined ? place.configurationFile : typedPath(surroundings, file);
    const reading = readConfiguration(path, place);
    const format = chosenFormat(terminal, options.format);
    if (!reading.ok) {
      if (format === "jsonl") for (const problem of reading.problems) terminal.out(`${JSON.stringify(problem)}\n`);
      throw configurationFailure(
        `${counted(reading.problems.length, "mistake")} in the configuration`,
        `mend these lines, then ${checkOf(file, options)}`,
        path,
        format === "jsonl" ? [] : reading.problems,
      );
    }
    const { site, controller, wires, osdpPds, scanners, relayBoards, doors, turnstiles, lifts, accessPoints } = reading.configuration;
    const summary = {
      site: site.id,
      controller: controller.id,
      wires: wires.length,
      scanners: scanners.length,
      relayBoards: relayBoards.length,
      doors: doors.length,
      turnstiles: turnstiles.length,
      lifts: lifts.length,
      accessPoints: accessPoints.length,
    };
    if (format === "jsonl") terminal.out(`${JSON.stringify(summary)}\n`);
    else
      terminal.out(
        `${path} is valid: site ${site.id}, controller ${controller.id}, ${[
          counted(wires.length, "wire"),
          counted(scanners.length, "scanner"),
          counted(relayBoards.length, "relay board"),
          counted(doors.length, "door"),
          counted(turnstiles.length, "turnstile"),
          counted(lifts.length, "lift"),
          counted(accessPoints.length, "access point"),
        ].join(", ")}\n`,
      );
    const used = new Set(accessPoints.map(({ scanner }) => scanner));
    for (const { id } of scanners) if (!used.has(id)) terminal.err(`note: no access point uses scanner "${id}": its scans are ignored\n`);
    if (site.trust === undefined) terminal.err("note: without root keys, issued passes (T) are refused\n");
    for (const { id, security } of osdpPds)
      if (security === "clear-text") terminal.err(`note: osdp_pd "${id}" is spoken to in clear: everybody on its line can read cards and open the door\n`);
    for (const note of reading.notes) terminal.err(`${printable(`note: ${problemLine(path, note)}`)}\n`);
  });
}

/** The command that judges the same file again. */
const checkOf = (file: string | undefined, { config, data }: PlaceChoice): string =>
  [
    "portico config check",
    ...(file === undefined ? [] : [shellWord(file)]),
    ...(config === undefined ? [] : ["--config", shellWord(config)]),
    ...(data === undefined ? [] : ["--data", shellWord(data)]),
  ].join(" ");
