import type { CommissioningOutcome, EventName, Observation, StepOutcome } from "@portico/card-protocol";
import type { DoorOperation } from "./door-operation.ts";

/** What somebody at a door says when they are asked. */
export const WORDS = ["yes", "no", "free", "locked"] as const;
export type Word = (typeof WORDS)[number];

/** What a step waits for, one thing behind the other. Ids of doors are those of operables: `library`, `gate-1/entry`, `lift-1/3`. */
export type Awaited =
  /** An event of that source behind those that were seen; where `field` names one, with that value. */
  | { readonly kind: "event"; readonly names: readonly EventName[]; readonly source: string | null; readonly field?: readonly [name: string, value: boolean] }
  | { readonly kind: "lock"; readonly door: string; readonly is: "Locked" | "Unlocked" }
  | { readonly kind: "contact"; readonly door: string; readonly is: "Open" | "Closed" }
  | { readonly kind: "input"; readonly board: string; readonly input: number; readonly closed: boolean }
  /** Nothing stands above the door's mode any more. */
  | { readonly kind: "not-overruled"; readonly door: string }
  /** The computer was started anew, and this controller on it. */
  | { readonly kind: "restart" }
  /** Whoever commissions is asked; another word than the right one fails the step. `any`: whatever they say is written down. */
  | { readonly kind: "word"; readonly words: readonly Word[]; readonly right: Word | "any" }
  /** Nothing is waited for: the door is asked for it, as an operator would. */
  | { readonly kind: "act"; readonly door: string; readonly act: "access" | DoorOperation };

/** One thing that a step waits for. */
export interface Stage {
  /** What whoever commissions has to do, or is asked. */
  readonly tells: string;
  readonly awaited: Awaited;
  /** Nobody's hand is waited for: it is so within this time. Absent: the step's. */
  readonly withinMs?: number;
}

/** One step of a commissioning. */
export interface Step {
  /** `strike`, `reader:library-in` … */
  readonly id: string;
  /** What it shows. */
  readonly shows: string;
  /** It has to pass; else it may be left out for a reason. */
  readonly isNeeded: boolean;
  /** So long each thing is waited for; words are waited for without end. */
  readonly withinMs: number;
  readonly stages: readonly Stage[];
  /** What is undone where the step ends before its time. */
  readonly undo?: { readonly door: string; readonly act: DoorOperation };
}

/** What a controller knows now. */
export interface Facts {
  /** The first event behind `after` that has one of the names, and that source where one is given. */
  readonly event: (
    after: number,
    names: readonly EventName[],
    source: string | null,
  ) => { readonly seq: number; readonly text: string; readonly fields: Readonly<Record<string, unknown>> } | undefined;
  readonly door: (id: string) => { readonly lock: string; readonly physical: string; readonly overruled: string | null } | undefined;
  /** Whether a contact is so, or was for a moment since this is waited for. */
  readonly isInput: (board: string, input: number, closed: boolean) => boolean;
  /** The computer was started anew since the step began. */
  readonly isNewBoot: boolean;
}

/** What is seen of a thing that is waited for; undefined: nothing yet. @param after  the last event that was seen */
export function sightOf(awaited: Awaited, facts: Facts, after: number): Observation | undefined {
  switch (awaited.kind) {
    case "event":
      return eventSeen(awaited, facts, after);
    case "lock":
      return facts.door(awaited.door)?.lock === awaited.is ? state(`lock of ${awaited.door}: ${awaited.is}`) : undefined;
    case "contact":
      return facts.door(awaited.door)?.physical === awaited.is ? state(`contact of ${awaited.door}: ${awaited.is}`) : undefined;
    case "input": {
      const { board, input, closed } = awaited;
      return facts.isInput(board, input, closed) ? state(`input ${input} of ${board}: ${closed ? "closed" : "open"}`) : undefined;
    }
    case "not-overruled":
      return facts.door(awaited.door)?.overruled === null ? state(`nothing overrules ${awaited.door}`) : undefined;
    case "restart": {
      return facts.isNewBoot ? newestStart(facts, after) : undefined;
    }
    case "word":
    case "act":
      return undefined;
  }
}

function eventSeen({ names, source, field }: Extract<Awaited, { kind: "event" }>, facts: Facts, after: number): Observation | undefined {
  for (let from = after; ;) {
    const found = facts.event(from, names, source);
    if (found === undefined || field === undefined || found.fields[field[0]] === field[1]) return found && { seq: found.seq, text: found.text };
    from = found.seq;
  }
}

function newestStart(facts: Facts, after: number): Observation | undefined {
  let newest: Observation | undefined;
  for (let found = facts.event(after, ["ControllerStarted"], null); found !== undefined; found = facts.event(found.seq, ["ControllerStarted"], null))
    newest = { seq: found.seq, text: found.text };
  return newest;
}

const state = (text: string): Observation => ({ seq: null, text });

/** What became of the whole. */
export function outcomeOf(steps: readonly { readonly isNeeded: boolean; readonly outcome: StepOutcome }[]): CommissioningOutcome {
  if (steps.some(({ outcome }) => outcome === "failed")) return "failed";
  const isWhole = steps.every(({ isNeeded, outcome }) => outcome === "passed" || (outcome === "skipped" && !isNeeded));
  return isWhole ? "passed" : "incomplete";
}
