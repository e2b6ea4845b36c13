import type { Clock } from "@portico/card-protocol";
import { type GpioContacts, type GpioDialect, readCall, readEdge, readValues, watchCall } from "../core/gpio/gpio-tools.ts";
import { askedTool, type EndedTool, endedTool, type ToolAnswer } from "./ended-tool.ts";
import type { ToolRunner } from "./tool-runner.ts";

export interface GpioContactWatchOptions {
  readonly tools: ToolRunner;
  readonly clock: Clock;
  readonly dialect: GpioDialect;
  readonly contacts: GpioContacts;
  /** How often they are read anew, because an edge between reading and watching is seen by nobody. */
  readonly readEveryMs: number;
  readonly answerMs: number;
  /** All of them, in the order of their lines. */
  readonly onContacts: (closed: readonly boolean[]) => void;
  /** They could not be read; undefined: no answer in time. Nothing is done until {@link GpioContactWatch.begin} is called again. */
  readonly onTrouble: (answer: ToolAnswer) => void;
}

/** The contacts of a chip: read, watched for edges, and read again. */
export interface GpioContactWatch {
  begin(): void;
  /** Some tool has the lines, and it is ours. */
  readonly isHeld: boolean;
  /** Ends its tools, and starts none any more. */
  release(): void;
}

/** A tool that watches and ends is a reason to read at once, not more often than this. */
const AGAIN_MS = 100;

/** Reading and watching need the lines for themselves: one after the other, read first. */
export function gpioContactWatch(options: GpioContactWatchOptions): GpioContactWatch {
  const { tools, clock, dialect, contacts, readEveryMs, answerMs, onContacts, onTrouble } = options;
  let closed: readonly boolean[] = [];
  let watching: EndedTool | undefined;
  let forgetReading: (() => void) | undefined;
  let cancelTimer = (): void => {};
  let isReleased = false;

  function begin(): void {
    if (isReleased || forgetReading !== undefined) return;
    cancelTimer();
    // What watches ends first, and then they are read.
    if (watching !== undefined) return watching.end();
    forgetReading = askedTool({ tools, clock }, readCall(dialect, contacts), answerMs, (answer) => {
      forgetReading = undefined;
      const values = answer?.isGood === true ? readValues(answer.output, contacts.offsets.length) : undefined;
      if (values === undefined) return onTrouble(answer);
      closed = values;
      watch();
      onContacts(closed);
    });
  }

  function watch(): void {
    if (isReleased) return;
    const startedAt = clock.monotonic();
    watching = endedTool({ tools, clock }, watchCall(dialect, contacts), {
      line(text) {
        const edge = readEdge(dialect, text);
        const place = edge === undefined ? -1 : contacts.offsets.indexOf(edge.offset);
        if (place < 0 || isReleased || closed[place] === edge!.closed) return;
        closed = closed.with(place, edge!.closed);
        onContacts(closed);
      },
      ended() {
        watching = undefined;
        if (isReleased) return;
        cancelTimer();
        const restedMs = clock.monotonic() - startedAt;
        cancelTimer = clock.after(restedMs >= AGAIN_MS ? 0 : AGAIN_MS - restedMs, begin);
      },
    });
    cancelTimer = clock.after(readEveryMs, begin);
  }

  return {
    begin,
    get isHeld() {
      return watching !== undefined || forgetReading !== undefined;
    },
    release() {
      isReleased = true;
      cancelTimer();
      forgetReading?.();
      watching?.end();
    },
  };
}
