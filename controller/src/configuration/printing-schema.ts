import { printerPlace } from "@portico/firmware-ts/ipp";
import * as z from "zod";
import { choiceOr, isPlain, name, path, whole, wholeOr } from "./schema-parts.ts";
import { like } from "./schema-words.ts";

const isPrinterUri = (uri: string): boolean => printerPlace(uri) !== undefined;
const FEN_MAX = 1_000_000;

/** `[[printer]]` */
export const printer = z.strictObject({
  id: name("library-printer"),
  uri: like(z.string().refine(isPrinterUri, "ipp://host/printers/queue or ipps://…, without user or password"), `"ipp://print.example.edu/printers/findme"`),
  user: like(z.string().min(1).max(64).refine(isPlain, "no user may hold a control character").default("portico"), `"portico"`),
  password_file: like(path().optional(), `"printer-password"`),
  ca_file: like(path().optional(), `"printer-ca.pem"`),
  accounts: like(path(), `"print-accounts.csv"`),
  side_fen: whole(0, FEN_MAX, 10),
  colour_side_fen: like(z.int().min(0).max(FEN_MAX).optional(), "50"),
  uncounted_pages: wholeOr(1, 10_000, 20),
  document_mib: wholeOr(1, 64, 32),
});

/** `[[release_station]]` */
export const releaseStation = z.strictObject({
  id: name("library-release"),
  printer: name("library-printer"),
  session_s: wholeOr(10, 600, 60),
  on_scan: choiceOr(["list", "release-all"], "list"),
});
