/** The bytes of a text; half of a surrogate pair is U+FFFD. RFC 3629 §3. */
export function utf8Bytes(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const given = character.codePointAt(0)!;
    const point = given >= 0xd800 && given <= 0xdfff ? REPLACEMENT : given;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), tail(point));
    else if (point < 0x1_0000) bytes.push(0xe0 | (point >> 12), tail(point >> 6), tail(point));
    else bytes.push(0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point));
  }
  return bytes;
}

/** The text of bytes; each byte that is part of no character is U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at]!;
    const behind = lead < 0x80 ? 0 : lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : -1;
    const point = behind < 0 ? undefined : pointAt(bytes, at, behind);
    text += String.fromCodePoint(point ?? REPLACEMENT);
    at += point === undefined ? 1 : behind + 1;
  }
  return text;
}

function pointAt(bytes: Uint8Array, at: number, behind: number): number | undefined {
  if (behind === 0) return bytes[at]!;
  let point = bytes[at]! & (0x3f >> behind);
  for (let nth = 1; nth <= behind; nth++) {
    const next = bytes[at + nth];
    if (next === undefined || (next & 0xc0) !== 0x80) return undefined;
    point = point * 64 + (next & 0x3f);
  }
  return point < LEAST[behind]! || (point >= 0xd800 && point <= 0xdfff) || point > 0x10_ffff ? undefined : point;
}

const REPLACEMENT = 0xfffd;
const LEAST = [0, 0x80, 0x800, 0x1_0000] as const;
const tail = (bits: number): number => 0x80 | (bits & 0x3f);
