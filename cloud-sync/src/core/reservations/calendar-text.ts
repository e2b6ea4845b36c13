import type { Span } from "./span.ts";

/** One event of a calendar that is followed. */
export interface CalendarEntry extends Span {
  /** Unique for ever, without white space. */
  readonly uid: string;
  readonly summary: string;
  readonly location: string;
}

/** Octets of a line. RFC 5545 §3.1. */
const LINE_OCTETS = 75;
const utc = (seconds: number): string => new Date(seconds * 1000).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");

/** An iCalendar object, RFC 5545: lines end by CR LF and are folded at 75 octets. Times are UTC: whoever reads it shows his own. @param stamp  when it was made */
export function calendarText(name: string, entries: readonly CalendarEntry[], stamp: number): string {
  const lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Portico//Reservations//EN", "CALSCALE:GREGORIAN", `X-WR-CALNAME:${escaped(name)}`];
  for (const { uid, summary, location, from, until } of entries)
    lines.push(
      "BEGIN:VEVENT",
      `UID:${uid}@portico.invalid`,
      `DTSTAMP:${utc(stamp)}`,
      `DTSTART:${utc(from)}`,
      `DTEND:${utc(until)}`,
      `SUMMARY:${escaped(summary)}`,
      ...(location === "" ? [] : [`LOCATION:${escaped(location)}`]),
      "TRANSP:OPAQUE",
      "END:VEVENT",
    );
  lines.push("END:VCALENDAR");
  return lines.map((line) => `${folded(line)}\r\n`).join("");
}

/** RFC 5545 §3.3.11. Control characters have no way to be written there. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\\;,]/g, (character) => `\\${character}`)
    .replaceAll(/\r\n|\r|\n/g, "\\n")
    .replaceAll(/\p{Cc}/gu, "");

function folded(line: string): string {
  let [text, octets] = ["", 0];
  for (const character of line) {
    const size = octetsOf(character.codePointAt(0)!);
    if (octets + size > LINE_OCTETS) [text, octets] = [`${text}\r\n `, 1];
    text += character;
    octets += size;
  }
  return text;
}

/** Octets of a character in UTF-8. RFC 3629 §3. */
const octetsOf = (codePoint: number): number => (codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4);
