import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Random } from "@portico/card-protocol";
import { serialWire, type Wire } from "@portico/firmware-ts";
import { type Campus, wiresOf } from "../campus/campus.ts";
import { listenTcpWire } from "../tcp-listener-wire.ts";
import { requireSocat, socatPair } from "./socat-pair.ts";
import type { CampusWire } from "../campus/campus-stations.ts";

/** What a wire of the simulated campus is made of. */
export const WIRE_KINDS = ["pty", "tcp"] as const;
/** `pty`: two pseudo-terminals joined by socat. `tcp`: a port on loopback. */
export type WireKind = (typeof WIRE_KINDS)[number];

/** A wire that real programs hang on, with the device's end in hand. */
export interface ProgramWire extends CampusWire {
  readonly kind: WireKind;
  /** What the controller's configuration names: the path of a serial port, or `host:port`. */
  readonly address: string;
  /** The device's end. */
  readonly far: Wire;
  readonly isCut: boolean;
  /** Pulls the plug: nothing passes until {@link mend}. */
  cut(): Promise<void>;
  /** Puts it back at the same address. Rejects with the system's error when that cannot be. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

export interface ProgramWiresOptions {
  readonly campus: Campus;
  readonly kind: WireKind;
  /** Of the campus; pseudo-terminals are linked below it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Pseudo-terminals have no baud; the production wire wants one. */
const BAUD = 115_200;
/** The folder of the pseudo-terminals' names. */
const PTY_FOLDER = "wires";

/** Opens every wire of a campus, by id. Rejects, with all closed again, when one cannot be opened; with a SetupError where socat is not installed. */
export async function openProgramWires(options: ProgramWiresOptions): Promise<ReadonlyMap<string, ProgramWire>> {
  const { campus, kind, folder } = options;
  if (kind === "pty") {
    requireSocat();
    mkdirSync(join(folder, PTY_FOLDER), { recursive: true });
  }
  const openings = await Promise.allSettled(wiresOf(campus).map((wire) => (kind === "pty" ? openPty(wire, options) : openTcp(wire))));
  const opened = openings.flatMap((opening) => (opening.status === "fulfilled" ? [opening.value] : []));
  const failed = openings.find((opening) => opening.status === "rejected");
  if (failed !== undefined) {
    await Promise.all(opened.map((wire) => wire.close()));
    throw failed.reason;
  }
  return new Map(opened.map((wire) => [wire.id, wire]));
}

async function openPty({ id, use }: CampusWire, { folder, clock, random }: ProgramWiresOptions): Promise<ProgramWire> {
  const pair = await socatPair(join(folder, PTY_FOLDER, id), clock);
  const far = serialWire({ name: id, path: pair.far, baud: BAUD, clock, random });
  let isCut = false;
  return {
    id,
    use,
    kind: "pty",
    address: pair.near,
    far,
    get isCut() {
      return isCut;
    },
    async cut() {
      isCut = true;
      await pair.cut();
    },
    async mend() {
      await pair.mend();
      isCut = false;
    },
    async close() {
      await far.close();
      await pair.close();
    },
  };
}

async function openTcp({ id, use }: CampusWire): Promise<ProgramWire> {
  const far = await listenTcpWire(id);
  let isCut = false;
  return {
    id,
    use,
    kind: "tcp",
    address: `127.0.0.1:${far.port}`,
    far,
    get isCut() {
      return isCut;
    },
    cut() {
      isCut = true;
      far.cut();
      return Promise.resolve();
    },
    async mend() {
      await far.mend();
      isCut = false;
    },
    close: () => far.close(),
  };
}
