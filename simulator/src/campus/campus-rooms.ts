import type { RandomBytes } from "@portico/card-protocol";
import { type Commissioning, commissionedLock } from "../lock/commissioned-lock.ts";
import type { VirtualLock, VirtualLockOptions } from "../lock/virtual-lock.ts";
import type { Campus, CampusPart } from "./campus.ts";
import type { RoomStation } from "./campus-stations.ts";

/** The rooms of a campus. */
export const roomsOf = ({ stations = [] }: Pick<Campus, "stations">): readonly RoomStation[] =>
  stations.flatMap((station) => (station.kind === "room" ? [station] : []));

export interface CampusRoomsOptions {
  readonly campus: Campus;
  /** What `portico lock keys` shows at the controller of a part: what a technician gives its locks. */
  readonly keysOf: (part: CampusPart) => Pick<Commissioning, "controllerKey" | "signingKey">;
  readonly clock: VirtualLockOptions["clock"];
  readonly randomBytes: RandomBytes;
  /** What a lock remembers from before, and whoever keeps it; default: nothing, and nobody. */
  readonly memoryOf?: (room: string) => Pick<VirtualLockOptions, "before" | "onMemory">;
}

/** The locks of all rooms, each commissioned with the keys of its controller, by id. */
export function campusRooms({ campus, keysOf, clock, randomBytes, memoryOf }: CampusRoomsOptions): ReadonlyMap<string, VirtualLock> {
  return new Map(
    campus.parts.flatMap((part) =>
      roomsOf(campus)
        .filter(({ id }) => part.places.includes(id))
        .map(({ id, secret }) => {
          const given = { site: campus.site, lock: id, controller: part.controller, lockSecret: secret, ...keysOf(part) };
          return [id, commissionedLock(given, { clock, randomBytes, ...memoryOf?.(id) })] as const;
        }),
    ),
  );
}
