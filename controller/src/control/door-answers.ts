import { doorNames } from "../core/floor-names.ts";
import { askOperable, operablesOf } from "../portal/commanded-doors.ts";
import type { Operable, OperationOutcome } from "../portal/portal.ts";
import { operatorAct } from "./asked.ts";
import { DOOR_ACTS, type DoorAct } from "./door-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

/** Doors and directions of turnstiles: seen and moved. */
export function doorAnswers({
  operables,
  schedules,
  commissioning,
  tampers,
}: ControlParts): AnswersTo<"GET /v1/doors" | "POST /v1/doors/:id/:act" | "GET /v1/door-schedules"> {
  return {
    "GET /v1/door-schedules": () => schedules.rows(),
    "GET /v1/doors": () =>
      [...operables.values()].map((operable) => ({
        ...operable.row(),
        tamper: tampers.stateOf(operable.id),
        commissioning: commissioning.rowOf(operable.id)!.state,
      })),
    "POST /v1/doors/:id/:act": (asked) => {
      const { id = "", act: word = "" } = asked.params;
      const act = DOOR_ACTS.find((each) => each === word);
      if (act === undefined) throw new Refusal(404, "A door has no such act", word, `Use one of ${DOOR_ACTS.join(", ")}.`);
      const by = operatorAct(asked);
      const concerned = operablesOf(operables, id);
      if (concerned.length === 0) throw new Refusal(404, "There is no such door", id, `Use one of ${doorNames([...operables.keys()]).join(", ")}.`);
      if (act === "access" && concerned.length > 1)
        throw new Refusal(400, "One passage goes one way", id, `Name the way: ${doorNames(concerned.map((each) => each.id)).join(" or ")}.`);
      // Each is asked, whatever another answers: a way that cannot be secured leaves no other one open.
      const outcomes = concerned.map((operable) => ({ operable, outcome: askOperable(operable, act, by) }));
      const done = outcomes.filter(({ outcome }) => outcome.ok).map(({ operable }) => operable.id);
      for (const { operable, outcome } of outcomes) {
        const isHeldElsewhere = act === "release" && done.length > 0 && !outcome.ok && outcome.error === "OperationRefused";
        if (!isHeldElsewhere) refuseWhereNot(outcome, operable, act, done);
      }
      return concerned[0]!.row();
    },
  };
}

function refuseWhereNot(outcome: OperationOutcome, operable: Operable, act: DoorAct, done: readonly string[]): void {
  if (outcome.ok) return;
  const { id } = operable;
  const detail = `door ${id}, ${act}${done.length === 0 ? "" : `; done at ${doorNames(done).join(", ")}`}`;
  if (outcome.error === "NotRecorded") throw notRecordedRefusal(detail);
  const { mode } = operable.row();
  const isHeld = mode === "LockedDown" || mode === "LockedOpen";
  throw new Refusal(
    409,
    `The door cannot do that now: ${outcome.detail}`,
    detail,
    isHeld ? `portico door release ${id}` : "portico door list says what it is doing.",
  );
}
