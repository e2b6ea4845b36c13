/** What the board's clock shows: local time, whole seconds, no zone. */
export interface BoardTime {
  /** 2000..2099. */
  readonly year: number;
  /** 1..12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Two decimal digits, one in each half of the byte. */
export const bcd = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10);

/** Undefined where a half is no decimal digit. */
export function readBcd(byte: number): number | undefined {
  const [tens, ones] = [byte >> 4, byte & 0x0f];
  return tens > 9 || ones > 9 ? undefined : tens * 10 + ones;
}

/** Seven bytes. */
export function encodeTime({ year, month, day, hour, minute, second }: BoardTime): number[] {
  return [bcd(Math.floor(year / 100)), ...[year % 100, month, day, hour, minute, second].map(bcd)];
}

/** Seven bytes; undefined for what is no time, as boards send it that have none yet. */
export function readTime(bytes: Uint8Array, at: number): BoardTime | undefined {
  return timeOf([...bytes.subarray(at, at + 7)]);
}

/** Date of three bytes and time of three, as the status has them; the century is this one. */
export const readShortTime = (bytes: Uint8Array, dateAt: number, timeAt: number): BoardTime | undefined =>
  timeOf([0x20, ...bytes.subarray(dateAt, dateAt + 3), ...bytes.subarray(timeAt, timeAt + 3)]);

/** Date of three bytes and time of three. */
export const encodeShortTime = (time: BoardTime): { readonly date: number[]; readonly time: number[] } => {
  const bytes = encodeTime(time);
  return { date: bytes.slice(1, 4), time: bytes.slice(4) };
};

/** `2019-04-19 17:00:09` */
export function boardTimeText({ year, month, day, hour, minute, second }: BoardTime): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
}

function timeOf(bytes: readonly number[]): BoardTime | undefined {
  const [century, years, month, day, hour, minute, second] = bytes.map(readBcd);
  if (century !== 20 || years === undefined || month === undefined || day === undefined) return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return undefined;
  return { year: 2000 + years, month, day, hour, minute, second };
}
