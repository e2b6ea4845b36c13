import type { PortFinding } from "@portico/firmware-ts/discovery";
import { idOfPort, portOf } from "../site-plan/cell-words.ts";
import type { Table } from "../site-plan/plan-base.ts";
import { tomlText } from "../site-plan/toml-text.ts";

/** A port with what was found on it. */
export interface ScannedPort {
  /** A serial port's path, or `host:port`. */
  readonly port: string;
  readonly findings: readonly PortFinding[];
}

/** A UHPPOTE board that answered on the network. */
export interface NetworkBoard {
  readonly address: string;
  readonly serialNumber: number;
}

/** Relays and inputs that `portico.toml` can name of a board. */
const CHANNELS_MAX = 64;
const READERS_MAX = 8;
const QR_BAUD = 115_200;

/**
 * Tables of `portico.toml` for what was found, as text with remarks: they are valid within a file that has its `[site]`, `[controller]` and `[clock]`. What
 * nobody but the technician can know, a remark asks for. Empty: nothing was found that can be configured.
 */
export function proposal(ports: readonly ScannedPort[], boards: readonly NetworkBoard[] = []): string {
  const parts = ports.flatMap(({ port, findings }) => {
    const usable = findings.filter(({ kind }) => kind !== "unknown");
    return usable.length === 0 ? [] : [portText(port, usable)];
  });
  return [...parts, ...boards.map(networkText)].join("\n");
}

function portText(port: string, findings: readonly PortFinding[]): string {
  const place = portOf(port, "bus") ?? { serial: port, baud: 0 };
  const id = idOfPort(place);
  const wire = { id, ...("tcp" in place ? place : { serial: port, baud: findings[0]!.baud }) };
  return [tomlText({ wire: [wire] }), ...findings.map((finding) => findingText(id, finding))].join("\n");
}

function findingText(wire: string, finding: PortFinding): string {
  switch (finding.kind) {
    case "modbus-rtu": {
      const { unit, relays, inputs } = finding;
      if (relays === 0) return `# Modbus unit ${unit} answers, and has no relays that can be read: it is no relay board.\n`;
      return tomlText({ relay_board: [{ id: `${wire}-${unit}`, wire, protocol: "modbus-rtu", unit, relays, inputs }] });
    }
    case "osdp":
      return osdpText(wire, finding);
    case "relay-avr":
      return `${board({ id: wire, wire, protocol: "relay-avr", relays: 8, inputs: 6 })}# A Wiegand reader on it: [[scanner]] with board = "${wire}", reader = 0, card = { format = "wiegand-26" }\n`;
    case "firmata":
      return `# ${remark(finding.name) || "A Firmata board"}: write the pins that relays and contacts hang on. Never alone for a lock: docs/hardware.md\n${board({ id: wire, wire, protocol: "firmata", relay_pins: [8], input_pins: [2, 3] })}`;
    case "gm65":
      return `${slow(finding.baud, wire)}${tomlText({ scanner: [{ id: wire, wire }] })}`;
    case "scanner":
      return `${slow(finding.baud, wire)}${tomlText({ scanner: [{ id: wire, wire, terminator: finding.terminator }] })}# If it reads cards too: card = { format = "uid-hex" }\n`;
    case "unknown":
      return "";
  }
}

const board = (table: Table): string => tomlText({ relay_board: [table] });
const slow = (baud: number | undefined, wire: string): string =>
  baud === undefined || baud >= QR_BAUD
    ? ""
    : `# At ${baud} baud one pass takes long: portico device gm65 <port>, then baud = ${QR_BAUD} at [[wire]] ${wire}\n`;
/** What a device says of itself, as a remark may hold it. */
const remark = (text: string): string => text.replace(/[^\x20-\x7e]/g, "");

function osdpText(wire: string, { address, capabilities, check }: Extract<PortFinding, { readonly kind: "osdp" }>): string {
  const id = `${wire}-${address}`;
  const isClear = capabilities?.hasAes === false;
  const pd = tomlText({ osdp_pd: [{ id, wire, address, security: isClear ? "clear-text" : undefined }] });
  const readers = Math.min(READERS_MAX, capabilities?.readers ?? 1);
  const scanners = Array.from({ length: readers }, (_, nth) => ({ id: nth === 0 ? id : `${id}-reader-${nth}`, pd: id, reader: nth === 0 ? undefined : nth }));
  const relays = Math.min(CHANNELS_MAX, capabilities?.outputs ?? 0);
  const outputs = { id: `${id}-outputs`, pd: id, protocol: "osdp", relays, inputs: Math.min(CHANNELS_MAX, capabilities?.inputs ?? 0) };
  return [
    check === "checksum" ? "# It knows no CRC: Portico speaks OSDP with CRC alone, so it will not answer.\n" : "",
    isClear ? "# It says that it knows no AES: everybody on its line can read cards and open what hangs on it.\n" : "",
    pd,
    isClear ? "" : `# A key of its own: portico device osdp key ${id} --install-mode\n`,
    ...(readers === 0 ? [] : [`\n${tomlText({ scanner: scanners })}# As its cards are: card = { format = "wiegand-26" }\n`]),
    ...(relays === 0 ? [] : [`\n${board(outputs)}`]),
  ].join("");
}

const networkText = ({ address, serialNumber }: NetworkBoard): string =>
  `# It knows no keys: everybody on its network can open its doors. Give it a network of its own.
${board({ id: `uhppote-${serialNumber}`, protocol: "uhppote", address, serial_number: serialNumber, security: "clear-text", relays: 4, inputs: 10 })}`;

/** What was found, in a line for people. */
export function findingWords(finding: PortFinding): string {
  switch (finding.kind) {
    case "modbus-rtu":
      return `Modbus unit ${finding.unit}: ${finding.relays} relays, ${finding.inputs} inputs`;
    case "osdp": {
      const { address, check, identity, capabilities } = finding;
      const who = identity === undefined ? "" : `: vendor ${identity.vendor} model ${identity.model} serial ${identity.serial} firmware ${identity.firmware}`;
      const has = capabilities === undefined ? "" : `; ${capabilities.readers} readers, ${capabilities.outputs} outputs, ${capabilities.inputs} inputs${capabilities.hasAes ? "" : ", no AES"}`; // prettier-ignore
      return `OSDP address ${address}${check === "crc" ? "" : ", checksum alone"}${who}${has}`;
    }
    case "relay-avr":
      return `our relay board, version ${finding.version}${finding.isActiveLow ? ", active low" : ""}`;
    case "firmata":
      return `Firmata ${finding.version}: ${remark(finding.name)}`;
    case "gm65":
      return "QR head of the GM65 family";
    case "scanner":
      return `a scanner: lines that end with ${finding.terminator.toUpperCase()}`;
    case "unknown":
      return `${finding.bytes} bytes that are nothing known: another protocol or rate, or a scanner that was used`;
  }
}
