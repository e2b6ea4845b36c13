import { InvalidArgumentError } from "commander";

/** startS ≤ t < endS in seconds since local midnight; endS may pass 86,400: it crosses midnight. */
export interface Range {
  readonly startS: number;
  readonly endS: number;
}
export type Ranges = readonly Range[];
/** As the cloud takes it: keys 1 Monday to 7 Sunday. */
export type Weekdays = { readonly [_ in "1" | "2" | "3" | "4" | "5" | "6" | "7"]?: Range[] };

const DAY_S = 86_400;
const WORDS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** `mon-fri=07:00-22:00`, `sat=08:00-12:00,13:00-18:00`, `sun=closed`. @param before  days that were named already: none is named twice */
export function dayRanges(text: string, before: Weekdays): Weekdays {
  const [days = "", ranges] = text.split("=", 2);
  const [first = "", last = first, ...more] = days.toLowerCase().split("-");
  const [from, to] = [WORDS.indexOf(first as never), WORDS.indexOf(last as never)];
  if (from === -1 || to < from || more.length > 0 || ranges === undefined)
    throw new InvalidArgumentError(`A day or days of ${WORDS.join(", ")} are wanted, such as mon-fri=07:00-22:00.`);
  const read = rangesOf(ranges);
  const named = WORDS.slice(from, to + 1).map((word) => String(WORDS.indexOf(word) + 1) as keyof Weekdays);
  const twice = named.find((day) => before[day] !== undefined);
  if (twice !== undefined) throw new InvalidArgumentError(`${WORDS[Number(twice) - 1]} is named twice; part its ranges by commas.`);
  return Object.fromEntries(named.map((day) => [day, read]));
}

/** `exams=06:00-24:00`, `open-days=closed`. */
export function specialRanges(text: string): { readonly group: string; readonly periods: Ranges } {
  const [group = "", ranges] = text.split("=", 2);
  if (group === "" || ranges === undefined) throw new InvalidArgumentError("A group and its ranges are wanted, such as exams=06:00-24:00 or open-days=closed.");
  return { group, periods: rangesOf(ranges) };
}

/** `07:00-22:00`, several parted by commas, `closed`. */
function rangesOf(text: string): Range[] {
  if (text === "closed") return [];
  return text.split(",").map((part) => {
    const [, startH, startM, endH, endM] = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(part.trim()) ?? [];
    const [startS, endS] = [secondsOf(startH, startM), secondsOf(endH, endM)];
    if (startS === undefined || endS === undefined || startS >= DAY_S || startS === endS)
      throw new InvalidArgumentError("Ranges such as 07:00-22:00 are wanted; 24:00 is the end of the day, and 22:00-06:00 crosses midnight.");
    return { startS, endS: endS < startS ? endS + DAY_S : endS };
  });
}

function secondsOf(hours: string | undefined, minutes: string | undefined): number | undefined {
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  return Number(minutes) < 60 && seconds <= DAY_S ? seconds : undefined;
}

/** `07:00-22:00, 23:00-06:00`; `closed`. */
export function rangesText(ranges: Ranges): string {
  if (ranges.length === 0) return "closed";
  return ranges.map(({ startS, endS }) => `${clockText(startS)}-${clockText(endS > DAY_S ? endS - DAY_S : endS)}`).join(",");
}

const clockText = (seconds: number): string => {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return [hours, minutes, ...(rest === 0 ? [] : [rest])].map((part) => String(part).padStart(2, "0")).join(":");
};

/** `mon-fri 07:00-22:00; sat 08:00-12:00`: days in a row that are alike stand together. */
export function weekText(weekly: { readonly [day: string]: Ranges | undefined }): string {
  const days = WORDS.map((word, nth) => ({ word, text: weekly[String(nth + 1)] === undefined ? "closed" : rangesText(weekly[String(nth + 1)]!) }));
  const runs: { from: string; to: string; text: string }[] = [];
  for (const { word, text } of days) {
    const last = runs.at(-1);
    if (last?.text === text) last.to = word;
    else runs.push({ from: word, to: word, text });
  }
  return (
    runs
      .filter(({ text }) => text !== "closed")
      .map(({ from, to, text }) => `${from === to ? from : `${from}-${to}`} ${text}`)
      .join("; ") || "closed"
  );
}
