import type { Clock } from "@portico/card-protocol";
import type { PortFinding } from "../core/discovery/port-finding.ts";
import { portProbes, type PortScan } from "../core/discovery/port-probes.ts";
import { type Probe, QUIET_MS } from "../core/discovery/probe.ts";
import type { Wire } from "../wire.ts";

/** How long a port may take to open. */
const OPEN_MS_MAX = 2_000;
const RECEIVED_BYTES_MAX = 4_096;

export interface PortScanOptions extends PortScan {
  /** Opens the port at a rate; nobody else may have it. Closed again here. */
  readonly openAt: (baud: number) => Wire;
  readonly after: Clock["after"];
  /** Ends it early. */
  readonly interrupted: AbortSignal;
  /** No new question is put behind this many ms of waiting. */
  readonly limitMs: number;
  /** Before each question. */
  readonly onProbe: (probe: Probe) => void;
}

export type PortScanOutcome =
  | { readonly kind: "scanned"; readonly findings: readonly PortFinding[] }
  /** The port could not be opened, or broke. */
  | { readonly kind: "closed"; readonly trouble: string }
  | { readonly kind: "interrupted" }
  /** Its time was over before it was through. */
  | { readonly kind: "out-of-time" };

/** Finds what is on a port by {@link portProbes}. Never rejects; the port is released when it resolves. */
export async function scanPort(options: PortScanOptions): Promise<PortScanOutcome> {
  const { openAt, after, interrupted, limitMs, onProbe } = options;
  const probing = portProbes(options);
  let wire: Wire | undefined;
  let rate: number | undefined;
  let waitedMs = 0;
  try {
    let step = probing.next();
    while (step.done !== true) {
      const probe = step.value;
      if (interrupted.aborted) return { kind: "interrupted" };
      if (waitedMs > limitMs) return { kind: "out-of-time" };
      if (wire === undefined || (rate !== probe.baud && !options.isGateway)) {
        await wire?.close();
        wire = openAt(probe.baud);
        rate = probe.baud;
        if (!(await opened(wire, after, interrupted))) return interrupted.aborted ? { kind: "interrupted" } : { kind: "closed", trouble: wire.trouble };
      }
      onProbe(probe);
      const heard = await answerTo(wire, probe, after, interrupted);
      if (wire.state === "closed") return { kind: "closed", trouble: wire.trouble };
      waitedMs += probe.waitMs;
      await ended(after, QUIET_MS, interrupted, () => () => {});
      step = probing.next(heard);
    }
    return { kind: "scanned", findings: step.value };
  } finally {
    await wire?.close();
  }
}

/** False when the port does not open in time, or says why it cannot. */
function opened(wire: Wire, after: Clock["after"], interrupted: AbortSignal): Promise<boolean> {
  if (wire.state === "open") return Promise.resolve(true);
  return ended(after, OPEN_MS_MAX, interrupted, (end) => wire.onState((state) => state === "open" && end())).then(() => wire.state === "open");
}

/** What comes behind a question, until it is answered, its time is over, or the wire breaks. */
async function answerTo(wire: Wire, probe: Probe, after: Clock["after"], interrupted: AbortSignal): Promise<Uint8Array> {
  let received = new Uint8Array();
  await ended(after, probe.waitMs, interrupted, (end) => {
    const stops = [
      wire.onBytes((bytes) => {
        received = Uint8Array.from([...received, ...bytes]).slice(-RECEIVED_BYTES_MAX);
        if (probe.isAnswered(received)) end();
      }),
      wire.onState((state) => state === "closed" && end()),
    ];
    if (probe.send.length > 0) wire.write(probe.send);
    return () => stops.forEach((stop) => stop());
  });
  return received;
}

/** Resolves when `begin`'s end is called, the time is over, or somebody interrupts. */
function ended(after: Clock["after"], waitMs: number, interrupted: AbortSignal, begin: (end: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    let isEnded = false;
    const end = (): void => {
      if (isEnded) return;
      isEnded = true;
      cancel();
      interrupted.removeEventListener("abort", end);
      stop();
      resolve();
    };
    let stop = (): void => {};
    const cancel = after(waitMs, end);
    interrupted.addEventListener("abort", end, { once: true });
    const stopListening = begin(end);
    stop = stopListening;
    if (isEnded) stopListening();
  });
}
