import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "@portico/card-protocol";
import { readSecretFile, writeSecretFile } from "@portico/card-protocol/node";

/** Bytes of a SCBK. Source: SIA OSDP 2.2 Annex D.4. */
export const SCBK_BYTES = 16;

/** The keys of OSDP readers (SCBK), one file each that only its owner may read. */
export interface PdKeys {
  /** The key in force, and behind it one that was being set when something failed; none: no key was made. @throws SetupError when others may read a file */
  of(pd: string): readonly Uint8Array[];
  /** Keeps a key that a PD is about to be given. It is on the disk when this returns. */
  propose(pd: string, key: Uint8Array): void;
  /** The PD has shown which key it holds: the other is dropped. @param index  its place in {@link PdKeys.of} */
  settle(pd: string, index: number): void;
  /** The PD was never given the proposed key. */
  withdraw(pd: string): void;
}

/** Keys in `<folder>/<pd>.scbk` and, while one is being set, `<pd>.next.scbk`. Made when a key is given, never by default. */
export function pdKeys(folder: string): PdKeys {
  const path = (pd: string): string => join(folder, `${pd}.scbk`);
  const nextPath = (pd: string): string => join(folder, `${pd}.next.scbk`);

  function read(file: string, pd: string): Uint8Array {
    return readSecretFile(
      {
        path: file,
        what: `the key of the reader ${pd}`,
        bytes: SCBK_BYTES,
        whenRead: `If somebody may have read it, give the reader a new one with \`portico device osdp key ${pd}\`.`,
        whenBroken: "Restore the file from the backup; without one, reset the reader as its maker says, remove the file, and give the reader a new key.",
      },
      () => {
        throw new SetupError(`the key of the reader ${pd} is gone`, file, "Restore the file from the backup.");
      },
    );
  }

  return {
    of: (pd) => [path(pd), nextPath(pd)].filter((file) => existsSync(file)).map((file) => read(file, pd)),
    propose: (pd, key) => writeSecretFile({ path: nextPath(pd), what: `the next key of the reader ${pd}` }, key),
    settle(pd, index) {
      if (!existsSync(nextPath(pd))) return;
      // With no key in force the proposed one is the first.
      if (index === 1 || !existsSync(path(pd))) renameSync(nextPath(pd), path(pd));
      else rmSync(nextPath(pd));
    },
    withdraw: (pd) => rmSync(nextPath(pd), { force: true }),
  };
}
