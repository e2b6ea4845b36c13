import {
  bytesToHex,
  type CommissioningProtocol,
  err,
  eventOf,
  makeCommissioningProtocol,
  ok,
  PROTOCOL_LIMITS,
  type ProtocolStep,
  readCommissioningProtocol,
  type Result,
  type Signer,
} from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { RelayBoard } from "@portico/firmware-ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { CommissioningAnswer, CommissioningAsked, CommissioningRow, CommissioningVerb, SignedProtocol, WalkRow } from "../control/commissioning-rows.ts";
import { eventLine } from "../control/event-line.ts";
import type { ControllerClock } from "../controller-clock.ts";
import { type Facts, outcomeOf, type Step } from "../core/commissioning.ts";
import { askOperable } from "../portal/commanded-doors.ts";
import type { Operable } from "../portal/portal.ts";
import type { Recorder } from "../recorder.ts";
import type { ControllerStore } from "../store/controller-store.ts";
import { changedParts, configurationParts } from "./configuration-parts.ts";
import { commissionables, stepPlan } from "./step-plan.ts";
import { rowOf, sha256, type SignedStanding } from "./commissioning-row.ts";
import { stepsOf, Walk, type WalkDraft, walkRow } from "./walk.ts";

/** The one step that a restart of the controller belongs to. */
const SURVIVES_A_RESTART = "power-controller";

export interface CommissioningParts {
  readonly configuration: Configuration;
  readonly operables: ReadonlyMap<string, Operable>;
  readonly boards: ReadonlyMap<string, RelayBoard>;
  readonly store: Pick<ControllerStore, "commissioning" | "events" | "database">;
  readonly clock: ControllerClock;
  readonly recorder: Pick<Recorder, "attempt">;
  readonly signer: Signer;
  /** Of the machine's present boot. */
  readonly bootId: string;
}

/** Why something that was asked is not done. */
export type CommissioningError = "DoorUnknown" | "StepUnknown" | "NotBegun" | "StepUnderWay" | "NotAsked" | "RemarkMissing" | "TooManySteps" | "NotRecorded";

/** What is known of one door. */
interface Known extends Pick<SignedStanding, "of" | "parts"> {
  readonly plan: readonly Step[];
  protocol: SignedStanding["protocol"];
  walk: Walk | undefined;
}

/** Which doors were commissioned with what the configuration says now, and the walks through those that are being commissioned. */
export class Commissioning {
  readonly #parts: CommissioningParts;
  readonly #doors = new Map<string, Known>();

  constructor(parts: CommissioningParts) {
    this.#parts = parts;
    const kept = parts.store.commissioning.kept();
    for (const of of commissionables(parts.configuration)) {
      const known: Known = {
        of,
        plan: stepPlan(of, parts.configuration),
        parts: configurationParts(of, parts.configuration),
        protocol: this.#readBack(kept.get(of.id)?.protocol ?? null),
        walk: undefined,
      };
      this.#doors.set(of.id, known);
      known.walk = this.#resumed(known, kept.get(of.id)?.draft ?? null);
    }
  }

  rows(): readonly CommissioningRow[] {
    return [...this.#doors.values()].map((known) => rowOf(known, known.walk !== undefined));
  }

  /** Of a door, of a way of a turnstile, or of a floor. */
  rowOf(operable: string): CommissioningRow | undefined {
    const known = this.#doors.get(operable) ?? this.#doors.get(operable.split("/")[0]!);
    return known && rowOf(known, known.walk !== undefined);
  }

  walk(door: string): WalkRow | undefined {
    const known = this.#doors.get(door);
    return known && walkRow(known.of, known.plan, known.walk?.draft);
  }

  protocol(door: string): SignedProtocol | undefined {
    const known = this.#doors.get(door);
    const { configuration, signer } = this.#parts;
    if (known === undefined) return undefined;
    const record = known.protocol === undefined ? null : bytesToHex(known.protocol.record);
    return { site: configuration.site.id, controller: configuration.controller.id, publicKey: bytesToHex(signer.publicKey), record };
  }

  /** Does what is asked of the commissioning of a door. */
  ask(door: string, verb: CommissioningVerb, asked: CommissioningAsked): Result<CommissioningAnswer, CommissioningError> {
    const known = this.#doors.get(door);
    if (known === undefined) return err("DoorUnknown", `there are ${[...this.#doors.keys()].join(", ")}`);
    const trouble = verb === "begin" ? this.#begin(known, asked.by) : this.#done(known, verb, asked);
    return trouble ?? ok({ row: rowOf(known, known.walk !== undefined), walk: walkRow(known.of, known.plan, known.walk?.draft) });
  }

  close(): void {
    for (const { walk } of this.#doors.values()) walk?.close();
  }

  #begin(known: Known, by: string): Result<never, CommissioningError> | undefined {
    if (known.walk !== undefined) return undefined;
    if (known.plan.length > PROTOCOL_LIMITS.steps || known.parts.length > PROTOCOL_LIMITS.parts)
      return err("TooManySteps", `${known.plan.length} steps, at most ${PROTOCOL_LIMITS.steps}; ${known.parts.length} parts, at most ${PROTOCOL_LIMITS.parts}`);
    const draft: WalkDraft = { by, begun: this.#now(), parts: known.parts, steps: [], under: null };
    if (!this.#keep(known, draft)) return NOT_RECORDED;
    known.walk = this.#walkOf(known, draft);
    return undefined;
  }

  #done(known: Known, verb: Exclude<CommissioningVerb, "begin">, asked: CommissioningAsked): Result<never, CommissioningError> | undefined {
    const { walk, plan } = known;
    const { by, step, word, remark } = asked;
    if (walk === undefined) return err("NotBegun", "nobody has begun it");
    const takesStep = verb === "start" || verb === "skip" || verb === "fail";
    if (takesStep && !plan.some(({ id }) => id === step)) return err("StepUnknown", `there are ${plan.map(({ id }) => id).join(", ")}`);
    switch (verb) {
      case "start":
        return kept(walk.start(step!, by));
      case "skip":
      case "fail":
        if (remark.trim() === "") return err("RemarkMissing", "why stands in the protocol");
        return kept(walk.judge(step!, verb === "skip" ? "skipped" : "failed", remark));
      case "answer": {
        const takes = walk.asked()?.words;
        if (word === null || takes?.includes(word) !== true) return err("NotAsked", takes === undefined ? "nothing is asked now" : takes.join(" or "));
        walk.answer(word, by, remark);
        return undefined;
      }
      case "leave":
        return kept(walk.leave());
      case "discard":
        walk.leave();
        return this.#discard(known);
      case "finish":
        return walk.draft.under === null ? this.#finish(known, walk, by) : err("StepUnderWay", walk.draft.under.step);
    }
  }

  #discard(known: Known): Result<never, CommissioningError> | undefined {
    if (!this.#keep(known, undefined)) return NOT_RECORDED;
    known.walk?.close();
    known.walk = undefined;
    return undefined;
  }

  #finish(known: Known, walk: Walk, by: string): Result<never, CommissioningError> | undefined {
    const { configuration, recorder, store, signer, clock } = this.#parts;
    const steps = stepsOf(known.plan, walk.draft);
    const outcome = outcomeOf(steps.map((step, index) => ({ ...step, isNeeded: known.plan[index]!.isNeeded })));
    const said: CommissioningProtocol = {
      controller: configuration.controller.id,
      door: known.of.id,
      by,
      begun: walk.draft.begun,
      ended: this.#now(),
      configurationHash: configuration.hash,
      parts: known.parts,
      outcome,
      steps,
    };
    const record = makeCommissioningProtocol(configuration.site.id, said, signer);
    const event = eventOf("DoorCommissioned", {
      door: known.of.id,
      by,
      outcome,
      passed: count(steps, "passed"),
      skipped: count(steps, "skipped"),
      failed: count(steps, "failed"),
      configurationHash: configuration.hash,
      protocol: sha256(record),
    });
    const isKept = recorder.attempt(() =>
      store.database.transaction("durable", () => {
        store.events.append(event, clock.eventTime());
        store.commissioning.keep(known.of.id, { draft: null, protocol: record });
        return true;
      }),
    );
    if (isKept === undefined) return NOT_RECORDED;
    walk.close();
    known.walk = undefined;
    known.protocol = this.#readBack(record);
    return undefined;
  }

  #walkOf(known: Known, draft: WalkDraft, isResumed = true): Walk {
    const { operables, boards, clock, bootId, store } = this.#parts;
    return new Walk(
      {
        of: known.of,
        plan: known.plan,
        clock,
        bootId,
        lastSeq: () => store.events.last().seq,
        facts: { event: this.#eventBehind, door: (id) => operables.get(id)?.row() },
        input: (board, input) => boards.get(board)?.input(input),
        onInput: (listener) => {
          const removals = [...boards].map(([id, board]) => board.onInput((input, closed) => listener(id, input, closed)));
          return () => removals.forEach((remove) => remove());
        },
        act: (door, act, by) => askOperable(operables.get(door)!, act, by),
        keep: (kept) => this.#keep(known, kept),
      },
      draft,
      isResumed,
    );
  }

  /** The first event behind a number that has one of the names. */
  #eventBehind: Facts["event"] = (after, names, source) => {
    const { events } = this.#parts.store;
    const found = names.flatMap((name) => events.read({ after, limit: 1, name, ...(source === null ? {} : { source }) }));
    const first = found.toSorted((a, b) => a.seq - b.seq)[0];
    if (first === undefined) return undefined;
    const { seq, name, source: where, text, fields } = eventLine(first);
    // A protocol is handed over and filed: it names the event that names the credential.
    return { seq, fields, text: Object.hasOwn(fields, "credential") ? `${name} at ${where}` : text };
  };

  #keep(known: Known, draft: WalkDraft | undefined): boolean {
    const { recorder, store } = this.#parts;
    const row = { draft: draft === undefined ? null : JSON.stringify(draft), protocol: known.protocol?.record ?? null };
    return recorder.attempt(() => (store.commissioning.keep(known.of.id, row), true)) !== undefined;
  }

  /** What was begun with another configuration is begun anew; a step that a restart came into, too, but for the one that is about it. */
  #resumed(known: Known, text: string | null): Walk | undefined {
    if (text === null) return undefined;
    const draft = JSON.parse(text) as WalkDraft;
    if (changedParts(draft.parts, known.parts).length > 0) return undefined;
    const { under } = draft;
    const isKnown = under?.step === SURVIVES_A_RESTART && known.plan.find(({ id }) => id === under.step)?.stages[under.stage] !== undefined;
    return this.#walkOf(known, draft, under === null || isKnown);
  }

  #readBack(record: Uint8Array | null): Known["protocol"] {
    if (record === null) return undefined;
    const { configuration, signer } = this.#parts;
    const read = readCommissioningProtocol(record, configuration.site.id, () => ok(signer.publicKey), nodeVerifier);
    return { record, said: read.ok ? read.value : undefined };
  }

  #now(): WalkDraft["begun"] {
    const wall = this.#parts.clock.wall();
    return wall === "untrusted" ? null : wall.now;
  }
}

const NOT_RECORDED: Result<never, CommissioningError> = err("NotRecorded", "the disk refuses to record");
const kept = (isKept: boolean): Result<never, CommissioningError> | undefined => (isKept ? undefined : NOT_RECORDED);
const count = (steps: readonly ProtocolStep[], of: ProtocolStep["outcome"]): number => steps.filter(({ outcome }) => outcome === of).length;
