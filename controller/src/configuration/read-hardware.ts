import { type BoardListener, UHPPOTE_PORT } from "@portico/firmware-ts/uhppote";
import type { IsapiConfiguration, RelayBoardConfiguration, ScannerConfiguration, WireConfiguration } from "./configuration.ts";
import { ipv4Place } from "./ipv4-place.ts";
import { present } from "./present.ts";
import type { FileContent } from "./schema.ts";

/** 10 kΩ in series with the contact, 10 kΩ across it, against 10 kΩ to the supply. */
const LOOP_PRESET = { closed: 500, open: 667, tolerance: 60 } as const;

/** `[[wire]]` */
export function wireOf({ id, serial, tcp, baud }: FileContent["wire"][number]): WireConfiguration {
  if (serial !== undefined) return { kind: "serial", id, device: serial, baud: baud ?? 115_200 };
  const [, host, port] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(tcp!)!;
  return { kind: "tcp", id, host: host!, port: Number(port) };
}

/** `[[isapi]]`. @param beside  resolves a path of the file */
export function isapiOf(row: FileContent["isapi"][number], beside: (path: string) => string): IsapiConfiguration {
  const { id, address, dialect, user, security, certificate_file: certificate, listen } = row;
  const isTls = security === "tls";
  return {
    id,
    ...ipv4Place(address, isTls ? 443 : 80)!,
    dialect,
    user,
    passwordFile: beside(row.password_file),
    ...present("tls", isTls ? present("certificateFile", certificate === undefined ? undefined : beside(certificate)) : undefined),
    ...present("listen", listen === undefined ? undefined : { ...ipv4Place(listen)!, authentication: row.push_authentication }),
  };
}

/** `[[scanner]]` */
export function scannerOf(row: FileContent["scanner"][number]): ScannerConfiguration {
  const { id, wire, pd, board, reader, terminator, gap_ms: gapMs, card, keypad, isapi } = row;
  const reads =
    card === undefined
      ? {}
      : { card: { format: card.format, byteOrder: card.byte_order, ...(card.facility === undefined ? {} : { facility: card.facility }) } };
  if (isapi !== undefined)
    return { id, isapi, ...present("door", row.door), ...present("direction", row.direction), confidenceMin: row.confidence_min ?? 0, ...reads };
  if (board !== undefined) return { id, board, reader: reader ?? 0, card: reads.card! };
  return pd === undefined ? { id, wire: wire!, terminator, gapMs, keypad: keypad ?? false, ...reads } : { id, pd, reader: reader ?? 0, ...reads };
}

/** `[[relay_board]]` */
export function boardOf(board: FileContent["relay_board"][number]): RelayBoardConfiguration {
  const { id } = board;
  if (board.protocol === "osdp") return { protocol: "osdp", id, pd: board.pd!, relays: board.relays!, inputs: board.inputs ?? 0 };
  if (board.protocol === "isapi") return { protocol: "isapi", id, isapi: board.isapi!, relays: board.relays!, inputs: 0 };
  if (board.protocol === "uhppote")
    return {
      protocol: "uhppote",
      id,
      ...ipv4Place(board.address!, UHPPOTE_PORT)!,
      ...present("listener", board.listen === undefined ? undefined : listenerOf(board.listen)),
      serialNumber: board.serial_number!,
      relays: board.relays!,
      inputs: board.inputs ?? 0,
    };
  if (board.protocol === "gpio")
    return {
      protocol: "gpio",
      id,
      chip: board.chip ?? "gpiochip0",
      relayLines: board.relay_lines!,
      inputLines: board.input_lines ?? [],
      activeLow: board.active_low ?? false,
      bias: board.bias ?? "pull-up",
    };
  const wire = board.wire!;
  if (board.protocol === "relay-avr") return { protocol: "relay-avr", id, wire, relays: board.relays!, inputs: board.inputs ?? 0 };
  if (board.protocol === "firmata")
    return {
      protocol: "firmata",
      id,
      wire,
      relayPins: board.relay_pins!,
      inputPins: board.input_pins ?? [],
      activeLow: board.active_low ?? false,
      ...present("supervised", board.supervised_pins && { pins: board.supervised_pins, loop: board.loop ?? LOOP_PRESET }),
    };
  return { protocol: "modbus-rtu", id, wire, unit: board.unit ?? 1, relays: board.relays!, inputs: board.inputs ?? 0, pollMs: board.poll_ms ?? 50 };
}

function listenerOf(listen: string): BoardListener {
  const { address, port } = ipv4Place(listen)!;
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return { address: [a, b, c, d], port };
}
