import type { ListProblem } from "../control/list-rows.ts";
import { ListLines } from "../store/list-lines.ts";
import type { ZoneKey } from "../store/zone-key.ts";
import { Cells } from "./cells.ts";
import { type CsvLayout, headingOf } from "./csv-file.ts";
import { ListProblems } from "./list-problems.ts";
import { CARDS, CREDENTIALS, GRANTS, PEOPLE, PeopleFiles } from "./people-files.ts";
import { ACCESS_PROFILES, CALENDAR, RuleFiles, SCHEDULES, SPECIAL_DAYS } from "./rule-files.ts";

/** What list files are read against. */
export interface ListContext {
  /** The campus time zone: an IANA name for which `isTimeZone` holds. Dates and times without a zone of their own are in it. */
  readonly zone: string;
  /** Under which card numbers are kept. */
  readonly zoneKey: ZoneKey;
}

/** A folder of list files: a list, or everything that has to be mended first. */
export type ListFolderOutcome =
  | { readonly ok: true; readonly list: ListLines }
  | {
      readonly ok: false;
      /** At most 50. */
      readonly problems: readonly ListProblem[];
      /** All of them. */
      readonly count: number;
    };

const LAYOUTS: readonly CsvLayout[] = [PEOPLE, CREDENTIALS, CARDS, ACCESS_PROFILES, GRANTS, SCHEDULES, SPECIAL_DAYS, CALENDAR];
/** The files of a list folder with their headings. All of them must be there; one with nothing but its heading says: none. */
export const LIST_FILES: readonly { readonly file: string; readonly heading: string }[] = LAYOUTS.map((layout) => ({
  file: layout.file,
  heading: headingOf(layout),
}));

/**
 * Reads a folder of CSV files that people made. All or nothing: a single mistake anywhere, and there is no list. docs/list-files.md.
 *
 * Synchronous: 100,000 people take seconds. A controller has it done in another thread.
 */
export function readListFolder(folder: string, { zone, zoneKey }: ListContext): ListFolderOutcome {
  const problems = new ListProblems();
  const cells = new Cells(problems, zone);
  const list = new ListLines();
  const rules = new RuleFiles(folder, cells, list);
  rules.read();
  new PeopleFiles(folder, cells, list).read(zoneKey, rules.accessProfiles);
  if (problems.count > 0) return { ok: false, problems: problems.found, count: problems.count };
  return { ok: true, list };
}
