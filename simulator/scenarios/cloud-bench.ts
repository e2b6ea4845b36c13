import type { EventLine } from "@portico/controller";
import type { RouteAnswer, RouteName, RouteParts } from "@portico/cloud-sync";
import { expect, onTestFinished } from "vitest";
import { smallCampus } from "../src/campus/small-campus.ts";
import { accountDomain } from "../src/campus/campus.ts";
import { CloudCampus, type CloudCampusOptions } from "../src/cloud/cloud-campus.ts";
import { Ears, type JudgedReport } from "../src/life/ears.ts";
import { campusPockets, type Pocket } from "../src/life/pocket.ts";

const ANSWER_WITHIN_MS = 1_000;
const ASK_WITHIN_MS = 5_000;
/** Hours pass here, and nobody comes to a door but by the test's own hands, which leave it time: contacts need not be read as often as where people live. */
const POLL_MS = 200;

/** The small campus with its cloud in virtual time, with somebody's hands in everybody's pockets and an operator's at the API. */
export interface CloudBench {
  readonly campus: CloudCampus;
  readonly pocket: (person: string) => Pocket;
  /** The code that a person's phone shows now. */
  readonly code: (person: string) => string;
  readonly card: (person: string) => string;
  /** Holds something before a reader and waits for the answer: `granted`, the reason, or `no answer`. */
  readonly answer: (accessPoint: string, read: string) => Promise<string>;
  /** The last answer, with what was seen. */
  readonly last: () => JudgedReport | undefined;
  readonly push: (lane: string, direction: "entry" | "exit") => Promise<boolean>;
  readonly pass: (ms: number) => Promise<void>;
  /** Asks the API as the operator; what it refuses is thrown. */
  readonly ask: <R extends RouteName>(route: R, parts: RouteParts<R>) => Promise<RouteAnswer<R>>;
  /** The person's card, by the API. */
  readonly cardOf: (person: string) => Promise<RouteAnswer<"GET /v1/credentials/{id}">>;
  readonly report: (person: string, what: "report-lost" | "return") => Promise<RouteAnswer<"POST /v1/credentials/{id}/report-lost">>;
  /** The events of a controller's log, of one name or all. */
  readonly events: (controller: string, name?: EventLine["name"]) => Promise<readonly EventLine[]>;
}

/** Opens the campus and ends it with the test, which must have left nothing broken. */
export async function cloudBench(options: Partial<CloudCampusOptions> = {}): Promise<CloudBench> {
  const campus = await CloudCampus.open({ make: smallCampus, seed: 1, pollMs: POLL_MS, ...options });
  onTestFinished(async () => {
    expect([campus.fatal, campus.cloud.troubles]).toEqual([[], []]);
    await campus.end();
  });
  const ears = new Ears(campus.hands, campus.clock);
  const pockets = campusPockets({ campus: campus.campus, now: campus.now });
  const pocket = (person: string): Pocket => pockets.get(person)!;
  let last: JudgedReport | undefined;
  const ask: CloudBench["ask"] = async (route, parts) => {
    const outcome = await campus.during(campus.cloud.operator.ask(route, parts, { reason: "scenario" }), ASK_WITHIN_MS);
    if (!outcome.ok) throw new Error(`${outcome.problem.reason}: ${outcome.problem.detail}`);
    return outcome.value;
  };
  const cardOf: CloudBench["cardOf"] = async (person) => {
    const { items } = await ask("GET /v1/persons", { query: { account: `${person}@${accountDomain(campus.campus)}` } });
    const credentials = await ask("GET /v1/persons/{id}/credentials", { params: { id: items[0]!.id } });
    return credentials.items.find(({ kind }) => kind === "card")!;
  };
  return {
    campus,
    pocket,
    code: (person) => {
      const shown = pocket(person).show();
      if (shown?.ok !== true) throw new Error(`the phone of ${person} shows nothing`);
      return shown.value;
    },
    card: (person) => pocket(person).card!,
    answer: async (accessPoint, read) => {
      const answer = ears.judged(accessPoint, ANSWER_WITHIN_MS);
      await campus.hands.scan(accessPoint, read);
      last = await campus.during(answer, 2 * ANSWER_WITHIN_MS);
      return last === undefined ? "no answer" : (last.reason ?? "granted");
    },
    last: () => last,
    push: async (lane, direction) => {
      await campus.clock.pass(500);
      const passed = await campus.hands.push(lane, direction);
      await campus.clock.pass(1_000);
      return passed;
    },
    pass: (ms) => campus.clock.pass(ms),
    ask,
    cardOf,
    report: async (person, what) => ask(`POST /v1/credentials/{id}/${what}`, { params: { id: (await cardOf(person)).id } }),
    events: async (controller, name) => (await campus.controller(controller).events()).filter((event) => name === undefined || event.name === name),
  };
}
