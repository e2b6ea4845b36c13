import { atLocal, isLocalDate, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { columnOf, csvRecords } from "./card-export-file.ts";
import { EXIT, Failure } from "./failure.ts";

/** One line of an old system's log. */
export interface OldLogLine {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Unix seconds. */
  readonly at: number;
  /** As the old system calls it. */
  readonly reader: string;
  /** As it writes it; never told back. Null: none. */
  readonly card: string | null;
  /** Null: what it tells of is no decision. */
  readonly granted: boolean | null;
}

/** How an old system's log is to be read: its columns, its words, its clock. */
export interface OldLogReading {
  /** Undefined: the first of the presets that is there. */
  readonly time: string | undefined;
  readonly reader: string | undefined;
  /** One column, or two parted by a comma: facility code and number. */
  readonly card: string | undefined;
  readonly outcome: string | undefined;
  /** Its words for yes and no; empty: the presets. */
  readonly granted: readonly string[];
  readonly denied: readonly string[];
  /** IANA zone that times without one are in. */
  readonly zone: string;
  /** Added to each time: how far its clock is behind. */
  readonly shiftS: number;
}

const TIME_COLUMNS = ["time", "timestamp", "datetime", "date", "when", "时间", "刷卡时间"];
const READER_COLUMNS = ["reader", "door", "device", "access_point", "location", "门", "读卡器", "设备"];
const CARD_COLUMNS = ["card", "card_number", "cardno", "card_no", "number", "uid", "卡号"];
const OUTCOME_COLUMNS = ["outcome", "result", "event", "status", "decision", "结果", "事件"];
const GRANTED_WORDS = ["granted", "grant", "access granted", "allowed", "accepted", "success", "ok", "yes", "true", "1", "允许", "通过", "成功"];
const DENIED_WORDS = ["denied", "deny", "access denied", "refused", "rejected", "failed", "no", "false", "0", "拒绝", "禁止", "失败"];

/**
 * Reads an old system's log: CSV with a heading, parted by commas, semicolons or tabs, in UTF-8 or GBK.
 *
 * @throws Failure 2 where it cannot be read as one, naming line and column, never a card number
 */
export async function readOldLog(file: string, bytes: Uint8Array, reading: OldLogReading): Promise<OldLogLine[]> {
  const [heading, ...body] = await csvRecords(file, bytes);
  if (heading === undefined) throw new Failure(EXIT.usage, "the file is empty", file, "export it again, with a heading");
  const names = heading.cells.map((cell) => cell.toLowerCase());
  const time = columnOf(file, names, reading.time, TIME_COLUMNS, "--time");
  const reader = columnOf(file, names, reading.reader, READER_COLUMNS, "--at");
  const outcome = columnOf(file, names, reading.outcome, OUTCOME_COLUMNS, "--outcome");
  const cards = reading.card === undefined ? [columnOf(file, names, undefined, CARD_COLUMNS, "--card")] : reading.card.split(",").map((name) => columnOf(file, names, name.trim(), [], "--card")); // prettier-ignore
  const words = [
    ...wordsOf(reading.granted, GRANTED_WORDS).map((word): [string, boolean] => [word, true]),
    ...wordsOf(reading.denied, DENIED_WORDS).map((word): [string, boolean] => [word, false]),
  ];
  const meaning = new Map(words);
  return body.map(({ cells, line }) => {
    const at = instantOf(cells[time] ?? "", reading.zone);
    if (at === undefined)
      throw new Failure(EXIT.usage, "this is no time that can be read", `${file}:${line}, column ${names[time]}: ${(cells[time] ?? "").slice(0, 40)}`, "write 2027-01-11 08:30:05, 2027-01-11T08:30:05+08:00, or Unix seconds; --time names another column"); // prettier-ignore
    const card = cards.map((index) => cells[index] ?? "").join(":");
    return {
      line,
      at: at + reading.shiftS,
      reader: cells[reader] ?? "",
      card: card.replaceAll(":", "") === "" ? null : card,
      granted: meaning.get((cells[outcome] ?? "").toLowerCase()) ?? null,
    };
  });
}

const wordsOf = (given: readonly string[], presets: readonly string[]): readonly string[] =>
  given.length === 0 ? presets : given.map((word) => word.toLowerCase());

/** Unix seconds of a time as logs write it; undefined: it is none. */
export function instantOf(text: string, zone: string): number | undefined {
  if (/^\d{10}$/.test(text) || /^\d{13}$/.test(text)) return within(Math.floor(Number(text) / (text.length === 13 ? 1000 : 1)));
  const [, year, month, day, hour, minute, second = "0", offset] =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?\s*(Z|[+-]\d{2}:?\d{2})?$/.exec(text) ?? [];
  const date = `${year}-${month?.padStart(2, "0")}-${day?.padStart(2, "0")}`;
  if (!isLocalDate(date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const secondOfDay = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  if (offset === undefined) return within(atLocal(zone, date, secondOfDay));
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(offset) ?? ["", "+", "0", "0"];
  const eastS = (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
  return within(Date.parse(`${date}T00:00:00Z`) / 1000 + secondOfDay - eastS);
}

const within = (at: number): number | undefined => (at >= 0 && at <= U32_MAX ? unixSeconds(at) : undefined);
