import type { TomlTree } from "@portico/controller";
import { listOf, tableOf } from "./plan-base.ts";
import { columnOf } from "./site-plan.ts";

/** One thing that a controller will do otherwise. */
export interface PlanDifference {
  readonly controller: string;
  /** An access point, door or other table; empty: the controller as a whole. */
  readonly of: string;
  /** A column of the sheet, or a key of the base. */
  readonly what: string;
  /** As the sheet would say it; empty: nothing. */
  readonly from: string;
  readonly to: string;
}

/** What changes between two configurations of a controller; undefined: there is none. */
export function planDifferences(controller: string, before: TomlTree["value"] | undefined, after: TomlTree["value"] | undefined): PlanDifference[] {
  if (before === undefined || after === undefined) return [{ controller, of: "", what: "controller", from: before === undefined ? "" : "planned", to: after === undefined ? "" : "planned" }]; // prettier-ignore
  const [old, next] = [leavesOf(before), leavesOf(after)];
  const differences: PlanDifference[] = [];
  const say = (of: string, what: string, from: string, to: string): void => void differences.push({ controller, of, what, from, to });
  for (const key of [...new Set([...old.keys(), ...next.keys()])].sort()) {
    const [was, is] = [old.get(key), next.get(key)];
    const { table, id } = (was ?? is)!;
    if (was === undefined || is === undefined) say(id, TABLE_WORD[table] ?? table, was === undefined ? "" : id || table, is === undefined ? "" : id || table);
    else
      for (const name of [...new Set([...was.values.keys(), ...is.values.keys()])].sort()) {
        const [from = "", to = ""] = [was.values.get(name), is.values.get(name)];
        if (from !== to && !(isMadeBoard(was) && COUNTS.includes(name))) say(id, columnOf(table, name), from, to);
      }
  }
  return differences;
}

const TABLE_WORD: Readonly<Record<string, string>> = { wire: "bus", osdp_pd: "address", scanner: "reader", relay_board: "board", turnstile: "turnstile" };

/** How many relays and inputs a board has that the plan itself made: as many as are used. */
const COUNTS = ["relays", "inputs"];
const isMadeBoard = ({ table, id, values }: Leaves): boolean =>
  table === "relay_board" && [`${values.get("wire")}-${values.get("unit")}`, `${values.get("pd")}-outputs`].includes(id);

interface Leaves {
  readonly table: string;
  readonly id: string;
  readonly values: ReadonlyMap<string, string>;
}

/** The tables of a file with their keys as texts; tables without an id are told apart by what they say. */
function leavesOf(value: TomlTree["value"]): Map<string, Leaves> {
  const found = new Map<string, Leaves>();
  for (const [table, content] of Object.entries(value)) {
    const tables = Array.isArray(content) ? listOf(content) : [tableOf(content)];
    for (const each of tables) {
      const values = new Map(Object.entries(each).map(([key, inner]) => [key, leafText(inner)]));
      const id = Array.isArray(content) ? (typeof each["id"] === "string" ? each["id"] : [...values.values()].join(" ")) : "";
      found.set(`${table}[${id}]`, { table, id, values });
    }
  }
  return found;
}

/** As the sheet would say it. */
function leafText(value: unknown): string {
  if (Array.isArray(value)) return value.map(leafText).join(" ");
  if (typeof value !== "object" || value === null) return String(value);
  const { board, relay, input, closed_means: closedMeans, ...rest } = value as Readonly<Record<string, unknown>>;
  const place = board === undefined ? [] : [`${leafText(board)}:${leafText(relay ?? input ?? "")}${closedMeans === "open" ? " open" : ""}`];
  return [...place, ...Object.entries(rest).map(([key, inner]) => `${key}=${leafText(inner)}`)].join(" ");
}
