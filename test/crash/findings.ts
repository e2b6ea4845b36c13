import type { CredentialId, UnixSeconds } from "@portico/card-protocol";
import type { ChainVerdict, ControllerReport, EventLine } from "@portico/controller";
import type { StrikeFrame, StrikeTime } from "./far-end.ts";
import { logFaults } from "./log-faults.ts";
import type { Shot } from "./shot.ts";

/** A strike may stay energised so much longer than its hold: the board counts in 100 ms, and an unanswered frame may be repeated. */
const OVER_HOLD_MS_MAX = 300;

/** A pass as it was shown. */
export interface ShownPass {
  /** The QR text. */
  readonly text: string;
  readonly credential: CredentialId;
  readonly counter: number;
  readonly signedAt: UnixSeconds;
  /** It was shown before, to a controller that was killed before it had spent it. */
  readonly isSecondShowing: boolean;
}

/** What a kill left behind, and what the next controller made of it. */
export interface Evidence {
  readonly shot: Shot;
  readonly pass: ShownPass;
  readonly accessPoint: string;
  /** How the controller ended. */
  readonly exit: string;
  /** The decision that the killed controller reported, if it came to that. */
  readonly judged: Extract<ControllerReport, { readonly kind: "judged" }> | undefined;
  /** The killed controller reported that somebody had passed. */
  readonly hasToldTaken: boolean;
  /** What the log holds since the last look: of the life that was ended, and of the start that followed. */
  readonly events: readonly EventLine[];
  /** All of it. */
  readonly log: readonly EventLine[];
  readonly verdict: ChainVerdict;
  /** What the board read of the killed controller, the last byte in the wire included. */
  readonly strikeFrames: readonly StrikeFrame[];
  /** What they did to the strike. */
  readonly strikes: readonly StrikeTime[];
  /** Strike frames at the other entrance. */
  readonly movedElsewhere: number;
  /** Strike frames and energised strikes of the next controller, before anybody showed it anything. */
  readonly movedBehind: number;
}

/** Where the controller really was when it was killed, by what is found. */
export const STAGES = ["before the commit", "commit to write", "write to acknowledgement", "behind the acknowledgement"] as const;
export type Stage = (typeof STAGES)[number];

/** What is found of one kill. */
export interface Findings {
  readonly stage: Stage;
  /** The passage that was granted, as the log has it. */
  readonly grant: EventLine | undefined;
  /** How the grant ended. */
  readonly end: "taken" | "restart" | undefined;
  /** The pass was shown to the controller before this one too, which had not spent it. */
  readonly isSecondShowing: boolean;
  /** The spent pass was shown to the next controller too, which refused it. */
  readonly isRefusedAgain: boolean;
  /** What must not be. */
  readonly faults: readonly string[];
}

/** Finds the stage of a kill, and whatever must not be. Pure. */
export function findingsOf(evidence: Evidence): Findings {
  const { pass, accessPoint, events, strikeFrames } = evidence;
  const granted = events.filter(({ name }) => name === "AccessGranted");
  const grant = granted.find(
    ({ source, fields: { credential, counter, signedAt } }) =>
      source === accessPoint && credential === pass.credential && counter === pass.counter && signedAt === pass.signedAt,
  );
  const end = events.find(({ name, fields }) => (name === "AccessTaken" || name === "AccessNotTaken") && fields["grantedSeq"] === grant?.seq);
  return {
    stage: stageOf(grant !== undefined, strikeFrames),
    grant,
    end: end?.name === "AccessTaken" ? "taken" : end?.fields["cause"] === "restart" ? "restart" : undefined,
    isSecondShowing: pass.isSecondShowing,
    isRefusedAgain: false,
    faults: [...lifeFaults(evidence, granted, grant), ...startFaults(evidence), ...logFaults(evidence.log)],
  };
}

function stageOf(isGranted: boolean, strikeFrames: readonly StrikeFrame[]): Stage {
  if (strikeFrames.length === 0) return isGranted ? "commit to write" : "before the commit";
  return strikeFrames.some(({ isAnswered }) => isAnswered) ? "behind the acknowledgement" : "write to acknowledgement";
}

/** Of the life that was ended: recorded before acted, told only what is recorded, one grant and one release a pass. */
function lifeFaults(evidence: Evidence, granted: readonly EventLine[], grant: EventLine | undefined): string[] {
  const { exit, judged, hasToldTaken, events, strikeFrames, strikes, movedElsewhere, shot } = evidence;
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string): void => void (holds || faults.push(fault));
  demand(exit === "SIGKILL", `the controller ended by itself: ${exit}`);
  demand(
    granted.length === (grant === undefined ? 0 : 1),
    `${granted.length} grants are in the log, of which ${grant === undefined ? "none is" : "one is"} this pass's`,
  );
  demand(strikeFrames.length === 0 || grant !== undefined, "the board read a strike frame, but its passage is not in the log");
  demand(shot.point !== "scan begun" || grant === undefined, "half a scan was let in");
  demand(judged?.outcome !== "denied" || shot.point === "scan begun", `the scan was denied: ${judged?.reason} (${judged?.detail})`);
  demand(judged === undefined || judged.seq === (grant?.seq ?? null), `the decision was reported as event ${judged?.seq}, but the log has ${grant?.seq}`);
  demand(!hasToldTaken || events.some(({ name }) => name === "AccessTaken"), "a passage was reported, but it is not in the log");
  demand(strikes.length <= 1, `the strike was energised ${strikes.length} times for one passage`);
  for (const { overHoldMs, lateMs } of strikes)
    demand(
      overHoldMs - lateMs <= OVER_HOLD_MS_MAX,
      `the strike was energised ${overHoldMs.toFixed(0)} ms longer than its hold (its board late by ${lateMs.toFixed(0)})`,
    );
  demand(movedElsewhere === 0, "the strike of another entrance was moved");
  const [frame] = strikeFrames;
  if (frame !== undefined && grant !== undefined && grant.at !== null)
    demand(grant.at * 1000 + grant.ms <= frame.wallMs, `the passage was recorded ${grant.at * 1000 + grant.ms - frame.wallMs} ms behind its strike frame`);
  return faults;
}

/** Of the start that followed: it knows of the crash, moves nothing, and its chain is whole. */
function startFaults({ events, verdict, log, movedBehind }: Evidence): string[] {
  const faults: string[] = [];
  const causes = events.filter(({ name }) => name === "ControllerStarted").map(({ fields }) => fields["cause"]);
  if (causes.join() !== "crash") faults.push(`the log tells of starts after: ${causes.join(", ")}`);
  if (movedBehind !== 0) faults.push("the next controller moved a strike before anybody had shown it anything");
  if (verdict.kind === "broken") faults.push(`the chain is broken at event ${verdict.seq}: ${verdict.cause} (${verdict.detail})`);
  else if (verdict.records < log.length || verdict.gaps.length > 0)
    faults.push(`the chain has ${verdict.records} of ${log.length} records, ${verdict.gaps.length} gaps`);
  return faults;
}
