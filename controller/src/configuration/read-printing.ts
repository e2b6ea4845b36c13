import type { PrinterConfiguration, ReleaseStationConfiguration } from "./printing-configuration.ts";
import { present } from "./present.ts";
import type { FileContent } from "./schema.ts";

const MIB = 1_048_576;

/** @param beside  makes a path of the file absolute */
export function printerOf(printer: FileContent["printer"][number], beside: (path: string) => string): PrinterConfiguration {
  const absolute = (path: string | undefined): string | undefined => path && beside(path);
  return {
    id: printer.id,
    uri: printer.uri,
    user: printer.user,
    ...present("passwordFile", absolute(printer.password_file)),
    ...present("certificateAuthorityFile", absolute(printer.ca_file)),
    accountsFile: beside(printer.accounts),
    sideFen: printer.side_fen,
    colourSideFen: printer.colour_side_fen ?? printer.side_fen,
    uncountedPages: printer.uncounted_pages,
    documentBytesMax: printer.document_mib * MIB,
  };
}

export const releaseStationOf = ({
  id,
  printer,
  session_s: sessionS,
  on_scan: onScan,
}: FileContent["release_station"][number]): ReleaseStationConfiguration => ({
  id,
  printer,
  sessionMs: sessionS * 1_000,
  onScan,
});
