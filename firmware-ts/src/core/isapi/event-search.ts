import type { TerminalEvent } from "./device-event.ts";
import { readJsonTree } from "./json-tree.ts";
import type { BodyTree } from "./xml-tree.ts";
import { eventOfSearch, listAt, textAt } from "./device-event.ts";

/** So many events are asked for at once. */
export const SEARCH_ROWS = 30;

/** Where a device's log is searched, and what is asked: events of access control from a serial number on. */
export function eventSearch(searchId: string, fromSerialNo: number): { readonly path: string; readonly body: string } {
  const condition = {
    searchID: searchId,
    searchResultPosition: 0,
    maxResults: SEARCH_ROWS,
    major: 5,
    minor: 0,
    beginSerialNo: fromSerialNo,
    endSerialNo: 0xffff_ffff,
  };
  return { path: "/ISAPI/AccessControl/AcsEvent?format=json", body: JSON.stringify({ AcsEventCond: condition }) };
}

/** What a search found. */
export interface FoundEvents {
  /** In the order of their serial numbers; all late. */
  readonly events: readonly TerminalEvent[];
  /** There are more behind the last. */
  readonly isMore: boolean;
}

/** The answer to {@link eventSearch}; undefined for what is none. */
export function readFoundEvents(body: string): FoundEvents | undefined {
  const tree = readJsonTree(body);
  const found = tree === undefined ? undefined : listAt(tree, "AcsEvent")[0];
  if (found === undefined) return undefined;
  const status = textAt(found, "responseStatusStrg");
  if (status === "") return undefined;
  const rows: readonly BodyTree[] = listAt(found, "InfoList");
  const events = rows.map(eventOfSearch).filter((event) => event !== undefined);
  return { events: events.toSorted((a, b) => a.serialNo! - b.serialNo!), isMore: status === "MORE" };
}
