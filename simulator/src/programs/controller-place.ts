import { CAMPUS_SECRET_BYTES } from "../campus/derived-bytes.ts";
import { partFolder } from "../campus/campus-folder.ts";
import { partOfPlace, placeOfReader } from "../campus/campus.ts";
import { wholeCampus } from "../campus/whole-campus.ts";
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
  const campus = wholeCampus(new Uint8Array(CAMPUS_SECRET_BYTES));
  const at = placeOfReader(campus, accessPoint);
  const part = at === undefined ? campus.parts[0]! : partOfPlace(campus, at);
  const place = partFolder(folder, campus, part);
  return { socket: sockets.controllerOf(part.zone), dataFolder: place === folder ? undefined : place };
}
