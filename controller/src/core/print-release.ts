import { type ControllerEvent, type CredentialId, eventOf } from "@portico/card-protocol";
import { chargedSides, type PrintSize } from "./print-price.ts";

/**
 * A job's life from the moment somebody releases it, and its money's.
 *
 * ```
 *   holding ──money held──▶ asked ──the printer says yes──▶ released ──a side is out──▶ started
 *      │ refused              │ no such job, not let               │                        │
 *      ▼                      ▼                                    ▼                        ▼
 *    over                  voiding ◀──cancelled, aborted, held again, and no side was out   review ──somebody counts──▶ posting or voiding
 *                             │                                    completed: posting ◀─────┘ completed
 *                             ▼                                       │
 *                           over                                    over        cancelled, aborted or gone behind the first side: review
 * ```
 *
 * Money moves in two steps: it is held before the printer is asked, posted when the printer says `completed` and not before, given back when no side can be out,
 * and else it stays held until a person has looked. No answer of the printer's is guessed at: a release whose answer was lost is asked for again as long as
 * the job is held, for a printer refuses the second one.
 */
export type PrintPhase = "holding" | "asked" | "released" | "started" | "posting" | "voiding" | "review" | "over";

/** A release as it is kept: whatever a start has to know to go on with it. */
export interface PrintRelease {
  /** Of the money that is held, 16 bytes as hex; chosen and kept before anybody is asked for anything. */
  readonly id: string;
  readonly printer: string;
  readonly job: number;
  /** When the printer took the job, by its own clock: a number that a printer gives twice is not the same job. Null: it does not say. */
  readonly createdAt: number | null;
  readonly station: string;
  readonly credential: CredentialId;
  readonly holder: number;
  /** The zone whose list names the holder; absent of releases that an earlier version has kept, and empty: lists come from files. */
  readonly zone?: string;
  readonly size: PrintSize;
  readonly sideFen: number;
  readonly heldFen: number;
  readonly phase: PrintPhase;
  /** How often the printer was asked to release it. */
  readonly tries: number;
  /** What is posted, once that is known. */
  readonly chargedFen: number;
}

/** What a printer says of a job. States as in RFC 8011 §5.3.7. */
export interface SeenJob {
  readonly state: "pending" | "held" | "processing" | "stopped" | "canceled" | "aborted" | "completed";
  readonly impressions: number | undefined;
  /** The printer itself answers, as far as its queue knows: only then what it counts lies in the tray. */
  readonly isReached: boolean;
}

export type PrintInput =
  | { readonly kind: "moneyHeld" }
  /** `isUnclear`: it may be held all the same. */
  | { readonly kind: "moneyRefused"; readonly detail: string; readonly isUnclear: boolean }
  /** To the release. `unclear`: whether it was done is not known. */
  | { readonly kind: "answered"; readonly answer: "done" | "unclear" | "refused"; readonly detail: string }
  | { readonly kind: "seen"; readonly job: SeenJob }
  /** The printer has no such job any more. */
  | { readonly kind: "gone" }
  /** Who asked may have left: the printer is not asked to print any more. */
  | { readonly kind: "late" }
  | { readonly kind: "reviewed"; readonly sides: number; readonly by: string; readonly reason: string }
  /** The money was posted, or given back. */
  | { readonly kind: "moneyMoved" };

export interface PrintStep {
  readonly release: PrintRelease;
  /** To be recorded with the release, before anything is done. */
  readonly events: readonly ControllerEvent[];
  /** The printer is to be asked to release the job. */
  readonly asks: boolean;
}

/** A printer that loses so many answers in a row is not asked any more while the job stays held. */
const TRIES_MAX = 5;

/** Pure: what becomes of a release. What does not concern its phase changes nothing. */
export function stepPrintRelease(release: PrintRelease, input: PrintInput): PrintStep {
  switch (input.kind) {
    case "moneyHeld":
      return release.phase === "holding" ? step({ ...release, phase: "asked", tries: 1 }, [released(release)], true) : step(release);
    case "moneyRefused":
      if (release.phase !== "holding") return step(release);
      return step({ ...release, phase: input.isUnclear ? "voiding" : "over" }, [refused(release, input.detail)]);
    case "answered":
      return answered(release, input.answer, input.detail);
    case "seen":
      return seen(release, input.job);
    case "gone":
      return isAtPrinter(release) ? review(release, "the printer does not know the job any more") : step(release);
    case "late":
      if (release.phase === "holding") return voided(release, "the controller was started anew");
      return release.phase === "asked" && release.tries < TRIES_MAX ? step({ ...release, tries: TRIES_MAX }) : step(release);
    case "reviewed":
      return release.phase === "review" ? reviewed(release, input) : step(release);
    case "moneyMoved":
      return release.phase === "posting" || release.phase === "voiding" ? step({ ...release, phase: "over" }) : step(release);
  }
}

/** What a printer can still do for it. */
export const isAtPrinter = ({ phase }: PrintRelease): boolean => phase === "asked" || phase === "released" || phase === "started";

function answered(release: PrintRelease, answer: "done" | "unclear" | "refused", detail: string): PrintStep {
  if (release.phase !== "asked") return step(release);
  if (answer === "done") return step({ ...release, phase: "released" });
  // A second release that is refused may say that the first one was done: the job itself is looked at.
  if (answer === "refused" && release.tries <= 1) return voided(release, detail);
  return step(release);
}

function seen(release: PrintRelease, { state, impressions, isReached }: SeenJob): PrintStep {
  if (!isAtPrinter(release)) return step(release);
  const isOut = release.phase === "started" || ((impressions ?? 0) > 0 && isReached);
  switch (state) {
    case "held":
      if (release.phase !== "asked") return isOut ? review(release, "held again behind its first side") : voided(release, "held again at the printer");
      return release.tries < TRIES_MAX ? step({ ...release, tries: release.tries + 1 }, [], true) : voided(release, "the printer did not take the release");
    case "pending":
      return step({ ...release, phase: release.phase === "started" ? "started" : "released" });
    case "processing":
    case "stopped":
      return step({ ...release, phase: isOut ? "started" : "released" });
    case "completed":
      return completed(release, impressions);
    case "canceled":
    case "aborted":
      return isOut ? review(release, `${state} behind its first side`) : voided(release, `${state} before its first side`);
  }
}

function completed(release: PrintRelease, impressions: number | undefined): PrintStep {
  const sides = chargedSides(release.size, impressions);
  if (sides === undefined) return review(release, "completed, and nobody has counted its sides");
  const { printer, credential, job, id: hold } = release;
  const amountFen = sides * release.sideFen;
  return step({ ...release, phase: "posting", chargedFen: amountFen }, [eventOf("PrintSettled", { printer, credential, job, sides, amountFen, hold })]);
}

function reviewed(release: PrintRelease, { sides, by, reason }: Extract<PrintInput, { readonly kind: "reviewed" }>): PrintStep {
  const { printer, credential, job, id: hold } = release;
  const amountFen = sides * release.sideFen;
  const event = eventOf("PrintReviewed", { printer, credential, job, sides, amountFen, by, reason, hold });
  return step({ ...release, phase: amountFen === 0 ? "voiding" : "posting", chargedFen: amountFen }, [event]);
}

const step = (release: PrintRelease, events: readonly ControllerEvent[] = [], asks = false): PrintStep => ({ release, events, asks });

function released({ station, credential, printer, job, size, heldFen, id: hold }: PrintRelease): ControllerEvent {
  return eventOf("PrintReleased", { station, credential, printer, job, sides: size.sides, heldFen, hold });
}

const refused = ({ station, credential, printer, job }: PrintRelease, detail: string): ControllerEvent =>
  eventOf("PrintRefused", { station, credential, printer, job, detail });

function voided(release: PrintRelease, detail: string): PrintStep {
  const { printer, credential, job, id: hold } = release;
  return step({ ...release, phase: "voiding" }, [eventOf("PrintVoided", { printer, credential, job, detail, hold })]);
}

function review(release: PrintRelease, detail: string): PrintStep {
  const { printer, credential, job, heldFen, id: hold } = release;
  return step({ ...release, phase: "review" }, [eventOf("PrintReview", { printer, credential, job, detail, heldFen, hold })]);
}
