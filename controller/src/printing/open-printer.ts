import { readFileSync } from "node:fs";
import { SetupError } from "@portico/card-protocol";
import { httpIpp, type IppExchange, printerPlace } from "@portico/firmware-ts/ipp";
import type { PrintingWays } from "./printing-ways.ts";

/** IPP over HTTP to where the configuration says. @throws SetupError where a file that it names cannot be read */
export const openHttpPrinter: PrintingWays["openPrinter"] = ({ uri, user, passwordFile, certificateAuthorityFile }, clock): IppExchange =>
  httpIpp({
    place: printerPlace(uri)!, // the configuration is checked
    clock,
    ...(passwordFile === undefined ? {} : { login: { user, password: read(passwordFile).trim() } }),
    ...(certificateAuthorityFile === undefined ? {} : { certificateAuthority: read(certificateAuthorityFile) }),
  });

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new SetupError(
      `a printer's file cannot be read (${(error as NodeJS.ErrnoException).code})`,
      file,
      "Put it there, readable by the controller's user.",
    );
  }
}
