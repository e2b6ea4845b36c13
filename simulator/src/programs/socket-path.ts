import { SetupError } from "@portico/card-protocol";
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The longest path that a Unix socket can have: `sun_path` holds 108 bytes with the closing zero. Source: unix(7). */
const SOCKET_PATH_BYTES_MAX = 107;
const PRIVATE_FOLDER = 0o700;
/** The first part of the campus that runs as programs: its controller is the one that commands mean by default. No zone's name is longer than `controller`. */
const FIRST_ZONE = "gates";
/** Enough that two folders do not meet. */
const NAME_HEX_DIGITS = 16;

/** Where the sockets of a campus folder are. */
export interface CampusSockets {
  /** Of the devices. */
  readonly sim: string;
  /** Of the controller of the campus's first part. */
  readonly controller: string;
  /** Of the controller that follows a zone. */
  readonly controllerOf: (zone: string) => string;
  /** Of the message bus that the campus's Bluetooth is on. */
  readonly bus: string;
  /** They are not in the folder, because a socket's path must be short. */
  readonly isElsewhere: boolean;
}

/**
 * The sockets of a campus: in its folder; where that path is too long for a socket, in a folder of this user below the temporary one, with a name drawn from the path,
 * so that whoever knows the folder finds them.
 *
 * @param folder     absolute
 * @param temporary  where such a folder may be made, the first that is short enough
 * @throws SetupError  every path is too long
 */
export function campusSockets(folder: string, temporary: readonly string[] = [tmpdir(), "/tmp"]): CampusSockets {
  const name = `portico-${createHash("sha256").update(folder).digest("hex").slice(0, NAME_HEX_DIGITS)}`;
  for (const place of [folder, ...temporary.map((path) => join(path, name))]) {
    const controller = join(place, "controller.sock");
    const controllerOf = (zone: string): string => (zone === FIRST_ZONE ? controller : join(place, `${zone}.sock`));
    if (Buffer.byteLength(controller) <= SOCKET_PATH_BYTES_MAX)
      return { sim: join(place, "sim.sock"), controller, controllerOf, bus: join(place, "bus.sock"), isElsewhere: place !== folder };
  }
  throw new SetupError(`a socket's path has at most ${SOCKET_PATH_BYTES_MAX} bytes`, folder, "name a shorter folder with --data, or set TMPDIR to a short one");
}

/**
 * Makes the folder of sockets that are elsewhere, for this user alone.
 *
 * @throws SetupError  somebody else made it first: what is put there could be theirs
 */
export function makeSocketFolder({ sim, isElsewhere }: CampusSockets): void {
  if (!isElsewhere) return;
  mkdirSync(dirname(sim), { recursive: true, mode: PRIVATE_FOLDER });
  requireOwnFolder(sim);
}

/** Removes the folder of sockets that are elsewhere, when the last of them is gone. */
export function removeSocketFolder({ sim, isElsewhere }: CampusSockets): void {
  if (!isElsewhere) return;
  try {
    rmdirSync(dirname(sim));
  } catch {
    // Something is in it that is not ours to remove.
  }
}

function requireOwnFolder(socket: string): void {
  const folder = dirname(socket);
  const found = lstatSync(folder);
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0) return;
  throw new SetupError("this folder is not yours alone, so sockets in it could be somebody else's", folder, "remove it, or name a shorter folder with --data");
}
