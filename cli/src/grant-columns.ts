import type { RouteAnswer } from "@portico/cloud-sync";
import { validityText } from "./cloud-verb.ts";
import type { Column } from "./table.ts";

export type GrantTold = RouteAnswer<"GET /v1/grants">["items"][number];

/** `pass at gate-1/entry, always`; a profile's id; `print everywhere`. */
export function whatText({ what }: Pick<GrantTold, "what">): string {
  if (what.kind === "profile") return what.profile;
  return what.kind === "everywhere" ? `${what.capability} everywhere` : `${what.capability} at ${what.accessPoints.join(" ")}, ${what.schedule}`;
}
/** `audience student`. */
export const subjectText = ({ subject }: Pick<GrantTold, "subject">): string => `${subject.kind} ${subject.id}`;

/** A grant as a row of a table. */
export const GRANT_COLUMNS: readonly Column<GrantTold>[] = [
  { heading: "GRANT", cell: (row) => row.id },
  { heading: "TO", cell: subjectText },
  { heading: "DOES", cell: ({ effect }) => (effect === "withhold" ? "withholds" : "gives") },
  { heading: "WHAT", cell: whatText },
  { heading: "WHEN", cell: (row) => validityText(row.validity) },
  { heading: "SOURCE", cell: ({ source }) => `${source.kind} ${source.id}` },
  { heading: "", cell: (row) => (row.inForce ? "" : "waits for a second operator") },
];
