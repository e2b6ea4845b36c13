import type { Problem } from "./control-api.ts";

/** A request that is refused: thrown by an answer, sent as problem details. */
export class Refusal extends Error {
  readonly problem: Problem;
  constructor(status: number, title: string, detail: string, remedy: string, more: Partial<Pick<Problem, "type" | "problems">> = {}) {
    super(`${title}: ${detail}`);
    this.problem = { type: more.type ?? "about:blank", title, status, detail, remedy, ...(more.problems === undefined ? {} : { problems: more.problems }) };
  }
}

/** The disk refused: nothing was done. */
export const notRecordedRefusal = (detail: string): Refusal =>
  new Refusal(503, "Nothing can be recorded now, so nothing was done", detail, "Free disk space; `portico status` says since when. It goes on by itself.");
