import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

/*
 * The write-ahead log as SQLite writes it: a header, then frames of one page each. Source: sqlite.org/fileformat2.html#the_write_ahead_log.
 *
 *   header   magic 4, version 4, page size 4, checkpoint 4, salt 8, checksum 8
 *   frame    page number 4, size of the database in pages 4 (0 but in the frame that commits), salt 8, checksum 8, page
 *
 * A checksum covers everything in front of it since the header, but for the salts of frames. Frames of an older round have other salts.
 */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The lowest bit says in which order bytes make the words that are summed: 0 little-endian, 1 big-endian. */
const MAGIC = 0x377f0682;
const VERSION = 3_007_000;
const SALT = { at: 8, end: 16 } as const;

/** Two sums of 32 bits that go through words of 32 bits in turn. */
type Sums = readonly [number, number];

/**
 * What no crash of a program does to a write-ahead log: a commit in the middle of it that does not hold. SQLite takes such a log for one that ends there, and
 * every commit behind it, durable ones too, for never made.
 *
 * Only the last commit may be torn: a program is killed while it writes it, or a power cut comes before the disk has all of it. The disk may then have taken
 * later pages before earlier ones, so that behind a power cut this is no damage. What a rolled back transaction left lies behind the last commit and holds none.
 *
 * @returns what is damaged, for people; undefined for a log that is whole, torn at its end, empty or not there
 */
export function walDamage(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    return size < HEADER_BYTES ? undefined : damageOf(file, size);
  } finally {
    closeSync(file);
  }
}

function damageOf(file: number, size: number): string | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  readSync(file, header, 0, HEADER_BYTES, 0);
  const magic = header.readUInt32BE(0);
  const isLittle = magic === MAGIC;
  const pageBytes = header.readUInt32BE(8);
  let sums = summed(header, 0, 24, [0, 0], isLittle);
  if ((!isLittle && magic !== MAGIC + 1) || header.readUInt32BE(4) !== VERSION || !isPageSize(pageBytes) || !holds(header, 24, sums))
    return "its header does not hold";
  const salt = header.subarray(16, 24);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + pageBytes);
  const frames = Math.floor((size - HEADER_BYTES) / frame.length);
  let broken: number | undefined;
  let commits = 0;
  for (let nth = 1; nth <= frames; nth++) {
    const isWhole = broken === undefined;
    readSync(file, frame, 0, isWhole ? frame.length : FRAME_HEADER_BYTES, HEADER_BYTES + (nth - 1) * frame.length);
    const isOfThisRound = frame.compare(salt, 0, salt.length, SALT.at, SALT.end) === 0;
    if (isWhole) {
      sums = summed(frame, FRAME_HEADER_BYTES, frame.length, summed(frame, 0, 8, sums, isLittle), isLittle);
      if (isOfThisRound && holds(frame, 16, sums)) continue;
      broken = nth;
    }
    if (isOfThisRound && frame.readUInt32BE(4) !== 0) commits++;
    if (commits === 2) return `frame ${broken} of ${frames} does not hold, and there are commits behind it`;
  }
  return undefined;
}

const isPageSize = (bytes: number): boolean => bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;

const holds = (bytes: Buffer, at: number, sums: Sums): boolean => bytes.readUInt32BE(at) === sums[0] && bytes.readUInt32BE(at + 4) === sums[1];

function summed(bytes: Buffer, from: number, to: number, [first, second]: Sums, isLittle: boolean): Sums {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = from; at < to; at += 8) {
    first = (first + words.getUint32(at, isLittle) + second) >>> 0;
    second = (second + words.getUint32(at + 4, isLittle) + first) >>> 0;
  }
  return [first, second];
}
