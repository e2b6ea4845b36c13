import type { EventLine } from "@portico/controller";
import { expect, onTestFinished } from "vitest";
import { smallCampus } from "../src/campus/small-campus.ts";
import { Ears, type JudgedReport } from "../src/life/ears.ts";
import { campusPockets, type Pocket } from "../src/life/pocket.ts";
import { VirtualCampus, type VirtualCampusOptions } from "../src/virtual-campus.ts";

/** Longer than the same text on one reader counts as the same scan. */
export const DEBOUNCE_OVER_MS = 4_000;
const ANSWER_WITHIN_MS = 1_000;

/** The small campus in virtual time, with somebody's hands in everybody's pockets. */
export interface CampusBench {
  readonly campus: VirtualCampus;
  readonly pocket: (person: string) => Pocket;
  /** The code that a person's phone shows now. */
  readonly code: (person: string) => string;
  /** Holds something before a reader and waits for the answer; undefined where there is none. */
  readonly scan: (accessPoint: string, read: string) => Promise<JudgedReport | undefined>;
  /** As {@link scan}, in one word: `granted`, the reason, or `no answer`. */
  readonly answer: (accessPoint: string, read: string) => Promise<string>;
  /** Pushes the arm after a moment; true when it gave way. */
  readonly push: (lane: string, direction: "entry" | "exit") => Promise<boolean>;
  readonly pass: (ms: number) => Promise<void>;
  /** The events of the log, of one name or all. */
  readonly events: (name?: EventLine["name"]) => Promise<readonly EventLine[]>;
}

/** Opens the campus and ends it with the test. */
export async function campusBench(options: Partial<VirtualCampusOptions> = {}): Promise<CampusBench> {
  const campus = await VirtualCampus.open({ make: smallCampus, seed: 1, ...options });
  onTestFinished(async () => {
    expect(campus.fatal).toEqual([]);
    await campus.end();
  });
  const ears = new Ears(campus.hands, campus.clock);
  const pockets = campusPockets({ campus: campus.campus, now: campus.now });
  const pocket = (person: string): Pocket => pockets.get(person)!;
  const scan = async (accessPoint: string, read: string): Promise<JudgedReport | undefined> => {
    const answer = ears.judged(accessPoint, ANSWER_WITHIN_MS);
    await campus.hands.scan(accessPoint, read);
    return campus.during(answer, 2 * ANSWER_WITHIN_MS);
  };
  return {
    campus,
    pocket,
    code: (person) => {
      const shown = pocket(person).show();
      if (shown?.ok !== true) throw new Error(`the phone of ${person} shows nothing`);
      return shown.value;
    },
    scan,
    answer: async (accessPoint, read) => {
      const judged = await scan(accessPoint, read);
      return judged === undefined ? "no answer" : (judged.reason ?? "granted");
    },
    push: async (lane, direction) => {
      await campus.clock.pass(500);
      const passed = await campus.hands.push(lane, direction);
      await campus.clock.pass(1_000);
      return passed;
    },
    pass: (ms) => campus.clock.pass(ms),
    events: async (name) => (await campus.events()).filter((event) => name === undefined || event.name === name),
  };
}
