/** First and last byte that may lead a pair, and that may trail one. */
const LEADS = [0x81, 0xfe] as const;
const TRAILS = [0x40, 0xfe] as const;
const NO_TRAIL = 0x7f;
const UNKNOWN = 0x3f; // ?
const LINE_END = 0x0a;
/** What the decoder answers for bytes that stand for nothing. */
const NOT_A_PAIR = "\ufffd";

let pairs: ReadonlyMap<string, number> | undefined;

/** Every character of two bytes, read from the platform's own decoder once it is needed. */
function pairOf(character: string): number | undefined {
  pairs ??= readPairs();
  return pairs.get(character);
}

function readPairs(): ReadonlyMap<string, number> {
  const decoder = new TextDecoder("gb18030");
  const trails = Array.from({ length: TRAILS[1] - TRAILS[0] + 1 }, (_, place) => TRAILS[0] + place).filter((trail) => trail !== NO_TRAIL);
  const read = new Map<string, number>();
  for (let lead: number = LEADS[0]; lead <= LEADS[1]; lead++) {
    const lines = decoder.decode(Uint8Array.from(trails.flatMap((trail) => [lead, trail, LINE_END]))).split("\n");
    trails.forEach((trail, place) => {
      const character = lines[place]!;
      if (Array.from(character).length === 1 && character !== NOT_A_PAIR && !read.has(character)) read.set(character, (lead << 8) | trail);
    });
  }
  return read;
}

/**
 * Text as GB 18030 of one and two bytes a character, which is all that a display of two lines has patterns for. A character that would take four is `?`.
 *
 * Source: GB 18030-2022, by the WHATWG decoder.
 */
export function encodeGb18030(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else {
      const pair = pairOf(character);
      if (pair === undefined) bytes.push(UNKNOWN);
      else bytes.push(pair >> 8, pair & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}
