import type { NotificationKind } from "../notifications/notification.ts";

/** What can be wrong for a while, of a device (rule 6.11) or with money, as far as callers are told of it. */
export const FAULTS = [
  "door-forced-open",
  "door-open-too-long",
  "door-fault",
  "lane-alarm",
  "device-offline",
  "health",
  "controller-silent",
  "printer-fault",
  "print-review",
  "hand-back-failed",
] as const;
export type Fault = (typeof FAULTS)[number];

/** One word about what is wrong. */
export interface FaultWord {
  /** What begins; null: something is over. */
  readonly begins: Fault | null;
  /** What is over by it. */
  readonly ends: readonly Fault[];
}

/** Which notifications say that something began, or is over: one table, read behind everything that callers are told. */
export const FAULT_WORDS: { readonly [Kind in NotificationKind]?: FaultWord } = {
  "door.forced-open": { begins: "door-forced-open", ends: [] },
  "door.open-too-long": { begins: "door-open-too-long", ends: [] },
  "door.normal": { begins: null, ends: ["door-forced-open", "door-open-too-long"] },
  "door.fault": { begins: "door-fault", ends: [] },
  "door.fault-cleared": { begins: null, ends: ["door-fault"] },
  "lane.alarm": { begins: "lane-alarm", ends: [] },
  "lane.normal": { begins: null, ends: ["lane-alarm"] },
  "device.offline": { begins: "device-offline", ends: [] },
  "device.online": { begins: null, ends: ["device-offline"] },
  "health.found": { begins: "health", ends: [] },
  "health.restored": { begins: null, ends: ["health"] },
  "controller.silent": { begins: "controller-silent", ends: [] },
  "controller.heard": { begins: null, ends: ["controller-silent"] },
  "printer.fault": { begins: "printer-fault", ends: [] },
  "printer.ready": { begins: null, ends: ["printer-fault"] },
  "print.review": { begins: "print-review", ends: [] },
  "print.reviewed": { begins: null, ends: ["print-review"] },
  "wallet.hand-back-failed": { begins: "hand-back-failed", ends: [] },
  "wallet.hand-back-settled": { begins: null, ends: ["hand-back-failed"] },
};
export const FAULT_KINDS = Object.keys(FAULT_WORDS) as NotificationKind[];

/** What is one fault while it lasts: where, and what of it. */
export const faultKey = (fault: Fault, controller: string, source: string, part: string): string => [fault, controller, source, part].join(" ");
