import { err } from "@portico/card-protocol";
import { DOOR_ACTS, type DoorAct } from "../control/door-rows.ts";
import { SITE_VERBS } from "../control/site-rows.ts";
import type { OperatorAct } from "../core/door-operation.ts";
import { askSite, type SiteActs, type SiteOutcome } from "../site.ts";
import { isSecuring, type Operable, operated, type OperationOutcome } from "./portal.ts";

/** What a command names for all doors of a zone stands behind it. No door's id holds a colon. */
const ZONE_TARGET = "zone:";

/** The doors as a command moves them. */
export interface CommandedDoors {
  /** What a verb does at a door, or at all directions of a turnstile; undefined: there is no such door, or no such verb. */
  actOf(target: string, verb: string): CommandedAct | undefined;
}

export interface CommandedAct {
  /** It only takes access away. */
  readonly isSecuring: boolean;
  carryOut(by: OperatorAct): OperationOutcome;
}

/** Commands are given to the same doors, with the same verbs, as on the control socket. */
export function commandedDoors(operables: ReadonlyMap<string, Operable>, site: SiteActs): CommandedDoors {
  return {
    actOf(target, verb) {
      if (target.startsWith(ZONE_TARGET)) return actOfSite(site, target.slice(ZONE_TARGET.length), verb);
      const act = DOOR_ACTS.find((each) => each === verb);
      const concerned = operablesOf(operables, target);
      if (act === undefined || concerned.length === 0) return undefined;
      return { isSecuring: act !== "access" && isSecuring(act), carryOut: (by) => askAll(concerned, act, by) };
    },
  };
}

function actOfSite(site: SiteActs, of: string, word: string): CommandedAct | undefined {
  const verb = SITE_VERBS.find((each) => each === word);
  return verb && { isSecuring: verb === "lockdown" || verb === "relock", carryOut: (by) => siteOutcome(askSite(site, verb, of, by)) };
}

function siteOutcome(outcome: SiteOutcome): OperationOutcome {
  if (outcome.ok) return operated;
  return err(outcome.error === "NotRecorded" ? "NotRecorded" : "OperationRefused", outcome.detail);
}

function askAll(concerned: readonly Operable[], act: DoorAct, by: OperatorAct): OperationOutcome {
  if (act === "access" && concerned.length > 1) return err("OperationRefused", "one passage goes one way: name the direction");
  // Each is asked, whatever another answers: a way that cannot be secured leaves no other one open.
  const outcomes = concerned.map((operable) => askOperable(operable, act, by));
  const refusals = outcomes.filter((outcome) => !outcome.ok);
  // A direction that was not held has nothing to release.
  const hasReleased = act === "release" && refusals.length < outcomes.length && refusals.every(({ error }) => error === "OperationRefused");
  return refusals.length === 0 || hasReleased ? operated : refusals[0]!;
}

/** The door, direction or floor of that id; of a turnstile's id all its directions, of a lift's all its floors but those that are nobody's to move. */
export function operablesOf(operables: ReadonlyMap<string, Operable>, id: string): readonly Operable[] {
  const one = operables.get(id);
  return one === undefined ? [...operables.values()].filter((operable) => operable.isFixed !== true && operable.id.startsWith(`${id}/`)) : [one];
}

export const askOperable = (operable: Operable, act: DoorAct, by: OperatorAct): OperationOutcome =>
  act === "access" ? operable.operatorAccess(by) : operable.operate(act, by);
