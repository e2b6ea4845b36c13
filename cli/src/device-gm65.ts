import { type Command, Option } from "commander";
import type { Gm65Baud } from "@portico/firmware-ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeRows } from "./table.ts";
import { formatOption, verb } from "./verb.ts";

/** Of GM65_BAUDS those that are worth it; a test compares. */
const BAUDS = ["115200", "57600", "38400", "19200", "14400", "9600"];

/** `portico device gm65`: sets a QR head of the GM65 family over its own serial port, without a controller. */
export function gm65Verb(surroundings: Surroundings): Command {
  const command = verb("gm65 <port>", "set the baud rate of a QR head of the GM65 family, which leaves the factory at 9600", [
    ["portico device gm65 /dev/ttyACM0", "to 115200, kept when it is switched off"],
    ["portico device gm65 /dev/serial/by-id/… --baud 57600", "to another rate"],
  ])
    .addOption(new Option("--baud <rate>", "the rate that it shall speak at").choices(BAUDS).default("115200"))
    .addOption(formatOption());
  return command.action(async (port: string, { baud, format }: { readonly baud: string; readonly format?: Format }) => {
    const { setGm65Baud } = await import("@portico/firmware-ts");
    const openAt = await surroundings.serialPort(port);
    const outcome = await setGm65Baud({ openAt, after: surroundings.after, baud: Number(baud) as Gm65Baud });
    if (!outcome.ok) {
      const next =
        outcome.error === "Disconnected"
          ? "stop the controller that has the port, or name another: ls -l /dev/serial/by-id"
          : "check power and cable; a head that types as a keyboard, or is set to USB, has no serial line: scan the manual's code for its serial interface";
      throw new Failure(outcome.error === "BadReply" ? EXIT.refused : EXIT.unreachable, outcome.detail, port, next);
    }
    writeRows(
      surroundings.terminal,
      format,
      [
        { heading: "PORT", cell: (row) => row.port },
        { heading: "FOUND AT", cell: (row) => String(row.from) },
        { heading: "SPEAKS AT", cell: (row) => String(row.baud) },
      ],
      [{ port, from: outcome.from, baud: Number(baud) }],
    );
    surroundings.terminal.err(`next: write baud = ${baud} at its [[wire]]\n`);
  });
}
