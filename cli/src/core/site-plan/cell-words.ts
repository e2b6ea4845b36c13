import { nearestWord } from "@portico/controller";

/** What a cell says, or why it says nothing. */
export type CellReading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly cause: string; readonly remedy: string };

const says = <T>(value: T): CellReading<T> => ({ ok: true, value });
const saysNot = (cause: string, remedy: string): { readonly ok: false; readonly cause: string; readonly remedy: string } => ({ ok: false, cause, remedy });

/** One of some words. */
export function readWord<W extends string>(text: string, words: readonly W[]): CellReading<W> {
  const word = words.find((each) => each === text);
  if (word !== undefined) return says(word);
  const nearest = nearestWord(text, words);
  return saysNot(`"${text}" is not known here`, nearest === undefined ? `write one of ${words.join(", ")}` : `write ${nearest}`);
}

/** A port that stands in the sheet itself. */
export type PortPlace = { readonly serial: string; readonly baud: number } | { readonly tcp: string };

/** A rate that most OSDP readers and relay boards leave the factory with. */
const BAUD = 9_600;
/** Readers of codes are set to it: docs/hardware.md. */
const QR_BAUD = 115_200;

/** `/dev/ttyUSB0`, `/dev/ttyUSB0@9600`, `10.1.7.20:4001`; undefined: it is a name. */
export function portOf(text: string, use: "qr" | "bus"): PortPlace | undefined {
  const [, path, baud] = /^(\/[^@]+)(?:@(\d+))?$/.exec(text) ?? [];
  if (path !== undefined) return { serial: path, baud: baud === undefined ? (use === "qr" ? QR_BAUD : BAUD) : Number(baud) };
  return /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):\d{1,5}$/.test(text) ? { tcp: text } : undefined;
}

/** The id of a port that has no name: `/dev/serial/by-id/usb-FTDI-if00` is `usb-ftdi-if00`, `10.1.7.20:4001` is `10.1.7.20-4001`. */
export function idOfPort(port: PortPlace): string {
  const text = "tcp" in port ? port.tcp : (port.serial.split("/").findLast((part) => part !== "") ?? "port");
  return text.toLowerCase().replace(/[^a-z0-9._-]+/g, "-").replace(/^[^a-z0-9]+/, "").slice(0, 64) || "port"; // prettier-ignore
}

/** Where a relay or input is: of the row's own reader, of a board of the base, or of a Modbus unit on a line. */
export type ContactPlace = { readonly number: number } & (
  | { readonly kind: "reader" }
  | { readonly kind: "board"; readonly board: string }
  | { readonly kind: "unit"; readonly bus: string; readonly unit: number }
);

/** `reader:0`, `box:0`, `relays/1:0`, `10.1.7.20:4001/1:0`. */
export function readContactPlace(text: string): CellReading<ContactPlace> {
  const example = "reader:0, <board>:0 or <bus>/<unit>:0";
  const [, where, digits] = /^(.+):(\d{1,3})$/.exec(text) ?? [];
  if (where === undefined) return saysNot(`"${text}" names no relay or input`, `write ${example}`);
  const number = Number(digits);
  const [, bus, unit] = /^(.+)\/(\d{1,3})$/.exec(where) ?? [];
  if (bus !== undefined) {
    if (Number(unit) < 1 || Number(unit) > 247) return saysNot(`unit ${unit} does not exist`, "write a unit from 1 to 247");
    return says({ kind: "unit", bus, unit: Number(unit), number });
  }
  if (where === "reader") return says({ kind: "reader", number });
  if (where.includes("/") || where.includes(":")) return saysNot(`"${text}" does not say which unit`, `write ${where}/1:${number}`);
  return says({ kind: "board", board: where, number });
}

/** A reader as the sheet names it; `nth` counts the readers of one PD or board. */
export interface ReaderWords {
  readonly kind: "osdp" | "qr" | "wiegand";
  readonly nth: number;
}

/** `osdp`, `osdp:1`, `qr`, `wiegand:1`. */
export function readReader(text: string): CellReading<ReaderWords> {
  const [, kind = text, nth] = /^([^:]*):(\d)$/.exec(text) ?? [];
  const word = readWord(kind, ["osdp", "qr", "wiegand"] as const);
  if (!word.ok) return word;
  if (word.value === "qr" && nth !== undefined) return saysNot("a serial line has one QR reader", "write qr");
  return says({ kind: word.value, nth: Number(nth ?? 0) });
}

/** `refuse`, `emergency`, `qr=refuse card=emergency`. */
export function readUntrustedClock(text: string): CellReading<{ readonly qr: string; readonly card: string }> {
  const words = ["refuse", "emergency"] as const;
  if (!text.includes("=")) {
    const both = readWord(text, words);
    return both.ok ? says({ qr: both.value, card: both.value }) : both;
  }
  const [, qr, card] = /^qr=(\w+)[\s,]+card=(\w+)$/.exec(text) ?? [];
  if (qr === undefined || card === undefined) return saysNot(`"${text}" cannot be read`, "write qr=refuse card=emergency");
  for (const each of [qr, card]) {
    const word = readWord(each, words);
    if (!word.ok) return word;
  }
  return says({ qr, card });
}

const CARD_FORMATS = ["uid-hex", "decimal-8", "decimal-10", "wiegand-26", "wiegand-34", "wiegand-37"] as const;

/** `wiegand-26`, `uid-hex lsb-first`, `wiegand-26 facility=17`. */
export function readCard(text: string): CellReading<Readonly<Record<string, string | number>>> {
  const [format = "", ...rest] = text.split(/\s+/);
  const word = readWord(format, CARD_FORMATS);
  if (!word.ok) return word;
  const card: Record<string, string | number> = { format: word.value };
  for (const each of rest) {
    const [, facility] = /^facility=(\d{1,5})$/.exec(each) ?? [];
    if (facility !== undefined) card["facility"] = Number(facility);
    else {
      const order = readWord(each, ["msb-first", "lsb-first"] as const);
      if (!order.ok) return saysNot(order.cause, `${order.remedy}, or facility=17`);
      card["byte_order"] = order.value;
    }
  }
  return says(card);
}

/** A value of a column that is a key of `portico.toml`: a number, true, false, JSON of a table or list, else a text. */
export function readKeyText(text: string): unknown {
  if (/^-?\d+$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // the reader of the configuration says that it is none
  }
}
