import { carDebounce } from "../core/isapi/car-debounce.ts";
import type { DeviceEvent, PlateEvent, TerminalEvent } from "../core/isapi/device-event.ts";
import type { DeviceResult, Indicator, Scan, Scanner } from "../device.ts";
import { listeners } from "../listeners.ts";
import type { IsapiDevice } from "./isapi-device.ts";
import type { MonotonicMs } from "@portico/card-protocol";

/** What of an event says who comes. */
export type ReadCredential = "card" | "face" | "idcard" | "plate" | "qr";

export interface IsapiReaderOptions {
  readonly id: string;
  readonly device: IsapiDevice;
  readonly reads: ReadCredential;
  /** Of a terminal, from 1; absent: whichever it names. */
  readonly door?: number;
  /** Of a camera: cars that go this way alone. Absent: all. */
  readonly direction?: "in" | "out";
  /** Of a camera, 0 to 100. */
  readonly confidenceMin?: number;
}

/** A reader on a device of the network, with the device's own light: what it asks is answered with what was shown last. */
export interface IsapiReader extends Scanner, Indicator {
  /** Answers that the device did not take. */
  readonly unanswered: number;
}

const SHOWN: DeviceResult = { ok: true };
const encoder = new TextEncoder();

/**
 * Delivers who comes as scans. A question of the device is a scan of its own, never taken for the one before; it is answered with the first verdict that is
 * shown for it, so behind what was recorded. A camera's car is judged once.
 */
export function isapiReader({ id, device, reads, door, direction, confidenceMin = 0 }: IsapiReaderOptions): IsapiReader {
  const scans = listeners<[Scan]>();
  const lateScans = listeners<[Scan, string]>();
  const cars = carDebounce(confidenceMin);
  let question: number | undefined;
  let unanswered = 0;
  let isClosed = false;
  const stop = device.onEvent(take);

  function take(event: DeviceEvent, receivedAt: MonotonicMs): void {
    if (event.kind === "plate" && reads === "plate") takePlate(event, receivedAt);
    if (event.kind === "person" && reads !== "plate" && (door === undefined || event.door === undefined || event.door === door)) takePerson(event, receivedAt);
  }

  function takePlate(event: PlateEvent, receivedAt: MonotonicMs): void {
    const isThisWay = direction === undefined || event.direction === direction;
    if (event.state === "seen" && !isThisWay) return;
    if (event.isLate) return lateScans.tell({ bytes: encoder.encode(event.plate), receivedAt }, event.at);
    if (cars.see(event, receivedAt)) scans.tell({ bytes: encoder.encode(event.plate), receivedAt });
  }

  function takePerson(event: TerminalEvent, receivedAt: MonotonicMs): void {
    const text = credentialOf(event);
    if (text === "") return;
    const bytes = encoder.encode(text);
    if (event.isLate) return lateScans.tell({ bytes, receivedAt }, event.at);
    const asks = event.asks && event.serialNo !== undefined;
    if (question !== undefined) answer(false); // nobody has said yes to whoever was asked of before
    question = asks ? event.serialNo : undefined;
    scans.tell({ bytes, receivedAt, ...(asks ? { isQuestion: true } : {}) });
  }

  /** Without a question only what the device itself has recognized counts. */
  function credentialOf({ asks, recognized, cardNo, employeeNo, idNumber, qrCode }: TerminalEvent): string {
    switch (reads) {
      case "card":
        return asks || recognized === "card" ? cardNo : "";
      case "idcard":
        return asks || recognized === "idcard" ? idNumber : "";
      case "face":
        return (asks && cardNo === "" && idNumber === "" && qrCode === "") || recognized === "face" ? employeeNo : "";
      case "qr":
        return qrCode;
      case "plate":
        return "";
    }
  }

  function answer(isGranted: boolean): void {
    const asked = question;
    question = undefined;
    if (asked !== undefined) void device.answerCheck(asked, isGranted).then(({ ok }) => void (ok || unanswered++));
  }

  return {
    id,
    get health() {
      return device.health;
    },
    onHealth: (listener) => device.onHealth((health) => void (isClosed || listener(health))),
    onScan: scans.add,
    onLateScan: lateScans.add,
    get unreadable() {
      return device.unreadable;
    },
    get unanswered() {
      return unanswered;
    },
    indicate(feedback) {
      if (feedback === "AccessGranted") {
        cars.settle();
        answer(true);
      }
      if (feedback === "AccessDenied") answer(false);
      return Promise.resolve(SHOWN);
    },
    close() {
      isClosed = true;
      stop();
      return Promise.resolve();
    },
  };
}
