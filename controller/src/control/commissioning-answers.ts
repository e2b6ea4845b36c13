import type { CommissioningError } from "../commissioning/commissioning.ts";
import { commissioningAsked } from "./asked.ts";
import { COMMISSIONING_VERBS } from "./commissioning-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

/** Why what was asked of a commissioning is not done: status, title and next step. */
const REFUSED: Readonly<Record<Exclude<CommissioningError, "NotRecorded">, readonly [status: number, title: string, remedy: string]>> = {
  DoorUnknown: [404, "There is no such door, turnstile or floor", "portico door list --uncommissioned --all names them."],
  StepUnknown: [404, "There is no such step there", "Name one of its steps."],
  NotBegun: [409, "Nobody has begun to commission it", "Begin it first: portico door commission."],
  StepUnderWay: [409, "A step is under way", "Let it end, or leave it."],
  NotAsked: [409, "That is not asked now", "Ask again how far it is."],
  RemarkMissing: [400, "A step is left out or failed for a reason", "Say why."],
  TooManySteps: [409, "It has more than a protocol holds", "Give it fewer readers."],
};

/** How doors were commissioned, and the walks through those that are being commissioned. */
export function commissioningAnswers({
  commissioning,
}: ControlParts): AnswersTo<"GET /v1/commissioning" | "GET /v1/commissioning/:id" | "GET /v1/commissioning/:id/protocol" | "POST /v1/commissioning/:id/:verb"> {
  const known = <Answer>(answer: Answer | undefined, id: string): Answer => {
    if (answer === undefined) throw refusal("DoorUnknown", id, id);
    return answer;
  };
  return {
    "GET /v1/commissioning": () => commissioning.rows(),
    "GET /v1/commissioning/:id": ({ params: { id = "" } }) => known(commissioning.walk(id), id),
    "GET /v1/commissioning/:id/protocol": ({ params: { id = "" } }) => known(commissioning.protocol(id), id),
    "POST /v1/commissioning/:id/:verb": (asked) => {
      const { id = "", verb: word = "" } = asked.params;
      const verb = COMMISSIONING_VERBS.find((each) => each === word);
      if (verb === undefined) throw new Refusal(404, "A commissioning has no such verb", word, `Use one of ${COMMISSIONING_VERBS.join(", ")}.`);
      const outcome = commissioning.ask(id, verb, commissioningAsked(asked));
      if (outcome.ok) return outcome.value;
      throw refusal(outcome.error, `${verb}, ${id}`, outcome.detail);
    },
  };
}

function refusal(error: CommissioningError, on: string, detail: string): Refusal {
  if (error === "NotRecorded") return notRecordedRefusal(on);
  const [status, title, remedy] = REFUSED[error];
  return new Refusal(status, title, on === detail ? on : `${on}: ${detail}`, remedy);
}
