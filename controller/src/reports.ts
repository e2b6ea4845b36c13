import { bytesToHex, type ControllerEvent, type MonotonicMs } from "@portico/card-protocol";
import type { Judged } from "./access-point-parts.ts";
import type { ControllerReport } from "./controller-report.ts";
import { eventLine } from "./control/event-line.ts";
import type { Act } from "./portal/portal.ts";
import type { EventTime, LoggedEvent } from "./store/event-log.ts";

/** Scans whose relay has not moved yet: those of the last grants, never more. */
const WAITING_SCANS_MAX = 64;

const TOLD_AS_JUDGED: ReadonlySet<string> = new Set<ControllerEvent["name"]>(["AccessGranted", "AccessDenied", "ShadowGranted", "ShadowDenied"]);

/** Turns what happens inside a controller into reports: brings the relay of a grant together with the scan that it answers. */
export class Reports {
  readonly #tell: (report: ControllerReport) => void;
  readonly #time: () => EventTime;
  /** When the scan behind a grant arrived, until its relay has moved. */
  readonly #scans = new Map<number, { readonly at: MonotonicMs; readonly accessPoint: string }>();

  constructor(tell: (report: ControllerReport) => void, time: () => EventTime) {
    this.#tell = tell;
    this.#time = time;
  }

  judged({ accessPoint, decision, presentation, credential, seq, scannedAt, phoneClockOffsetS, shadow }: Judged): void {
    const { at, ms } = this.#time();
    const isGranted = decision.kind === "granted";
    if (isGranted && seq !== undefined && !shadow) this.#await(seq, scannedAt, accessPoint);
    this.#tell({
      kind: "judged",
      accessPoint,
      atMs: at === null ? null : at * 1000 + ms,
      presentation: presentation ?? null,
      credential: credential ?? null,
      outcome: decision.kind,
      accessProfile: isGranted ? decision.accessProfile : null,
      reason: isGranted ? null : decision.reason,
      detail: isGranted ? "" : decision.detail,
      seq: seq ?? null,
      shadow,
      phoneClockOffsetS: phoneClockOffsetS ?? null,
    });
  }

  acted({ grantedSeq, device, frame, at }: Act): void {
    const scan = this.#scans.get(grantedSeq);
    if (scan === undefined) return;
    this.#scans.delete(grantedSeq);
    const { accessPoint } = scan;
    this.#tell({ kind: "acted", grantedSeq, accessPoint, device, frame: frame === undefined ? null : bytesToHex(frame), afterMs: at - scan.at });
  }

  event(event: LoggedEvent): void {
    if (TOLD_AS_JUDGED.has(event.name)) return;
    this.#tell({ kind: "event", event: eventLine(event) });
  }

  #await(seq: number, at: MonotonicMs, accessPoint: string): void {
    this.#scans.set(seq, { at, accessPoint });
    const [oldest] = this.#scans.keys();
    if (this.#scans.size > WAITING_SCANS_MAX && oldest !== undefined) this.#scans.delete(oldest);
  }
}
