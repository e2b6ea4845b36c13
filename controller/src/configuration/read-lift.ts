import type { LiftConfiguration, LiftFloorConfiguration } from "./lift-configuration.ts";
import { present } from "./present.ts";
import type { FileContent } from "./schema.ts";

type Row = FileContent["lift"][number];

/** A lift of a file that has no problems. */
export function liftOf(lift: Row): LiftConfiguration {
  return {
    id: lift.id,
    floors: lift.floor.map((floor) => floorOf(floor, lift)),
    grantTimeMs: lift.grant_time_ms,
    extendedGrantTimeMs: lift.extended_grant_time_ms,
    floorsPerGrant: lift.floors_per_grant,
    moduleOffLine: lift.module_off_line,
    ...present("fire", lift.fire),
    inFire: lift.in_fire,
    debounceMs: lift.debounce_ms,
  };
}

function floorOf(floor: Row["floor"][number], lift: Row): LiftFloorConfiguration {
  return {
    id: floor.id,
    door: floor.door,
    accessPoint: floor.access_point ?? `${lift.id}/${floor.id}`,
    ...present("relay", floor.relay),
    ...present("button", floor.button),
    alwaysFree: floor.always_free,
    fail: (floor.power_loss ?? lift.power_loss) === "free" ? "safe" : "secure",
  };
}
