import type { CaseDemand, CaseMoment, CaseState, CaseTransition, CaseType, CaseWindow } from "./case-type.ts";

/** Where a case stands, as it is kept. */
export interface CaseFacts {
  readonly state: string;
  /** 1, 2, 3 …: how often it was handled. */
  readonly round: number;
  /** Seconds. */
  readonly openedAt: number;
  /** Of this round; null: not yet. */
  readonly completedAt: number | null;
  /** Who has asked for which transition since it is in this state, where several have to. */
  readonly votes: readonly CaseVote[];
}
export interface CaseVote {
  readonly transition: string;
  readonly actor: string;
}

/** Who asks for what. */
export interface CaseAsk {
  readonly transition: string;
  /** What the one who asks is to this case: {@link CaseRole}. */
  readonly roles: ReadonlySet<string>;
  /** Tells two who ask apart. */
  readonly actor: string;
  /** What comes along. */
  readonly brings: ReadonlySet<CaseDemand>;
  /** Seconds. */
  readonly at: number;
}

/** Why a step is not taken, in the order of precedence. */
export const CASE_STEP_REFUSALS = [
  "CaseTransitionUnknown",
  "CaseNotYours",
  "CaseWindowOver",
  "CaseTransitionRefused",
  "CaseDemandMissing",
  "CaseSameApprover",
] as const;
export type CaseStepRefusal = (typeof CASE_STEP_REFUSALS)[number];

/** What a step makes of a case; `isVote`: more have to ask for it. */
export interface CaseStepped {
  readonly transition: CaseTransition;
  readonly from: string;
  readonly isVote: boolean;
  readonly next: Omit<CaseFacts, "openedAt">;
}
export type CaseVerdict =
  | { readonly ok: true; readonly value: CaseStepped }
  | { readonly ok: false; readonly error: CaseStepRefusal; readonly detail: string; readonly rule: string };

/** The state that a case is in at an instant: what ends by itself has ended, whether or not anybody was there (rule 6.10). */
export function stateAt({ closing }: CaseType, facts: CaseFacts, at: number): string {
  if (closing === null || !closing.from.includes(facts.state)) return facts.state;
  const end = momentOf(closing.behind.until, facts);
  return end !== undefined && at >= end ? closing.to : facts.state;
}

/** When a case closes by itself; undefined: it does not from here. Seconds. */
export function closesAt({ closing }: CaseType, facts: CaseFacts): number | undefined {
  return closing !== null && closing.from.includes(facts.state) ? momentOf(closing.behind.until, facts) : undefined;
}

/** Whether nothing is left to be done at an instant. */
export const isOverAt = (type: CaseType, facts: CaseFacts, at: number): boolean => stateOf(type, stateAt(type, facts, at))?.isOver === true;

export const stateOf = ({ states }: CaseType, id: string): CaseState | undefined => states.find((state) => state.id === id);

/** What somebody may ask for now, in the order of the table, whatever has to come along. */
export const openTransitions = (type: CaseType, facts: CaseFacts, roles: ReadonlySet<string>, actor: string, at: number): readonly CaseTransition[] =>
  type.transitions.filter((transition) => {
    const verdict = stepCase(type, facts, { transition: transition.id, roles, actor, brings: EVERYTHING, at });
    return verdict.ok && verdict.value.transition === transition;
  });
const EVERYTHING: ReadonlySet<CaseDemand> = new Set<CaseDemand>(["text", "rating", "team"]);

/** Judges one step. Nothing but what the table of its type has is ever granted, and that on the last line alone. */
export function stepCase(type: CaseType, facts: CaseFacts, ask: CaseAsk): CaseVerdict {
  const { roles, actor, brings, at } = ask;
  const ways = type.transitions.filter(({ id }) => id === ask.transition);
  const [named] = ways;
  if (named === undefined)
    return refused("CaseTransitionUnknown", `${ask.transition}; there are ${type.transitions.map(({ id }) => id).join(", ")}`, type.rules[0]!);
  const state = stateAt(type, facts, at);
  const transition = ways.find(({ from }) => from.includes(state)) ?? ways.find(({ from }) => from.includes(facts.state)) ?? named;
  const { rule } = transition;
  if (!transition.by.some((role) => roles.has(role))) return refused("CaseNotYours", `${transition.id} is for ${transition.by.join(", ")}`, rule);
  if (transition.window !== null && transition.from.includes(facts.state) && !isWithin(transition.window, facts, at))
    return refused("CaseWindowOver", `${transition.id} in state ${state}`, transition.window.rule);
  if (!transition.from.includes(state)) return refused("CaseTransitionRefused", `${transition.id} in state ${state}`, rule);
  const missing = transition.demands.find((demand) => !brings.has(demand));
  if (missing !== undefined) return refused("CaseDemandMissing", `${transition.id} needs ${missing}`, rule);
  const asked = facts.votes.filter((vote) => vote.transition === transition.id);
  if (transition.approvals > 1 && asked.some((vote) => vote.actor === actor)) return refused("CaseSameApprover", actor, rule);
  if (asked.length + 1 < transition.approvals) {
    const votes = [...facts.votes, { transition: transition.id, actor }];
    return { ok: true, value: { transition, from: state, isVote: true, next: { state, round: facts.round, completedAt: facts.completedAt, votes } } };
  }
  const round = facts.round + (transition.newRound ? 1 : 0);
  const completedAt = transition.completes ? at : transition.newRound ? null : facts.completedAt;
  return {
    ok: true,
    value: {
      transition,
      from: state,
      isVote: false,
      next: { state: transition.to ?? state, round, completedAt, votes: transition.to === null ? facts.votes : [] },
    },
  };
}

function refused(error: CaseStepRefusal, detail: string, rule: string): CaseVerdict {
  return { ok: false, error, detail, rule };
}

function isWithin({ from, until }: CaseWindow, facts: CaseFacts, at: number): boolean {
  const [begin, end] = [momentOf(from, facts), momentOf(until, facts)];
  return begin !== undefined && end !== undefined && begin <= at && at < end;
}

/** Undefined: it has not happened. */
function momentOf({ of, offsetS }: CaseMoment, { openedAt, completedAt }: Pick<CaseFacts, "openedAt" | "completedAt">): number | undefined {
  const base = of === "issue" ? openedAt : completedAt;
  return base === null ? undefined : base + offsetS;
}
