import { dateOfDay, dayOfDate, type LocalDate } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import { type LaneTally, tallySum } from "../core/lane-tally.ts";
import type { ControllerDatabase } from "./database.ts";
import { rowCheck } from "./row-check.ts";

/** Days that are kept: a year, and the same weeks of the year before to compare with. */
export const LANE_DAYS_KEPT = 400;

/** What passed one way of a lane on one day. */
export interface LaneDay {
  /** Null: no clock said which day it was. */
  readonly day: LocalDate | null;
  /** `<turnstile>/<direction>` */
  readonly way: string;
  readonly tally: LaneTally;
}

type Row = [day: string, way: string, granted: number, free: number, evacuation: number, tailgating: number, wrongWay: number, forced: number, unseen: number];

/** Who passed lanes, by way and day of the campus. Each passage is written as it comes, so that a crash loses none. */
export class LaneCounts {
  readonly #database: ControllerDatabase;
  readonly #of: Statement<[string, string], Row>;
  readonly #since: Statement<[string], Row>;
  readonly #put: Statement<[...Row, number]>;
  readonly #drop: Statement<[string]>;
  #newestDay = "";

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#of = database.prepareRaw(`SELECT ${COLUMNS} FROM lane_count WHERE day = ? AND way = ?`);
    this.#since = database.prepareRaw(`SELECT ${COLUMNS} FROM lane_count WHERE day = '' OR day >= ? ORDER BY day, way`);
    this.#put = database.prepare(`INSERT OR REPLACE INTO lane_count (${COLUMNS}, row_check) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#drop = database.prepare("DELETE FROM lane_count WHERE day <> '' AND day < ?");
  }

  /** Adds to a day; with the first of a new day those that are older than {@link LANE_DAYS_KEPT} go. @throws RecordingFailed when the disk refuses: nothing was added */
  add({ day, way, tally }: LaneDay): void {
    this.#database.transaction("quick", () => {
      const before = this.#of.get(day ?? "", way);
      const row = rowOf({ day, way, tally: before === undefined ? tally : tallySum(dayOf(before).tally, tally) });
      this.#put.run(...row, rowCheck(...row));
      if (day !== null && day > this.#newestDay) this.#drop.run(dateOfDay(dayOfDate(day) - LANE_DAYS_KEPT));
    });
    if (day !== null && day > this.#newestDay) this.#newestDay = day;
  }

  /** What is kept of that day and later ones (null: of all), by day and way, what no day is known of in front. */
  since(first: LocalDate | null): LaneDay[] {
    return this.#since.all(first ?? "").map(dayOf);
  }
}

const COLUMNS = "day, way, granted, free, evacuation, tailgating, wrong_way, forced, unseen";

const rowOf = ({ day, way, tally: t }: LaneDay): Row => [day ?? "", way, t.granted, t.free, t.evacuation, t.tailgating, t.wrongWay, t.forced, t.unseen];
const dayOf = ([day, way, granted, free, evacuation, tailgating, wrongWay, forced, unseen]: Row): LaneDay => ({
  day: day === "" ? null : day,
  way,
  tally: { granted, free, evacuation, tailgating, wrongWay, forced, unseen },
});
