import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { SCOPES } from "@portico/cloud-sync";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";

/** A cloud that runs on this machine for a test, with one caller who may everything: `first`. */
export interface CloudOfRig {
  readonly url: string;
  at(isTty?: boolean): RecordedSurroundings;
  /** Makes a private key in a file `<name>.key`; answers with its public half, in hex. */
  keyFile(name: string): string;
  /** A command line as whoever has that key. */
  as(who: string, ...words: readonly string[]): Promise<CommandRecord>;
  end(): Promise<void>;
}

/** Starts it in a folder, on a free port of loopback. @param options  more of `portico cloud run` */
export async function startedCloud(folder: string, ...options: readonly string[]): Promise<CloudOfRig> {
  let nonces = 0;
  /** This machine's clock, as its file system tells it: the cloud runs on it, and signatures have to. */
  const hostSeconds = (): number => {
    writeFileSync(join(folder, "now"), "");
    return Math.floor(statSync(join(folder, "now")).mtimeMs / 1000);
  };
  const at = (isTty = false): RecordedSurroundings =>
    Object.assign(new RecordedSurroundings({ workingFolder: folder, isTty, columns: 200, now: hostSeconds(), fetch: (request) => fetch(request) }), {
      // The nonces of several commands have to differ.
      randomBytes: (length: number) => nodeSha256(Buffer.from(`nonce ${nonces++}`)).slice(0, length),
    });
  const keyFile = (name: string): string => {
    const seed = nodeSha256(Buffer.from(`key of ${name}`));
    writeFileSync(join(folder, `${name}.key`), bytesToHex(seed), { mode: 0o600 });
    return bytesToHex(nodeSigner(seed).publicKey);
  };
  const scopes = Object.keys(SCOPES).flatMap((scope) => ["--scope", scope]);
  await at().run("cloud", "key", "add", "--data", "cloud", "--name", "first", "--public-key", keyFile("first"), ...scopes);
  const program = at();
  const started = new Promise<string>((resolve) => (program.onOut = (text) => resolve((JSON.parse(text) as { readonly url: string }).url)));
  const ended = program.run("cloud", "run", "--data", "cloud", "--site", "demo", "--listen", "127.0.0.1:0", ...options);
  const url = await started;
  return {
    url,
    at,
    keyFile,
    as: (who, ...words) => at().run(...words, "--cloud", url, "--key", `${who}.key`),
    async end() {
      program.interrupt();
      await ended;
    },
  };
}
