import { type ControllerEvent, eventOf } from "@portico/card-protocol";
import type { Hardware } from "./hardware.ts";

/** Has written down what readers on OSDP lines say of their security, their case and their power. Nothing is listened to where there are none. */
export function watchOsdp({ osdp, readers }: Hardware, record: (event: ControllerEvent) => void): void {
  osdp?.onSecurity((device, event) => {
    if (event.kind === "refused") record(eventOf("ReaderRefused", { device, refusal: event.reason, detail: event.detail }));
    else if (event.kind === "conceded") record(eventOf("ReaderConceded", { device, concession: event.concession }));
  });
  for (const reader of readers.values()) {
    /** A case that is closed and has power at the start is no news. */
    let before = { tamper: false, powerFailure: false };
    reader.onCase((now) => {
      if (now.tamper !== before.tamper || now.powerFailure !== before.powerFailure) record(eventOf("DeviceTamper", { device: reader.id, ...now }));
      before = now;
    });
  }
}
