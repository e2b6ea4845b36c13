import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { SetupError } from "@portico/card-protocol";
import { readServiceDocument, type ServiceDocument } from "./service-document.ts";

/** The document that comes with the package: all services of the campus whose rules docs/contract.md holds. */
export const CAMPUS_SERVICES_FILE = createRequire(import.meta.url).resolve("@portico/cloud-sync/services/campus.json");

/**
 * Reads the document that a cloud starts with.
 *
 * @throws SetupError that names the place in the file and the cause; nothing starts with half a document
 */
export function loadServiceDocument(file: string): ServiceDocument {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new SetupError(`the service definitions cannot be read: ${(error as Error).message}`, file, "Name a file that is there and may be read.", {
      cause: error,
    });
  }
  const read = readServiceDocument(text);
  if (read.ok) return read.value;
  throw new SetupError(
    `the service definitions have ${read.problems.length} mistakes\n${read.detail}`,
    file,
    "Mend what is named; docs/services.md tells how.",
  );
}
