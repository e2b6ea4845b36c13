import type { CredentialId } from "@portico/card-protocol";
import { type Campus, campusList, type CampusListFile } from "@portico/simulator";

export const SITE = "crash-campus";
export const STRIKE_RELAY = 0;
export const CONTACT_INPUT = 0;

/** A reader with the lock behind it, and the person who comes there. */
export interface Entrance {
  /** Also the id of the scanner and of its wire. */
  readonly accessPoint: string;
  /** Also the id of its wire. */
  readonly board: string;
  /** How long the lock is released for one passage. */
  readonly holdMs: number;
  /** The contact that shows the passage, as it is while nobody comes. */
  readonly contactAtRest: boolean;
  readonly credential: CredentialId;
  /** Of the person's phone, 32 bytes. */
  readonly seed: Uint8Array;
}

/** A turnstile with its lights on the same board, and a door. Their locks are released for different times. */
export const ENTRANCES: readonly [gate: Entrance, library: Entrance] = [
  { accessPoint: "gate-in", board: "gate", holdMs: 300, contactAtRest: false, credential: "a1".repeat(8), seed: new Uint8Array(32).fill(0xa1) },
  { accessPoint: "library-in", board: "library", holdMs: 600, contactAtRest: true, credential: "b2".repeat(8), seed: new Uint8Array(32).fill(0xb2) },
];

/** How often inputs are read: the shortest that a controller takes, for the line is seldom free then. */
const POLL_MS = 10;

/** The `portico.toml` of both entrances. @param portOf where on 127.0.0.1 the wire of that id leads */
export function configurationText(portOf: (wire: string) => number): string {
  const [gate, library] = ENTRANCES;
  const wire = (id: string): string => `[[wire]]\nid = "${id}"\ntcp = "127.0.0.1:${portOf(id)}"\n`;
  return [
    `[site]\nid = "${SITE}"\n\n[controller]\nid = "gate-house"\n\n[clock]\ntrusted_by = "system"\n`,
    ...ENTRANCES.flatMap(({ accessPoint, board }) => [
      wire(accessPoint),
      wire(board),
      `[[scanner]]\nid = "${accessPoint}"\nwire = "${accessPoint}"\n`,
      `[[relay_board]]\nid = "${board}"\nwire = "${board}"\nprotocol = "modbus-rtu"\nrelays = 8\ninputs = 8\npoll_ms = ${POLL_MS}\n`,
    ]),
    `[[turnstile]]
id = "gate"
gate = "main-gate"
entry = { board = "gate", relay = ${STRIKE_RELAY} }
pass_entry = { board = "gate", input = ${CONTACT_INPUT} }
pulse_ms = ${gate.holdMs}

[[door]]
id = "library"
strike = { board = "library", relay = ${STRIKE_RELAY} }
contact = { board = "library", input = ${CONTACT_INPUT}, closed_means = "closed" }
release_time_ms = ${library.holdMs}

[[access_point]]
id = "${gate.accessPoint}"
scanner = "${gate.accessPoint}"
turnstile = "gate"
direction = "entry"
indicator = { board = "gate", granted = 4, denied = 5, buzzer = 6 }

[[access_point]]
id = "${library.accessPoint}"
scanner = "${library.accessPoint}"
door = "library"
`,
  ].join("\n");
}

/** The list folder that lets both people in everywhere. */
export function listFiles(): CampusListFile[] {
  const campus: Campus = {
    site: SITE,
    controller: "gate-house",
    parts: [],
    timeZone: "Asia/Shanghai",
    lanes: [],
    doors: [],
    schedules: [],
    profiles: [{ id: "everywhere", accessPoints: ENTRANCES.map(({ accessPoint }) => accessPoint), schedule: "always" }],
    people: ENTRANCES.map(({ board, credential, seed }) => ({
      id: `${board}-visitor`,
      flags: [],
      audience: "student",
      profiles: ["everywhere"],
      phone: { credential, seed, clockErrorS: 0 },
    })),
    keys: { roots: [], issuer: new Uint8Array(32), cloud: new Uint8Array(32), operator: new Uint8Array(32) },
  };
  return campusList(campus);
}
