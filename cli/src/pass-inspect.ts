import type { Command } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { passInput } from "./pass-input.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format, tableLines } from "./table.ts";
import { instantText } from "./time-text.ts";
import { formatOption, verb } from "./verb.ts";

/** `portico pass inspect`: the fields of a pass, without verifying it. */
export function passInspectVerb(surroundings: Surroundings): Command {
  return verb("inspect [text]", "take a pass apart, without a key and without verifying it", [
    ["portico pass inspect 'CP1:…'", "fields and bytes"],
    ["portico pass make --phone zhang.json | portico pass inspect", "from a pipe"],
  ])
    .addOption(formatOption())
    .action(async (typed: string | undefined, options: { readonly format?: Format }) => {
      const text = await passInput(surroundings, typed);
      const { bytesToHex, inspectPass } = await import("@portico/card-protocol");
      const read = inspectPass(text);
      if (!read.ok)
        throw new Failure(
          EXIT.refused,
          `not a pass: ${read.detail === "" ? read.error : read.detail}`,
          `a text of ${text.length} characters`,
          "scan again; quote the text: it may hold blanks and $",
        );
      const { pass, bytes, parts } = read.value;
      const { terminal } = surroundings;
      const fields = { ...pass, ...("challenge" in pass ? { challenge: bytesToHex(pass.challenge) } : {}) };
      if (chosenFormat(terminal, options.format) === "jsonl")
        terminal.out(`${JSON.stringify({ verified: false, ...fields, bytes: bytesToHex(bytes), parts })}\n`);
      else {
        for (const [name, value] of Object.entries(fields))
          terminal.out(`${name.padEnd(12)}  ${String(value)}${name === "signedAt" || name === "expiresAt" ? `  (${instantText(value as number)})` : ""}\n`);
        terminal.out("\n");
        const lines = tableLines(
          [
            { heading: "OFFSET", cell: (part) => String(part.offset).padStart(6) },
            { heading: "MEANING", cell: (part) => part.meaning },
            { heading: "BYTES", cell: (part) => part.hex },
          ],
          parts,
        );
        for (const line of lines) terminal.out(`${line}\n`);
      }
      terminal.err("nothing here was verified: anybody can write these bytes; portico pass verify judges them\n");
    });
}
