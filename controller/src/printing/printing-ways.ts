import type { Clock } from "@portico/card-protocol";
import type { IppExchange, PageCount } from "@portico/firmware-ts/ipp";
import type { PrinterConfiguration } from "../configuration/printing-configuration.ts";

/** What release stations take from the machine that they run on. */
export interface PrintingWays {
  /** The way to a printer. */
  readonly openPrinter: (printer: PrinterConfiguration, clock: Pick<Clock, "after">) => IppExchange;
  /** Counts in a thread of its own where time is real: a large document would stop the doors. */
  readonly countPages: (document: Uint8Array) => Promise<PageCount>;
}
