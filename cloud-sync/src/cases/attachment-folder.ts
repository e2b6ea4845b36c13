import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { bytesToHex, type RandomBytes } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";

/** What lies there for a day without a case that names it is nobody's. */
const ORPHANED_AFTER_MS = 86_400_000;
const HASH = /^[0-9a-f]{64}$/;

/**
 * Attachments by the SHA-256 of their bytes: `<folder>/ab/ab…`. A file is there as a whole or not at all, and outlives a power cut from the moment on that it was
 * put there. What was put twice is there once.
 */
export class AttachmentFolder {
  readonly #folder: string;
  readonly #randomBytes: RandomBytes;

  /** @param folder  made when it is needed */
  constructor(folder: string, randomBytes: RandomBytes) {
    this.#folder = folder;
    this.#randomBytes = randomBytes;
  }

  /** @returns the SHA-256, hex */
  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = bytesToHex(nodeSha256(bytes));
    if ((await this.get(sha256)) !== undefined) return sha256;
    const folder = join(this.#folder, sha256.slice(0, 2));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const written = join(folder, `${sha256}.${bytesToHex(this.#randomBytes(8))}.part`);
    try {
      await durably(written, bytes);
      await rename(written, join(folder, sha256));
    } catch (error) {
      await rm(written, { force: true });
      throw error;
    }
    await synced(folder);
    return sha256;
  }

  /** Undefined: it is not there, or what lies there is something else. */
  async get(sha256: string): Promise<Uint8Array | undefined> {
    if (!HASH.test(sha256)) return undefined;
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await readFile(join(this.#folder, sha256.slice(0, 2), sha256)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    return bytesToHex(nodeSha256(bytes)) === sha256 ? bytes : undefined;
  }

  /**
   * Takes away what no case names, as where its person was erased, or a write was cut off.
   *
   * @param nowMs  by the clock of the file system
   * @returns how many files went
   */
  async sweep(isNamed: (sha256: string) => Promise<boolean>, nowMs: number): Promise<number> {
    let gone = 0;
    for (const part of await namesIn(this.#folder))
      for (const name of await namesIn(join(this.#folder, part))) {
        const path = join(this.#folder, part, name);
        if (nowMs - (await stat(path)).mtimeMs < ORPHANED_AFTER_MS || (HASH.test(name) && (await isNamed(name)))) continue;
        await rm(path, { force: true });
        gone++;
      }
    return gone;
  }
}

async function durably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** That a file is there is a change of its folder. */
async function synced(folder: string): Promise<void> {
  const opened = await open(folder, "r");
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
