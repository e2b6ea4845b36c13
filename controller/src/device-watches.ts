import { type Clock, eventOf } from "@portico/card-protocol";
import { DeviceWatch } from "./device-watch.ts";
import type { Hardware } from "./hardware.ts";
import type { BoardUser } from "./portal/portal.ts";
import type { Recorder } from "./recorder.ts";

/** Watches every device: what is lost and back stands in the log, and doors and turnstiles are told of their boards. */
export const watchDevices = (
  devices: Hardware["devices"],
  users: readonly BoardUser[],
  clock: Pick<Clock, "monotonic" | "after">,
  recorder: Pick<Recorder, "event">,
): readonly DeviceWatch[] =>
  devices.map(
    ({ device }) =>
      new DeviceWatch(device, clock, {
        lost: (error, detail) => {
          recorder.event(eventOf("DeviceOffline", { device: device.id, error, detail }));
          for (const user of users) user.boardLost(device.id, error, detail);
        },
        back: (outageMs) => {
          if (outageMs !== undefined) recorder.event(eventOf("DeviceOnline", { device: device.id, outageMs }));
          for (const user of users) user.boardBack(device.id);
        },
      }),
  );
