import { readdirSync, readFileSync } from "node:fs";

/** What the kernel lists in a folder, in order; nothing where the machine has nothing of the kind. */
export function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

/** What an attribute of a device says; undefined where it is gone since, or its driver does not answer. */
export function textAt(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** The same of an attribute that is a whole number, 0 or more; undefined for any other. */
export function numberAt(path: string): number | undefined {
  const text = textAt(path);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
