import { CAMPUS_SECRET_BYTES } from "../campus/derived-bytes.ts";
import { partFolder } from "../campus/campus-folder.ts";
import { accessPointsOf, partOf } from "../campus/campus.ts";
import { smallCampus } from "../campus/small-campus.ts";
import type { CampusSockets } from "./socket-path.ts";

/** Where the controller of an access point is found. */
export interface ControllerPlace {
  readonly socket: string;
  /** For `--data`; undefined: the campus's own, which commands in it mean by default. */
  readonly dataFolder: string | undefined;
}

/** The controller that drives an access point of the campus in a folder; one that the campus does not have is nobody's, so the first is asked. */
export function controllerPlace(folder: string, sockets: CampusSockets, accessPoint: string): ControllerPlace {
  // Where things stand does not hang on the secret.
  const campus = smallCampus(new Uint8Array(CAMPUS_SECRET_BYTES));
  const point = accessPointsOf(campus).find(({ id }) => id === accessPoint);
  const part = point === undefined ? campus.parts[0]! : partOf(campus, point);
  const place = partFolder(folder, campus, part);
  return { socket: sockets.controllerOf(part.zone), dataFolder: place === folder ? undefined : place };
}
