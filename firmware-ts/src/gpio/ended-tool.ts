import type { Clock } from "@portico/card-protocol";
import type { GpioCall } from "../core/gpio/gpio-tools.ts";
import type { RunningTool, ToolEnd, ToolRunner } from "./tool-runner.ts";

/** A tool that was asked to end and does not is ended all the same. */
const KILL_MS = 300;

/** A tool that ends when it is told to, obedient or not. */
export interface EndedTool {
  readonly isEnding: boolean;
  end(): void;
}

/** Starts a tool. @param ended  called once, whoever ended it */
export function endedTool(
  { tools, clock }: { readonly tools: ToolRunner; readonly clock: Pick<Clock, "after"> },
  call: GpioCall,
  { line, ended }: { readonly line?: (text: string) => void; readonly ended: (end: ToolEnd) => void },
): EndedTool {
  let cancelKill = (): void => {};
  let isEnding = false;
  const running: RunningTool = tools.start(call, {
    ...(line === undefined ? {} : { line }),
    ended(end) {
      cancelKill();
      ended(end);
    },
  });
  return {
    get isEnding() {
      return isEnding;
    },
    end() {
      if (isEnding) return;
      isEnding = true;
      cancelKill = clock.after(KILL_MS, () => running.kill());
      running.end();
    },
  };
}

/** What a tool that only answers said; `undefined`: nothing, in time. */
export type ToolAnswer = ToolEnd | undefined;

/** Runs a tool that answers and ends. Returns the function that forgets it; then nothing is told. */
export function askedTool(
  parts: { readonly tools: ToolRunner; readonly clock: Pick<Clock, "after"> },
  call: GpioCall,
  withinMs: number,
  answered: (answer: ToolAnswer) => void,
): () => void {
  let isOver = false;
  const settle = (answer: ToolAnswer): void => {
    if (isOver) return;
    isOver = true;
    cancel();
    answered(answer);
  };
  const tool = endedTool(parts, call, { ended: (end) => settle(end) });
  const cancel = parts.clock.after(withinMs, () => {
    tool.end();
    settle(undefined);
  });
  return () => {
    if (isOver) return;
    isOver = true;
    cancel();
    tool.end();
  };
}
