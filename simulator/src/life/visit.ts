import type { Clock } from "@portico/card-protocol";
import type { CampusHands } from "../campus/campus-hands.ts";
import type { CampusAccessPoint } from "../campus/campus.ts";
import type { Direction } from "../turnstile-body.ts";
import type { Ears, JudgedReport } from "./ears.ts";
import type { Outcome, Showing } from "./expected-outcome.ts";

/** One person at one reader, and what must come of it. */
export interface VisitPlan {
  readonly person: string;
  readonly accessPoint: CampusAccessPoint;
  readonly showing: Showing;
  readonly expected: Outcome;
  /** What is held before the reader, asked anew for each attempt; undefined: the phone shows nothing. */
  readonly read: () => string | undefined;
  /** From the green light to the push. */
  readonly reactMs: number;
  /** The push comes so late that the way is shut again, and nobody passes. */
  readonly hesitates: boolean;
  /** Somebody presses through behind. Lanes alone. */
  readonly isFollowed: boolean;
  /** How long a door is held. */
  readonly openMs: number;
}

/** What came of a visit. */
export interface VisitRecord {
  readonly person: string;
  readonly accessPoint: string;
  readonly showing: Showing;
  readonly expected: Outcome;
  readonly got: Outcome | "no answer" | "nothing shown";
  /** The controller's answer, for whoever tells of it. */
  readonly judged: JudgedReport | undefined;
  readonly attempts: number;
  readonly passed: boolean;
  readonly hesitated: boolean;
  readonly followed: boolean;
  /** Somebody who does not live here was let in there meanwhile: what that explains is no finding. */
  readonly hindered: boolean;
  /** What should not have happened, as sentences. */
  readonly findings: readonly string[];
}

/** What a visit goes on in. */
export interface VisitWorld {
  readonly hands: CampusHands;
  readonly ears: Ears;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** Whether somebody has changed a credential in the cloud since the campus began: what is refused or let in because of it is no finding. Default: nobody. */
  readonly isChanged?: (credential: string) => Promise<boolean>;
  /** The wires spoil what they carry: a scan that is lost or damaged is made again, and what the controller could not see is no finding. */
  readonly wiresMisbehave: boolean;
}

/** A reader answers within this time, or the scan was lost. */
const ANSWER_WITHIN_MS = 3_000;
const ATTEMPTS_MAX = 8;
/** The same card or code, held on any sooner, would count as the same scan. */
const TRY_AGAIN_MS = 3_500;
/** Whoever finds the arm still secured tries again. */
const PUSH_EVERY_MS = 400;
const PUSHES_MAX = 8;
/** How every passage ends is told within this time, a hesitation included. */
const END_WITHIN_MS = 15_000;
const EVENT_WITHIN_MS = 3_000;
const FOLLOW_AFTER_MS = 600;
/** From the falling shut of a door, or from a passage through an arm, until the controller has seen it for certain: so long nobody else is there. */
const REST_MS = 700;

/** No grant keeps a way in use for longer, its holder's extra time included. */
const IN_USE_MS_MAX = 12_000;

export const pause = ({ clock }: Pick<VisitWorld, "clock">, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

/** Holds something before a reader, passes or goes away, and compares. Resolves when the place is free for the next. */
export async function visit(plan: VisitPlan, world: VisitWorld): Promise<VisitRecord> {
  const { person, accessPoint, showing, expected } = plan;
  const begunAt = world.clock.monotonic();
  const { judged, attempts, hasShown } = await present(plan, world);
  const got = judged === undefined ? (hasShown ? "no answer" : "nothing shown") : outcomeOf(judged);
  const findings: string[] = [];
  let passed = false;
  let followed = false;
  if (judged?.outcome === "granted" && judged.seq !== null) {
    if (accessPoint.opens.kind === "lane") {
      const way = { lane: accessPoint.opens.lane.id, direction: accessPoint.way === "in" ? ("entry" as const) : ("exit" as const) };
      passed = await passArm(plan, world, way, findings);
      if (passed && plan.isFollowed) followed = await follow(world, way, findings);
    } else passed = await passDoor(plan, world, accessPoint.opens.door.id, findings);
    await compareEnd(plan, world, judged.seq, passed, findings);
    if (passed) await pause(world, accessPoint.opens.kind === "door" ? plan.openMs + REST_MS : REST_MS);
  }
  const hesitated = plan.hesitates && got === "granted";
  const mightBeHindered = got === "Interlock" || findings.length > 0;
  const isInTheWay = mightBeHindered && world.ears.strangerSince(placesOf(accessPoint), begunAt - IN_USE_MS_MAX);
  if (isInTheWay) findings.length = 0;
  const isOther = got !== expected && !(isInTheWay && got === "Interlock");
  const isChanged = isOther && [got, expected].includes("CredentialNotEnabled") && (await changed(judged, world));
  const hindered = isInTheWay || isChanged;
  if (isOther && !isChanged) findings.unshift(`expected ${expected}, got ${got}${judged === undefined ? "" : ` (${judged.detail})`}`);
  return { person, accessPoint: accessPoint.id, showing, expected, got, judged, attempts, passed, hesitated, followed, hindered, findings };
}

function changed(judged: JudgedReport | undefined, { isChanged }: VisitWorld): Promise<boolean> {
  const credential = judged?.credential ?? null;
  return credential === null || isChanged === undefined ? Promise.resolve(false) : isChanged(credential);
}

/** Leaves through a door by its button. Answers with what should not have happened. */
export async function leaveByButton(door: string, openMs: number, world: VisitWorld): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    const told = world.ears.event(({ name, source }) => name === "RequestToExit" && source === door, EVENT_WITHIN_MS);
    await world.hands.pressExit(door);
    await pause(world, PUSH_EVERY_MS);
    const opened = await pushUntil(world, () => world.hands.pushDoor(door, openMs));
    const heard = (await told) !== undefined;
    if (opened) await pause(world, openMs + REST_MS);
    if (opened && (heard || world.wiresMisbehave)) return [];
    if (world.wiresMisbehave && attempt < ATTEMPTS_MAX) continue;
    return [opened ? `nobody was told of the exit button of ${door}` : `the exit button of ${door} did not free it`];
  }
}

async function present(plan: VisitPlan, world: VisitWorld): Promise<{ readonly judged: JudgedReport | undefined; attempts: number; hasShown: boolean }> {
  const { ears, hands, wiresMisbehave } = world;
  const { id } = plan.accessPoint;
  for (let attempts = 1; ; attempts++) {
    const read = plan.read();
    if (read === undefined) return { judged: undefined, attempts, hasShown: false };
    const mark = ears.mark();
    let tellLeft = (): void => {};
    const left = new Promise<void>((resolve) => (tellLeft = resolve));
    const answer = ears.judged(id, ANSWER_WITHIN_MS, { mark, left });
    await hands.scan(id, read, mark).finally(tellLeft);
    const judged = await answer;
    // Damaged bytes name nobody; and a lock whose board a wire has cut off lets nobody in.
    const isLost = judged === undefined || ((judged.credential === null || judged.reason === "Other") && outcomeOf(judged) !== plan.expected);
    if (!isLost || !wiresMisbehave || attempts === ATTEMPTS_MAX) return { judged, attempts, hasShown: true };
    if (judged !== undefined) await pause(world, TRY_AGAIN_MS);
  }
}

async function passArm(plan: VisitPlan, world: VisitWorld, { lane, direction }: Way, findings: string[]): Promise<boolean> {
  await pause(world, plan.reactMs);
  if (!plan.hesitates) {
    const passed = await pushUntil(world, () => world.hands.push(lane, direction));
    if (!passed && !world.wiresMisbehave) findings.push(`${lane} granted ${direction} and did not give way`);
    return passed;
  }
  const passed = await world.hands.push(lane, direction);
  if (passed) findings.push(`${lane} still gave way ${plan.reactMs} ms behind the grant`);
  return passed;
}

async function passDoor(plan: VisitPlan, world: VisitWorld, door: string, findings: string[]): Promise<boolean> {
  await pause(world, plan.reactMs);
  const push = (): Promise<boolean> => world.hands.pushDoor(door, plan.openMs);
  const passed = plan.hesitates ? await push() : await pushUntil(world, push);
  if (plan.hesitates && passed) findings.push(`${door} still opened ${plan.reactMs} ms behind the grant`);
  if (!plan.hesitates && !passed && !world.wiresMisbehave) findings.push(`${door} granted access and did not open`);
  return passed;
}

async function follow(world: VisitWorld, { lane, direction }: Way, findings: string[]): Promise<boolean> {
  const told = world.ears.event(({ name, source }) => name === "Tailgating" && source === `${lane}/${direction}`, EVENT_WITHIN_MS);
  await pause(world, FOLLOW_AFTER_MS);
  const followed = await world.hands.tailgate(lane, direction);
  const heard = (await told) !== undefined;
  if (followed && !heard && !world.wiresMisbehave) findings.push(`somebody tailgated through ${lane} and nobody was told`);
  return followed;
}

async function compareEnd(plan: VisitPlan, world: VisitWorld, grantedSeq: number, passed: boolean, findings: string[]): Promise<void> {
  const end = await world.ears.passageEnd(plan.accessPoint.id, grantedSeq, END_WITHIN_MS);
  if (end === undefined) findings.push(`grant ${grantedSeq} has neither AccessTaken nor AccessNotTaken`);
  else if (!passed && end.taken) findings.push(`grant ${grantedSeq} is AccessTaken, but nobody passed`);
  else if (world.wiresMisbehave) return;
  else if (passed && !end.taken) findings.push(`somebody passed on grant ${grantedSeq}, but it is AccessNotTaken (${end.cause})`);
  else if (plan.hesitates && end.cause !== "timeout") findings.push(`grant ${grantedSeq} was let lapse, but its cause is ${end.cause}`);
}

/** Pushes until it gives way, or patience is over. */
async function pushUntil(world: VisitWorld, push: () => Promise<boolean>): Promise<boolean> {
  for (let pushes = 1; ; pushes++) {
    if (await push()) return true;
    if (pushes === PUSHES_MAX) return false;
    await pause(world, PUSH_EVERY_MS);
  }
}

interface Way {
  readonly lane: string;
  readonly direction: Direction;
}
/** Everything at one place by which somebody is let in, as reports name it: a grant in one direction of a lane is in the way of the other. */
const placesOf = ({ opens }: CampusAccessPoint): string[] => {
  if (opens.kind === "door") return [`${opens.door.id}-in`, opens.door.id];
  const { id } = opens.lane;
  return [`${id}-in`, `${id}-out`, `${id}/entry`, `${id}/exit`];
};
const outcomeOf = ({ reason }: JudgedReport): Outcome => reason ?? "granted";
