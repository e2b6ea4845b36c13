import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";

/** A list file of 100,000 people has about 10 MB. */
const BYTES_MAX = 128 * 1024 * 1024;
/** Read at a time. */
const PIECE_BYTES = 64 * 1024;

/** A file that cannot be read, or not to its end. */
export class UnreadableFile extends Error {
  override readonly name = "UnreadableFile";
  readonly remedy: string;
  constructor(what: string, remedy: string) {
    super(what);
    this.remedy = remedy;
  }
}

/**
 * The text of a list file, in pieces. UTF-8 with or without byte order mark, or GBK.
 *
 * @param heading  what to begin the file with where it is missing
 * @throws UnreadableFile, also between two pieces: a stick may be pulled out
 */
export function* readFileText(folder: string, file: string, heading: string): Generator<string, void> {
  const path = join(folder, file);
  try {
    const found = statSync(path);
    // A pipe or a device would be waited for, maybe for ever.
    if (!found.isFile()) throw new UnreadableFile(`this is ${kindOf(found)}, not a file`, "Put the CSV file itself there.");
    if (found.size > BYTES_MAX) throw new UnreadableFile(`the file has more than ${BYTES_MAX / 1024 / 1024} MiB`, "Check that it is the right file.");
    const encoding = ["utf-8", "gb18030"].find((name) => isText(path, name));
    if (encoding === undefined) throw new UnreadableFile("the text is neither UTF-8 nor GBK", "Save it again as “CSV UTF-8”.");
    yield* decoded(path, encoding);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      throw new UnreadableFile(
        "the file is missing",
        `A list is never shortened by a missing file. If it is to be empty, make it with the one line: ${heading}`,
      );
    if (code === undefined) throw error;
    throw new UnreadableFile(`the file cannot be read: ${code}`, "Let the user who runs the controller read it; check the disk.");
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a pipe";
  return found.isSocket() ? "a socket" : "a device";
}

function isText(path: string, encoding: string): boolean {
  try {
    for (const _ of decoded(path, encoding));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_ENCODING_INVALID_ENCODED_DATA") return false;
    throw error;
  }
}

function* decoded(path: string, encoding: string): Generator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const piece = new Uint8Array(PIECE_BYTES);
  // Somebody may have put a pipe there meanwhile.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) throw new UnreadableFile("this is no file any more", "Put the CSV file itself there.");
    for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) yield decoder.decode(piece.subarray(0, read), { stream: true });
    yield decoder.decode();
  } finally {
    closeSync(descriptor);
  }
}
