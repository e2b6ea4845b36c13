import {
  atLocal,
  endOfDay,
  isListId,
  isLocalDate,
  isStrictPublicKey,
  startOfDay,
  U32_MAX,
  type UnixSeconds,
  unixSeconds,
  type Weekday,
} from "@portico/card-protocol";
import { nearestWord } from "../configuration/nearest-word.ts";
import type { CsvRow } from "./csv-file.ts";
import { type ListProblems, quoted } from "./list-problems.ts";

/** The days as a schedule writes them. */
export const WEEKDAYS: Readonly<Record<string, Weekday>> = { mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6, sun: 7 };

/**
 * Reads the cells of a list's rows. Each reader answers undefined where the cell holds something else; the problem is then noted, with place and remedy.
 */
export class Cells {
  readonly problems: ListProblems;
  readonly #zone: string;
  readonly #times = new Map<string, UnixSeconds | undefined>();

  constructor(problems: ListProblems, zone: string) {
    this.problems = problems;
    this.#zone = zone;
  }

  /** Notes a problem of one cell. */
  refuse(row: CsvRow, column: string, cause: string, remedy: string): undefined {
    this.problems.add(row.place(column), cause, remedy);
  }

  /** A name that a list may use. */
  id(row: CsvRow, column: string): string | undefined {
    const text = row.cell(column);
    if (isListId(text)) return text;
    if (text === "") return this.refuse(row, column, "the cell is empty", `Every row needs a ${column}.`);
    return this.refuse(row, column, `${quoted(text)} is no name`, "Use 1 to 64 letters, digits or Chinese characters; inside also . _ - / but no blank.");
  }

  /** Names with blanks or semicolons between them; at least one. */
  ids(row: CsvRow, column: string): string[] | undefined {
    const words = wordsIn(row.cell(column));
    if (words.length === 0) return this.refuse(row, column, "the cell is empty", `Name at least one, blanks between several.`);
    const bad = words.find((word) => !isListId(word));
    if (bad === undefined) return words;
    return this.refuse(
      row,
      column,
      `${quoted(bad)} is no name`,
      "Use letters, digits or Chinese characters; inside also . _ - / and put blanks between names.",
    );
  }

  /** One of these words. */
  word<Word extends string>(row: CsvRow, column: string, words: readonly Word[]): Word | undefined {
    const [found] = this.#known(row, column, [row.cell(column)], words) ?? [];
    return found;
  }

  /** Any of these words, blanks or semicolons between them; maybe none. */
  words<Word extends string>(row: CsvRow, column: string, words: readonly Word[]): Word[] | undefined {
    return this.#known(row, column, wordsIn(row.cell(column)), words);
  }

  /** `yes` or `no`; undefined without a problem where the cell is empty. */
  yesOrNo(row: CsvRow, column: string): boolean | undefined {
    return row.cell(column) === "" ? undefined : this.word(row, column, ["yes", "no"]) === "yes";
  }

  /** A whole number of 0..max. */
  integer(row: CsvRow, column: string, max: number): number | undefined {
    const text = row.cell(column);
    if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
    return this.refuse(row, column, `${quoted(text)} is no number of 0 to ${max}`, `Write a whole number of 0 to ${max}.`);
  }

  /** A credential id: 16 hex digits, in either case. */
  credentialId(row: CsvRow, column: string): string | undefined {
    const id = row.cell(column).toLowerCase();
    if (/^[0-9a-f]{16}$/.test(id)) return id;
    return this.refuse(
      row,
      column,
      `${quoted(id)} is no credential id`,
      "Write 16 hex digits; in a spreadsheet format the column as text first, or it turns digits into a number.",
    );
  }

  /** A phone's public key: 64 hex digits or 43 characters of base64url. */
  publicKey(row: CsvRow, column: string): Uint8Array | undefined {
    const text = row.cell(column);
    const bytes = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, "hex") : /^[A-Za-z0-9_-]{43}$/.test(text) ? Buffer.from(text, "base64url") : undefined;
    if (bytes === undefined)
      return this.refuse(row, column, "this is no public key", "Write the 32 bytes as 64 hex digits or as base64url, as the phone shows them.");
    const key = new Uint8Array(bytes);
    if (isStrictPublicKey(key)) return key;
    return this.refuse(row, column, "this key is weak or not in its one form, so anybody might sign with it", "Let the phone make another key.");
  }

  /**
   * The instant from which something holds: midnight of a date, or an instant. Empty: since ever.
   * A date or time without zone is one of the campus.
   */
  validFrom(row: CsvRow, column: string): UnixSeconds | undefined {
    return this.#time(row, column, "from", unixSeconds(0));
  }

  /** The instant before which something holds: the end of a date, or an instant. Empty: for ever. */
  validUntil(row: CsvRow, column: string): UnixSeconds | undefined {
    return this.#time(row, column, "until", unixSeconds(U32_MAX));
  }

  /** Both ends of a validity. */
  validity(row: CsvRow): { readonly validFrom: UnixSeconds; readonly validUntil: UnixSeconds } | undefined {
    const validFrom = this.validFrom(row, "valid_from");
    const validUntil = this.validUntil(row, "valid_until");
    if (validFrom === undefined || validUntil === undefined) return undefined;
    if (validFrom < validUntil) return { validFrom, validUntil };
    return this.refuse(row, "valid_until", "it ends before it begins", "Write a later valid_until or an earlier valid_from.");
  }

  /** A day. */
  date(row: CsvRow, column: string): string | undefined {
    const text = row.cell(column);
    if (isLocalDate(text)) return text;
    return this.refuse(row, column, `${quoted(text)} is no date`, "Write it as 2026-09-01; in a spreadsheet format the column as text first.");
  }

  /** A time of the day in seconds: `08:00`, `08:00:30`, or `24:00` for the end of the day. */
  timeOfDay(row: CsvRow, column: string): number | undefined {
    const text = row.cell(column);
    const [, hours, minutes, seconds] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text)?.map(Number) ?? [];
    const total = (hours ?? NaN) * 3600 + (minutes ?? NaN) * 60 + (seconds || 0);
    if (total <= 86_400 && minutes! < 60 && (seconds || 0) < 60) return total;
    return this.refuse(row, column, `${quoted(text)} is no time of the day`, "Write it as 08:00; the end of the day is 24:00.");
  }

  /** Days of the week: `mon-fri`, `sat`, `mon wed`, `daily`. */
  weekdays(row: CsvRow, column: string): Weekday[] | undefined {
    const days = new Set<Weekday>();
    for (const part of wordsIn(row.cell(column).toLowerCase().replaceAll(",", " "))) {
      const [first, last, more] = (part === "daily" ? "mon-sun" : part).split("-").map((day) => WEEKDAYS[day]);
      const end = part.includes("-") || part === "daily" ? last : first;
      if (first === undefined || end === undefined || more !== undefined || part.split("-").length > 2)
        return this.refuse(row, column, `${quoted(part)} is no day of the week`, "Write mon-fri, sat, mon wed, daily, or special:<group>.");
      for (let day = first; ; day = ((day % 7) + 1) as Weekday) {
        days.add(day);
        if (day === end) break;
      }
    }
    if (days.size === 0) return this.refuse(row, column, "the cell is empty", "Write mon-fri, sat, mon wed, daily, or special:<group>.");
    return [...days].sort((a, b) => a - b);
  }

  #known<Word extends string>(row: CsvRow, column: string, found: readonly string[], words: readonly Word[]): Word[] | undefined {
    const known = found.filter((word): word is Word => (words as readonly string[]).includes(word));
    if (known.length === found.length) return [...new Set(known)];
    const unknown = found.find((word) => !(words as readonly string[]).includes(word))!;
    const nearest = nearestWord(unknown, words);
    const cause = unknown === "" ? "the cell is empty" : `${quoted(unknown)} is not known here`;
    return this.refuse(row, column, cause, nearest === undefined ? `Write one of: ${words.join(", ")}` : `Write ${nearest}.`);
  }

  #time(row: CsvRow, column: string, end: "from" | "until", empty: UnixSeconds): UnixSeconds | undefined {
    const text = row.cell(column);
    if (text === "") return empty;
    const key = `${end}${text}`; // a list names few days many times
    if (!this.#times.has(key)) this.#times.set(key, this.#readTime(text, end));
    const time = this.#times.get(key);
    if (time !== undefined) return time;
    return this.refuse(
      row,
      column,
      `${quoted(text)} is neither a date nor an instant`,
      "Write 2026-09-01 (the whole day) or 2026-09-01T08:00, in campus time; or leave the cell empty for no limit.",
    );
  }

  #readTime(text: string, end: "from" | "until"): UnixSeconds | undefined {
    if (isLocalDate(text)) return end === "from" ? startOfDay(this.#zone, text) : endOfDay(this.#zone, text);
    const [, date, hours, minutes, seconds, offset] = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?$/.exec(text) ?? [];
    if (date === undefined || !isLocalDate(date)) return undefined;
    const secondOfDay = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
    if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds ?? 0) > 59) return undefined;
    if (offset === undefined) return atLocal(this.#zone, date, secondOfDay);
    const at = Date.parse(`${date}T${hours}:${minutes}:${seconds ?? "00"}${offset}`) / 1000;
    return at >= 0 && at <= U32_MAX ? unixSeconds(at) : undefined;
  }
}

const wordsIn = (text: string): string[] => text.split(/[\s;]+/).filter((word) => word !== "");
