import { type Clock, type Observation, PROTOCOL_LIMITS, type ProtocolPart, type ProtocolStep, type UnixSeconds } from "@portico/card-protocol";
import type { WalkRow } from "../control/commissioning-rows.ts";
import { type Facts, sightOf, type Stage, type Step, type Word } from "../core/commissioning.ts";
import type { DoorOperation, OperatorAct } from "../core/door-operation.ts";
import type { OperationOutcome } from "../portal/portal.ts";
import type { Commissionable } from "./step-plan.ts";

/** How often is looked at what a step waits for. */
const LOOK_MS = 100;

/** The step that somebody is at. */
export interface StepUnderWay {
  readonly step: string;
  readonly by: string;
  /** Which of its stages is waited for. */
  readonly stage: number;
  /** The last event that was seen. */
  readonly after: number;
  /** Of the machine when the step began. */
  readonly bootId: string;
  readonly seen: readonly Observation[];
}

/** How far a commissioning is: what a restart goes on with. */
export interface WalkDraft {
  readonly by: string;
  readonly begun: UnixSeconds | null;
  /** The configuration that it is a walk through. */
  readonly parts: readonly ProtocolPart[];
  readonly steps: readonly ProtocolStep[];
  readonly under: StepUnderWay | null;
}

/** What a walk needs of the controller. */
export interface WalkParts {
  readonly of: Commissionable;
  readonly plan: readonly Step[];
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly bootId: string;
  readonly lastSeq: () => number;
  readonly facts: Omit<Facts, "isInput" | "isNewBoot">;
  readonly input: (board: string, input: number) => boolean | undefined;
  /** Called at each change of an input of any board. */
  readonly onInput: (listener: (board: string, input: number, closed: boolean) => void) => () => void;
  readonly act: (door: string, act: "access" | DoorOperation, by: OperatorAct) => OperationOutcome;
  /** Keeps the draft; false: the disk refused, and nothing was kept. */
  readonly keep: (draft: WalkDraft) => boolean;
}

/** One commissioning that is under way: one step at a time, each thing as the controller sees it. */
export class Walk {
  readonly #parts: WalkParts;
  #draft: WalkDraft;
  readonly #flickered = new Set<string>();
  #cancelLook = (): void => {};
  #cancelTimeOut = (): void => {};
  #unlisten = (): void => {};

  /** @param isResumed  a step that is under way goes on; else it is as if it had not begun */
  constructor(parts: WalkParts, draft: WalkDraft, isResumed = true) {
    this.#parts = parts;
    this.#draft = draft;
    if (!isResumed) this.leave();
    else if (draft.under !== null) this.#wait(draft.under);
  }

  get draft(): WalkDraft {
    return this.#draft;
  }

  row(): WalkRow {
    return walkRow(this.#parts.of, this.#parts.plan, this.#draft);
  }

  /** Begins a step, or begins it anew. */
  start(id: string, by: string): boolean {
    this.#undo();
    this.#end();
    const begun: StepUnderWay = { step: id, by, stage: 0, after: this.#parts.lastSeq(), bootId: this.#parts.bootId, seen: [] };
    const isKept = this.#put({ ...this.#without(id), under: begun });
    if (isKept) this.#enter(begun);
    else this.#draft = { ...this.#draft, under: null };
    return isKept;
  }

  /** What is asked now; undefined: nothing. */
  asked(): Extract<Stage["awaited"], { kind: "word" }> | undefined {
    const awaited = this.#stage()?.awaited;
    return awaited?.kind === "word" ? awaited : undefined;
  }

  /** Somebody says what they were asked. */
  answer(word: Word, by: string, remark: string): void {
    const { under } = this.#draft;
    const asked = this.asked();
    if (under === null || asked === undefined) return;
    const said: Observation = { seq: null, text: cut(`${by} says ${word}: ${this.#stage()!.tells}`) };
    const next = { ...under, seen: [...under.seen, said] };
    if (asked.right === "any" || asked.right === word) this.#next(next, remark);
    else this.#close(next, "failed", remark === "" ? `${by} says ${word}, and ${asked.right} is right` : remark);
  }

  /** A step is left out, or somebody says that it failed. */
  judge(id: string, outcome: "skipped" | "failed", remark: string): boolean {
    const { under } = this.#draft;
    const seen = under?.step === id ? under.seen : [];
    this.#undo();
    this.#end();
    return this.#put({ ...this.#with({ step: id, outcome, remark, seen }), under: null });
  }

  /** Whoever commissions goes away: the step that is under way is as if it had not begun. */
  leave(): boolean {
    this.#undo();
    this.#end();
    return this.#put({ ...this.#draft, under: null });
  }

  close(): void {
    this.#end();
  }

  #step = (id: string): Step => this.#parts.plan.find((each) => each.id === id)!;
  #stage(): Stage | undefined {
    const { under } = this.#draft;
    return under === null ? undefined : this.#step(under.step).stages[under.stage];
  }

  /** Enters a stage: what is only to be done is done, and what is waited for may be seen already. */
  #enter(under: StepUnderWay): void {
    const step = this.#step(under.step);
    const awaited = step.stages[under.stage]?.awaited;
    if (awaited === undefined) return this.#close(under, "passed", "");
    if (awaited.kind !== "act") return this.#wait(under);
    const outcome = this.#parts.act(awaited.door, awaited.act, { by: under.by, reason: `commissioning, ${step.id}` });
    if (!outcome.ok) return this.#close(under, "failed", cutRemark(`${awaited.door} did not obey: ${outcome.detail}`));
    this.#next({ ...under, seen: [...under.seen, { seq: null, text: cut(`${awaited.act} was asked for at ${awaited.door}`) }] }, "");
  }

  #next(under: StepUnderWay, remark: string): void {
    this.#end();
    const next = { ...under, stage: under.stage + 1 };
    if (next.stage >= this.#step(next.step).stages.length) return this.#close(next, "passed", remark);
    this.#put({ ...this.#draft, under: next });
    this.#enter(next);
  }

  #wait(under: StepUnderWay): void {
    const step = this.#step(under.step);
    const { awaited, tells, withinMs = step.withinMs } = step.stages[under.stage]!;
    if (awaited.kind === "word") return;
    const { clock, onInput } = this.#parts;
    this.#flickered.clear();
    this.#unlisten = onInput((board, input, closed) => void this.#flickered.add(`${board} ${input} ${closed}`));
    this.#cancelTimeOut = clock.after(withinMs, () =>
      this.#close(this.#draft.under!, "failed", cutRemark(`not seen within ${Math.ceil(withinMs / 1000)} s: ${tells}`)),
    );
    this.#lookLater();
  }

  #lookLater(): void {
    this.#cancelLook = this.#parts.clock.after(LOOK_MS, () => this.#look());
  }

  #look(): void {
    const under = this.#draft.under!;
    const found = sightOf(this.#stage()!.awaited, this.#facts(under), under.after);
    if (found === undefined) return this.#lookLater();
    const seen = [...under.seen, { seq: found.seq, text: cut(found.text) }];
    this.#next({ ...under, after: found.seq ?? under.after, seen }, "");
  }

  #facts({ bootId }: StepUnderWay): Facts {
    return {
      ...this.#parts.facts,
      isInput: (board, input, closed) => this.#parts.input(board, input) === closed || this.#flickered.has(`${board} ${input} ${closed}`),
      isNewBoot: bootId !== this.#parts.bootId,
    };
  }

  #close({ step, seen }: StepUnderWay, outcome: "passed" | "failed", remark: string): void {
    this.#end();
    if (outcome === "failed") this.#undo();
    this.#put({ ...this.#with({ step, outcome, remark, seen }), under: null });
  }

  /** What a step has changed for longer than a passage is put back. */
  #undo(): void {
    const { under } = this.#draft;
    const step = under === null ? undefined : this.#parts.plan.find(({ id }) => id === under.step);
    const isDone = step?.stages.some(({ awaited }, index) => index < under!.stage && awaited.kind === "act");
    if (step?.undo !== undefined && isDone === true) this.#parts.act(step.undo.door, step.undo.act, { by: under!.by, reason: "commissioning, put back" });
  }

  #end(): void {
    this.#cancelLook();
    this.#cancelTimeOut();
    this.#unlisten();
  }

  /** In memory it stands whatever the disk says: what is not kept is walked again. */
  #put(draft: WalkDraft): boolean {
    this.#draft = draft;
    return this.#parts.keep(draft);
  }

  #without = (id: string): WalkDraft => ({ ...this.#draft, steps: this.#draft.steps.filter(({ step }) => step !== id) });
  #with(done: ProtocolStep): WalkDraft {
    return { ...this.#draft, steps: [...this.#without(done.step).steps, done] };
  }
}

const cut = (text: string): string => text.slice(0, PROTOCOL_LIMITS.seen);
const cutRemark = (text: string): string => text.slice(0, PROTOCOL_LIMITS.remark);

/** Each step of a plan with what became of it so far. */
export const stepsOf = (plan: readonly Step[], draft: WalkDraft | undefined): readonly ProtocolStep[] =>
  plan.map(({ id }) => draft?.steps.find(({ step }) => step === id) ?? { step: id, outcome: "open", remark: "", seen: [] });

/** A walk as the control socket tells it. @param draft  undefined: nobody has begun one */
export function walkRow({ id, kind }: Commissionable, plan: readonly Step[], draft: WalkDraft | undefined): WalkRow {
  const under = draft?.under ?? null;
  const at = under === null ? undefined : plan.find((each) => each.id === under.step)!.stages[under.stage];
  return {
    door: id,
    kind,
    by: draft?.by ?? null,
    begun: draft?.begun ?? null,
    steps: stepsOf(plan, draft).map((done, index) => ({ ...done, shows: plan[index]!.shows, isNeeded: plan[index]!.isNeeded })),
    under: under === null || at === undefined ? null : { step: under.step, stage: under.stage, ...told(at), seen: under.seen },
  };
}

const told = ({ tells, awaited }: Stage): Pick<NonNullable<WalkRow["under"]>, "tells" | "words" | "isRelock"> => ({
  tells,
  words: awaited.kind === "word" ? awaited.words : null,
  isRelock: awaited.kind === "event" && awaited.names.includes("DoorsRelocked"),
});
