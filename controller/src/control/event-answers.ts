import { bytesToHex, EVENT_NAMES, type EventName, U32_MAX } from "@portico/card-protocol";
import { decisionOf, explainDecision } from "../explain.ts";
import { explainChargeRefusal } from "../explain-charge.ts";
import type { EventFilter, LoggedEvent, VerifyStep } from "../store/event-log.ts";
import { pathNumber, wholeNumber } from "./asked.ts";
import type { ChainVerdict } from "./chain-verdict.ts";
import type { EventLine } from "./event-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import type { Asked, LineStream } from "./control-server.ts";
import { eventLine } from "./event-line.ts";
import { Refusal } from "./refusal.ts";

/** Events without a word on how many. */
const LIMIT = 1_000;
const LIMIT_MAX = 100_000;
/** Events read at once: between two portions scans are judged, and the reader takes what it was sent. */
const PAGE = 200;

type EventRoute = "GET /v1/events" | "GET /v1/events/:seq" | "GET /v1/events/:seq/explain" | "POST /v1/events/verify";

/** The log: read, followed, explained, verified. */
export function eventAnswers(parts: ControlParts): AnswersTo<EventRoute> {
  const { store, clock, closing } = parts;
  const eventOfPath = (asked: Asked): LoggedEvent => {
    const seq = pathNumber(asked, "seq", 1, U32_MAX);
    const event = store.events.event(seq);
    if (event === undefined)
      throw new Refusal(404, "There is no such event", `event ${seq}`, `The last one is ${store.events.last().seq}: portico event tail.`);
    return event;
  };
  return {
    "GET /v1/events": (asked) => eventStream(parts, asked),
    "GET /v1/events/:seq": (asked) => eventLine(eventOfPath(asked)),
    "GET /v1/events/:seq/explain": (asked) => {
      const event = eventOfPath(asked);
      const line = eventLine(event);
      if (!event.record.ok) throw new Refusal(409, "This record cannot be read", `event ${event.seq}`, "portico event verify says where the chain breaks.");
      const { seq, at, event: what } = event.record.value;
      if (what.name === "ChargeRefused") return { event: line, ...explainChargeRefusal(what.fields) };
      const decided = decisionOf({ seq, at }, what);
      if (decided === undefined)
        throw new Refusal(
          409,
          "This event is no decision, so there is nothing to explain",
          `event ${seq}, ${what.name}: ${line.text}`,
          "portico event tail --name AccessDenied",
        );
      return { event: line, ...explainDecision(decided, parts) };
    },
    "POST /v1/events/verify": () =>
      new Promise<ChainVerdict>((resolve) => {
        const check = store.events.verify();
        const slice = (): void => {
          if (closing.aborted) return; // and so is whoever asked
          const { value } = check.next();
          if (value !== undefined && value.kind !== "verified") resolve(verdictOf(value, parts));
          else clock.after(0, slice);
        };
        slice();
      }),
  };
}

function verdictOf(step: Exclude<VerifyStep, { readonly kind: "verified" }>, { checkpoints, upload }: ControlParts): ChainVerdict {
  if (step.kind === "broken") return { kind: "broken", seq: step.seq, cause: step.cause, detail: step.detail };
  const unsigned = step.gaps.find(({ lastSeq }) => !checkpoints(lastSeq));
  if (unsigned !== undefined)
    return { kind: "broken", seq: unsigned.lastSeq, cause: "GapUnsigned", detail: `this controller did not drop the events from ${unsigned.firstSeq} on` };
  return { kind: "whole", records: step.records, gaps: step.gaps, lastHash: bytesToHex(step.end.hash), uploaded: upload()?.uploaded ?? null };
}

/**
 * What is there, then, where it is followed, what comes. Behind `after` at most `limit`, oldest first; without it, and where it is followed, the newest
 * `limit`, so that nothing is left out between what was there and what comes.
 */
function eventStream({ store, clock, closing }: ControlParts, asked: Asked): LineStream<EventLine> {
  const after = wholeNumber(asked, "after", 0, U32_MAX, undefined);
  const limit = wholeNumber(asked, "limit", 1, LIMIT_MAX, LIMIT);
  const follows = wholeNumber(asked, "follow", 0, 1, 0) === 1;
  const name = nameOf(asked.query.get("name"));
  const source = asked.query.get("source") ?? undefined;
  const filter: Omit<EventFilter, "after" | "limit"> = { ...(name === undefined ? {} : { name }), ...(source === undefined ? {} : { source }) };
  const fits = (line: EventLine): boolean => (name === undefined || line.name === name) && (source === undefined || line.source === source);
  return {
    start(send, end, whenTaken = (callback) => callback()) {
      let stopped = false;
      let cancel = (): void => {};
      let removeListener = (): void => {};
      const finish = (): void => {
        if (!follows) return end();
        removeListener = store.events.onEvent((event) => {
          const line = eventLine(event);
          if (fits(line)) send(line);
        });
      };
      const page = (from: number, left: number): void => {
        if (stopped || closing.aborted) return;
        const events = store.events.read({ after: from, limit: Math.min(left, PAGE), ...filter });
        for (const event of events) send(eventLine(event));
        const last = events.at(-1);
        if (last === undefined || events.length < PAGE || left <= PAGE) return finish();
        whenTaken(() => {
          if (!stopped) cancel = clock.after(0, () => page(last.seq, left - events.length));
        });
      };
      if (after !== undefined && !follows) page(after, limit);
      else page(store.events.seqBeforeNewest({ after: after ?? 0, limit, ...filter }), follows ? Number.POSITIVE_INFINITY : limit);
      return () => {
        stopped = true;
        cancel();
        removeListener();
      };
    },
  };
}

function nameOf(text: string | null): EventName | undefined {
  if (text === null) return undefined;
  const name = EVENT_NAMES.find((each) => each === text);
  if (name === undefined) throw new Refusal(400, "There is no event of this name", text.slice(0, 40), "docs/feed-and-events.md lists them, e.g. AccessDenied.");
  return name;
}
