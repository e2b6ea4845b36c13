import { readFileSync, statSync } from "node:fs";
import type { CredentialId } from "@portico/card-protocol";

/** A file of more is no list of accounts. */
const BYTES_MAX = 32 * 1024 * 1024;

/**
 * Which account of the print server is whose: a CSV file with the columns `account` and `credential`. Any one credential of a person says who they are. An account is
 * compared letter by letter: equal names of two domains are two people, so a print server that serves several has to send the domain with the name.
 *
 * Read when it has changed, as somebody asks; a file that cannot be read then leaves what was read before.
 */
export class PrintAccounts {
  readonly #file: string;
  readonly #onWarning: (warning: string) => void;
  #readAt: number | undefined;
  #accounts = new Map<string, CredentialId>();

  constructor(file: string, onWarning: (warning: string) => void) {
    this.#file = file;
    this.#onWarning = onWarning;
  }

  /** The credential that an account stands for. */
  credentialOf(account: string): CredentialId | undefined {
    return this.#accounts.get(account);
  }

  /** Takes up what has changed since. */
  refresh(): void {
    try {
      const { mtimeMs, size } = statSync(this.#file);
      if (mtimeMs === this.#readAt) return;
      if (size > BYTES_MAX) throw new Error(`it has ${size} bytes`);
      this.#readAt = mtimeMs;
      this.#accounts = read(readFileSync(this.#file, "utf8"));
    } catch (error) {
      this.#onWarning(`the accounts of ${this.#file} could not be read, and stay as they were: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

const CREDENTIAL = /^[0-9a-f]{16}$/;

/** @throws Error that names the line */
function read(text: string): Map<string, CredentialId> {
  const [head, ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (head?.replaceAll(" ", "") !== "account,credential") throw new Error("line 1 is not account,credential");
  const accounts = new Map<string, CredentialId>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const [account, credential, ...more] = line.split(",").map((cell) => cell.trim());
    if (account === undefined || account === "" || credential === undefined || !CREDENTIAL.test(credential) || more.length > 0)
      throw new Error(`line ${index + 2} is not an account and a credential of 16 hex digits`);
    if (accounts.has(account)) throw new Error(`line ${index + 2} names an account for the second time`);
    accounts.set(account, credential);
  }
  return accounts;
}
