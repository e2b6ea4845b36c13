import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { bytesToHex, hexToBytes, ok } from "@portico/card-protocol";
import { type Command, Option } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { formatOption, hexBytes, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface ProtocolOptions extends ControllerOptions {
  readonly out?: string;
  readonly verify?: string;
  readonly key?: Uint8Array;
  readonly format?: Format;
}

/** `portico door protocol`: what was seen when a door was commissioned, signed by its controller. */
export function protocolVerb(surroundings: Surroundings): Command {
  const command = verb("protocol [door]", "print the signed protocol of a door's commissioning, or verify one", [
    ["portico door protocol library", "the newest: what was seen, step by step, and the signed record below"],
    ["portico door protocol library --out library.txt", "into a file, to be handed over"],
    ["portico door protocol --verify library.txt", "by the key of the controller that runs here"],
    ["portico door protocol --verify library.txt --key 5d0c…", "anywhere, by the key that portico controller key prints"],
  ])
    .addOption(new Option("--out <file>", "write it into a new file").conflicts("verify"))
    .addOption(new Option("--verify <file>", "tell whether a file is what the controller has signed"))
    .addOption(new Option("--key <hex>", "the controller's public key (default: asks the controller)").argParser(hexBytes(32)))
    .addOption(formatOption());
  return controllerOptions(command).action(async (door: string | undefined, options: ProtocolOptions) => {
    if ((door === undefined) === (options.verify === undefined))
      throw new Failure(EXIT.usage, "either a door or a file is meant", "portico door protocol", "name a door, or a file with --verify");
    if (door === undefined) await verify(surroundings, options.verify!, options);
    else await print(surroundings, door, options);
  });
}

async function print(surroundings: Surroundings, door: string, options: ProtocolOptions): Promise<void> {
  const client = await clientFor(surroundings, options);
  const { site, publicKey, record } = await client.ask("GET /v1/commissioning/:id/protocol", { params: { id: door } });
  if (record === null) throw new Failure(EXIT.refused, "it was never commissioned", `door ${door}`, `portico door commission ${door}`);
  const { protocolText } = await import("./protocol-text.ts");
  const { readCommissioningProtocol } = await import("@portico/card-protocol");
  const { nodeVerifier } = await import("@portico/card-protocol/node");
  const bytes = hexToBytes(record)!;
  const read = readCommissioningProtocol(bytes, site, () => ok(hexToBytes(publicKey)!), nodeVerifier);
  if (!read.ok)
    throw new Failure(EXIT.refused, `its protocol is not believed: ${read.error}, ${read.detail}`, `door ${door}`, `portico door commission ${door}`);
  const text = protocolText(site, read.value, bytes);
  if (options.out === undefined) surroundings.terminal.out(text);
  else {
    const path = typedPath(surroundings, options.out);
    writeFileSync(path, text, { flag: "wx" });
    surroundings.terminal.out(`${path}\n`);
  }
  surroundings.terminal.err(`signed by ${publicKey}, the key of controller ${read.value.controller}\n`);
}

async function verify(surroundings: Surroundings, file: string, options: ProtocolOptions): Promise<void> {
  const text = readFileSync(typedPath(surroundings, file), "utf8");
  const { protocolIn, verifyProtocolText } = await import("./protocol-text.ts");
  const found = protocolIn(text);
  if (found === undefined) throw new Failure(EXIT.refused, "this is no protocol", file, "name a file of portico door protocol --out");
  const key = options.key ?? (await keyOfController(surroundings, found.door, options));
  const verified = verifyProtocolText(text, key);
  if (!verified.ok)
    throw new Failure(
      EXIT.refused,
      `it is not believed: ${verified.error}, ${verified.detail}`,
      file,
      verified.error === "KeyUntrusted" ? "give the key of the controller that signed it: --key" : "ask its controller for it anew: portico door protocol",
    );
  const { controller, door, outcome, by } = verified.value;
  const sha256 = createHash("sha256").update(found.record).digest("hex");
  writeFacts(
    surroundings.terminal,
    options.format,
    [["verified", `${door} of ${controller}: ${outcome}, by ${by}`], ["signed by", bytesToHex(key)], ["record", `${sha256}, as the event DoorCommissioned names it`]], // prettier-ignore
    { door, controller, outcome, by, key: bytesToHex(key), record: sha256 },
  );
}

async function keyOfController(surroundings: Surroundings, door: string, options: ProtocolOptions): Promise<Uint8Array> {
  const client = await clientFor(surroundings, options);
  return hexToBytes((await client.ask("GET /v1/commissioning/:id/protocol", { params: { id: door } })).publicKey)!;
}
