import type { Clock } from "@portico/card-protocol";
import { accessPointsOf, type Campus } from "../campus/campus.ts";
import type { CampusHands } from "../campus/campus-hands.ts";
import { Ears, type JudgedReport } from "../life/ears.ts";
import type { Presentation } from "./presentations.ts";

/** What came of something that was held before a reader. */
export interface Scanned {
  readonly accessPoint: string;
  /** `silent`: no answer; the reader is dark, or had read the same a moment ago. */
  readonly outcome: "granted" | "denied" | "silent";
  readonly reason: string | null;
  readonly detail: string;
  readonly credential: string | null;
  /** Somebody walked through. */
  readonly passed: boolean;
}

const ANSWER_WITHIN_MS = 3_000;
const PUSH_EVERY_MS = 50;
const PUSHES_MAX = 60;
const OPEN_MS = 500;
const ENDS_WITHIN_MS = 5_000;
/** A reader takes the same text for the same showing until it has not seen it for 3 s. */
const SAME_TEXT_AGAIN_MS = 3_500;
const TRIES_MAX = 3;

/** Somebody who holds things before the readers of a sandbox, and walks through where that is granted. */
export class Visitor {
  readonly #campus: Campus;
  readonly #hands: CampusHands;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #ears: Ears;

  constructor(campus: Campus, hands: CampusHands, clock: Pick<Clock, "monotonic" | "after">) {
    [this.#campus, this.#hands, this.#clock] = [campus, hands, clock];
    this.#ears = new Ears(hands, clock);
  }

  /** Resolves when the answer is there and, where it was granted, the passage is over. Whoever finds the way in use waits for it, as people do, and shows the same again. */
  async hold(presentation: Presentation): Promise<Scanned> {
    for (let tries = 1; ; tries++) {
      const scanned = await this.#held(presentation);
      if (scanned.reason !== "Interlock" || tries === TRIES_MAX) return scanned;
      await this.#wait(SAME_TEXT_AGAIN_MS);
    }
  }

  async #held({ accessPoint, read }: Presentation): Promise<Scanned> {
    const mark = this.#ears.mark();
    const scan = this.#hands.scan(accessPoint, read, mark);
    const judged = await this.#ears.judged(accessPoint, ANSWER_WITHIN_MS, { mark, left: scan });
    await scan;
    if (judged === undefined) return { accessPoint, outcome: "silent", reason: null, detail: "", credential: null, passed: false };
    const { outcome, reason, detail, credential } = judged;
    return { accessPoint, outcome, reason, detail, credential, passed: outcome === "granted" && (await this.#walk(judged)) };
  }

  close(): void {
    this.#ears.close();
  }

  async #walk({ accessPoint, seq }: JudgedReport): Promise<boolean> {
    const { opens, way } = accessPointsOf(this.#campus).find(({ id }) => id === accessPoint)!;
    const push = (): Promise<boolean> =>
      opens.kind === "lane" ? this.#hands.push(opens.lane.id, way === "in" ? "entry" : "exit") : this.#hands.pushDoor(opens.door.id, OPEN_MS);
    for (let pushes = 1; !(await push()); pushes++) {
      if (pushes === PUSHES_MAX) return false;
      await this.#wait(PUSH_EVERY_MS);
    }
    // Until the controller has seen it, the way is in use.
    return seq === null || (await this.#ears.passageEnd(accessPoint, seq, ENDS_WITHIN_MS))?.taken === true;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve));
  }
}
