import { AMOUNT_FEN_MAX } from "./terminal.ts";

/** A key at a till, as `AmountKey` of firmware-ts names them, or something that was no key. */
export type EntryKey = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "." | "Enter" | "Clear" | "Backspace" | "Unreadable";

/**
 * What stands at a till's keypad.
 *
 *     empty ──digit──▶ typed ──Enter──▶ entered: empty, or typed still where the terminal refuses it
 *       ▲                │ garbage, unplugged
 *       └──── Clear ── void: no key counts
 */
export interface AmountEntry {
  /** As it was typed, such as `12.5`; empty: nothing was. */
  readonly text: string;
  /** Something came that was no key, or the keypad was unplugged: a digit may be missing, so that none of it is an amount. */
  readonly isVoid: boolean;
}

export const NOTHING_TYPED: AmountEntry = { text: "", isVoid: false };

/** What a key does. `cancel`: Clear where nothing was typed takes back an amount that waits for a card. */
export type EntryAct = { readonly kind: "entered"; readonly amountFen: number } | { readonly kind: "cancel" };

const YUAN_DIGITS_MAX = `${AMOUNT_FEN_MAX / 100}`.length;
const FEN_DIGITS = 2;

/** The entry behind a key. A key that would make no amount (a second point, a third decimal) changes nothing. */
export function pressEntry(entry: AmountEntry, key: EntryKey): { readonly entry: AmountEntry; readonly act?: EntryAct } {
  if (key === "Unreadable") return { entry: voided(entry) };
  if (key === "Clear") return entry === NOTHING_TYPED ? { entry, act: { kind: "cancel" } } : { entry: NOTHING_TYPED };
  if (entry.isVoid) return { entry };
  const { text } = entry;
  if (key === "Enter") return text === "" ? { entry } : { entry, act: { kind: "entered", amountFen: fenOf(text) } };
  return { entry: typed(key === "Backspace" ? text.slice(0, -1) : appended(text, key)) };
}

/** What was typed may be missing a digit. Where nothing was typed, so may the first one. */
export const voided = (entry: AmountEntry): AmountEntry => ({ ...entry, isVoid: true });

/** What was typed, in fen; 0 where nothing was. */
export function fenOf(text: string): number {
  const [yuan = "", fen = ""] = text.split(".");
  return Number(yuan) * 100 + Number(fen.padEnd(FEN_DIGITS, "0"));
}

const typed = (text: string): AmountEntry => (text === "" ? NOTHING_TYPED : { text, isVoid: false });

function appended(text: string, key: string): string {
  const [yuan = "", fen] = text.split(".");
  if (key === ".") return fen === undefined ? `${text === "" ? "0" : text}.` : text;
  if (fen !== undefined) return fen.length < FEN_DIGITS ? text + key : text;
  if (yuan === "0") return key;
  return yuan.length < YUAN_DIGITS_MAX ? text + key : text;
}
