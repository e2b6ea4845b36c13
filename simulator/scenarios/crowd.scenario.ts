import type { EventLine } from "@portico/controller";
import { seededRandom, type WireFaults } from "@portico/firmware-ts";
import { expect, onTestFinished, test } from "vitest";
import { accessPointsOf, BOARD_CHANNELS, LANE_WIRING } from "../src/campus/campus.ts";
import { crowdCampus } from "../src/campus/crowd-campus.ts";
import { CampusLife } from "../src/life.ts";
import { campusPockets } from "../src/life/pocket.ts";
import { type Direction, UNIT_WAIT_MS } from "../src/turnstile-body.ts";
import { VirtualCampus } from "../src/virtual-campus.ts";
import { replayable, seedsOf } from "./replay.ts";

/** What wires of a bad installation do. Per write; a board's line carries some forty a second. */
const BAD_WIRES: WireFaults = { drop: 0.01, flipBit: 0.01, duplicate: 0.01, split: 0.1, delayMsMax: 8, disconnect: 0.0003 };
const TERRIBLE_WIRES: WireFaults = { drop: 0.04, flipBit: 0.04, duplicate: 0.05, split: 0.3, delayMsMax: 10, disconnect: 0.002 };
const HOUR_MS = 3_600_000;
/** From the decision to the latest moment at which its pulse may reach the board: the hold itself. */
const PULSE_WITHIN_MS = 400;

/** A moment at which an arm was freed, a grant was given or somebody passed. */
interface Moment {
  readonly way: string;
  readonly at: number;
}

/** Everything that the checkers go by, noted as it happens at the far ends of the wires. */
function watched(campus: VirtualCampus) {
  const grants: (Moment & { readonly seq: number })[] = [];
  const freed: Moment[] = [];
  const passages: Moment[] = [];
  const { clock } = campus;
  const wayOf = new Map(
    accessPointsOf(campus.campus).map(({ id, way, opens }) => [id, `${opens.kind === "lane" ? opens.lane.id : ""} ${way === "in" ? "entry" : "exit"}`]),
  );
  campus.hands.onReport((report) => {
    if (report.kind === "judged" && report.outcome === "granted") grants.push({ way: wayOf.get(report.accessPoint)!, at: clock.monotonic(), seq: report.seq! });
  });
  for (const [id, board] of campus.devices.boards)
    board.onRelay((relay, energized) => {
      const direction: Direction | undefined = relay === LANE_WIRING.entryRelay ? "entry" : relay === LANE_WIRING.exitRelay ? "exit" : undefined;
      if (energized && direction !== undefined) freed.push({ way: `${id} ${direction}`, at: clock.monotonic() });
    });
  for (const [id, lane] of campus.devices.lanes)
    lane.onPassage(({ direction, at, cause }) => void (cause === "tailgating" || passages.push({ way: `${id} ${direction}`, at })));
  return { grants, freed, passages };
}

/** Those moments that no grant of their own stands behind; each grant stands behind one at most. */
function withoutGrant(moments: readonly Moment[], grants: readonly Moment[], withinMs: number): Moment[] {
  const used = new Set<Moment>();
  return moments.filter(({ way, at }) => {
    const grant = grants.find((one) => !used.has(one) && one.way === way && one.at <= at && at <= one.at + withinMs);
    if (grant !== undefined) used.add(grant);
    return grant === undefined;
  });
}

/** Grants without exactly one end in the log. */
function withoutOneEnd(events: readonly EventLine[]): number[] {
  const ends = new Map<unknown, number>();
  for (const { name, fields } of events)
    if (name === "AccessTaken" || name === "AccessNotTaken") ends.set(fields["grantedSeq"], (ends.get(fields["grantedSeq"]) ?? 0) + 1);
  return events.filter(({ name, seq }) => name === "AccessGranted" && ends.get(seq) !== 1).map(({ seq }) => seq);
}

/** A crowd on its campus, and the watch over it. */
async function crowd(seed: number, people: number, faults: WireFaults) {
  const campus = await VirtualCampus.open({ make: (secret) => crowdCampus(secret, { people, gates: 2, lanesPerGate: 2 }), seed });
  onTestFinished(() => campus.end());
  campus.setFaults(faults);
  const life = new CampusLife({
    campus: campus.campus,
    hands: campus.hands,
    clock: campus.clock,
    pockets: campusPockets({ campus: campus.campus, now: campus.now }),
    seed,
    arriveWithinMs: 60_000,
    pauseMsMax: 60_000,
    rounds: 1,
    mischief: 0.1,
    wiresMisbehave: true,
  });
  return { campus, life, watch: watched(campus) };
}

/** What must hold when it is all over, whatever happened meanwhile. */
async function expectOrder(campus: VirtualCampus, { grants, freed, passages }: ReturnType<typeof watched>): Promise<void> {
  campus.setFaults({});
  await campus.clock.pass(20_000);
  expect(campus.fatal).toEqual([]);
  expect(withoutGrant(passages, grants, PULSE_WITHIN_MS + UNIT_WAIT_MS), "passages without a grant").toEqual([]);
  expect(withoutGrant(freed, grants, PULSE_WITHIN_MS), "arms that were freed without a grant, or twice").toEqual([]);
  const events = await campus.events();
  expect(withoutOneEnd(events), "grants without exactly one end").toEqual([]);
  expect(events.filter(({ name }) => name === "AccessGranted").map(({ seq }) => seq)).toEqual(grants.map((grant) => grant.seq));
  expect(await campus.chain()).toMatchObject({ kind: "whole", gaps: [] });
  const energized = [...campus.devices.boards].flatMap(([id, board]) =>
    Array.from({ length: BOARD_CHANNELS }, (_, relay) => (board.relay(relay) ? [`${id} ${relay}`] : [])).flat(),
  );
  expect(energized, "relays left energised").toEqual([]);
}

test.each(seedsOf([1]))(
  "500 people at two gates with bad wires, seed %i: every passage has its grant, nothing opens twice, and the log is whole",
  async (seed) => {
    await replayable("crowd", seed, async () => {
      const { campus, life, watch } = await crowd(seed, 500, BAD_WIRES);
      await campus.during(life.live(), HOUR_MS);
      await expectOrder(campus, watch);
      expect(life.findings).toEqual([]);
      // But for the refused everybody came in and went out again; most of those who hesitated did not.
      expect(watch.passages.length).toBeGreaterThan(900);
    });
  },
);

test.each(seedsOf([1]))("a crowd at terrible wires while the controller is killed and its power cut again and again, seed %i: the same holds", async (seed) => {
  await replayable("crowd", seed, async () => {
    const { campus, life, watch } = await crowd(seed, 120, TERRIBLE_WIRES);
    const random = seededRandom(seed);
    const day = { isOver: false };
    const living = life.live().finally(() => (day.isOver = true));
    for (let death = 0; !day.isOver && campus.clock.monotonic() < HOUR_MS; death++) {
      await campus.clock.pass(5_000 + random() * 10_000);
      if (death % 2 === 0) campus.kill();
      else campus.powerCut();
      await campus.clock.pass(random() * 2_000);
      await (death % 2 === 0 ? campus.start() : campus.powerReturns());
    }
    await campus.during(living, 1_000);
    await expectOrder(campus, watch);
    // How a grant ended that a death came into is in the log, but no report of it was heard.
    expect(life.findings.filter(({ what }) => !what.endsWith("has neither AccessTaken nor AccessNotTaken"))).toEqual([]);
    expect(watch.passages.length).toBeGreaterThan(150);
  });
});
