import { bytesToHex } from "@portico/card-protocol";
import {
  accessPointsOf,
  BOARD_CHANNELS,
  type Campus,
  type CampusDoor,
  type CampusLane,
  DOOR_WIRING,
  LANE_WIRING,
  LIGHTS,
  ROOT_THRESHOLD,
  wiresOf,
} from "./campus.ts";
import { campusRoots } from "./campus-trust.ts";
import { stationTables } from "./station-configuration.ts";

/** The name of the trust list, beside the configuration. */
export const TRUST_LIST_FILE = "trust-list.cose";
/** How a configuration begins that the simulator may write anew. */
export const CONFIGURATION_MARK = "# Written by the simulator";
/** A turnstile frees its arm for 5 s; a grant waits for its passage a little longer, so that the last moment still counts. */
export const PASSAGE_MS = 6_000;

export interface CampusWiring {
  /** Where a wire leads, or a device of the network is: the path of a serial port, or `host:port`. */
  readonly addressOf: (wire: string) => string;
  /** Default `system`: the host's clock is kept. */
  readonly clock?: "system" | "time-frames";
  /** Whose feed it follows, and which zone; absent: its list is loaded from files. */
  readonly cloud?: { readonly url: string; readonly zone: string };
  /** The trust list, from the configuration's folder. Default: beside it. */
  readonly trustList?: string;
  /** Where the controller's database lies, relative to the configuration. Default: where the place's presets say. */
  readonly data?: string;
  /** The control socket. Default: where the place's presets say. */
  readonly socket?: string;
  /** How often the boards' inputs are read, ms. Default: the controller's. */
  readonly pollMs?: number;
}

/** The text of the `portico.toml` of a campus; the trust list stands beside it. */
export function campusConfiguration(
  campus: Campus,
  { addressOf, clock = "system", cloud, trustList = TRUST_LIST_FILE, data, socket, pollMs }: CampusWiring,
): string {
  const own = { lanes: campus.lanes, doors: campus.doors };
  const boards = wiresOf(own).filter(({ use }) => use === "relay-board");
  return [
    `${CONFIGURATION_MARK} for ${campus.site}: what is changed here lasts until the campus is started anew.\n`,
    `[site]
id = "${campus.site}"
time_zone = "${campus.timeZone}"
trust_list = ${JSON.stringify(trustList)}
root_keys = [${campusRoots(campus)
      .map(({ publicKey }) => `\n  "${bytesToHex(publicKey)}",`)
      .join("")}
]
root_threshold = ${ROOT_THRESHOLD}
`,
    `[controller]\nid = "${campus.controller}"\n${placeLine("data", data)}${placeLine("socket", socket)}`,
    ...(cloud === undefined ? [] : [`[cloud]\nurl = ${JSON.stringify(cloud.url)}\nzones = ["${cloud.zone}"]\n`]),
    clock === "system" ? `[clock]\ntrusted_by = "system"\nuncertainty_s = 1\n` : `[clock]\ntrusted_by = "time-frames"\n`,
    ...wiresOf(own).map(({ id }) => wireTable(id, addressOf(id))),
    ...boards.map(
      ({ id }) =>
        `[[relay_board]]\nid = "${id}"\nwire = "${id}"\nprotocol = "modbus-rtu"\nrelays = ${BOARD_CHANNELS}\ninputs = ${BOARD_CHANNELS}\n${pollMs === undefined ? "" : `poll_ms = ${pollMs}\n`}`,
    ),
    ...accessPointsOf(campus).map(
      ({ id, readsCards }) => `[[scanner]]\nid = "${id}"\nwire = "${id}"\n${readsCards ? `card = { format = "uid-hex", byte_order = "msb-first" }\n` : ""}`,
    ),
    ...campus.doors.flatMap(({ id, challenge }) =>
      challenge === undefined ? [] : [`[[${challenge}]]\nid = "${id}-${challenge}"\n${challenge === "display" ? `wire = "${id}-display"\n` : ""}`],
    ),
    ...campus.lanes.map(laneTable),
    ...campus.doors.map(doorTable),
    ...accessPointsOf(campus).map(({ id, way, opens }) => {
      const target = opens.kind === "lane" ? `turnstile = "${opens.lane.id}"\ndirection = "${way === "in" ? "entry" : "exit"}"` : `door = "${opens.door.id}"`;
      const board = opens.kind === "lane" ? opens.lane.id : opens.door.id;
      const { granted, denied, buzzer } = LIGHTS[way];
      return `[[access_point]]
id = "${id}"
scanner = "${id}"
${target}
${way === "out" ? "egress = true\n" : ""}${opens.kind === "door" && opens.door.challenge ? `demand_challenge = true\nchallenge_${opens.door.challenge} = "${opens.door.id}-${opens.door.challenge}"\n` : ""}untrusted_clock = { qr = "refuse", card = "emergency" }
indicator = { board = "${board}", granted = ${granted}, denied = ${denied}, buzzer = ${buzzer} }
`;
    }),
    ...stationTables(campus, addressOf),
  ].join("\n");
}

/** JSON's quotes and escapes are TOML's, too. */
const placeLine = (key: string, path: string | undefined): string => (path === undefined ? "" : `${key} = ${JSON.stringify(path)}\n`);

const wireTable = (id: string, address: string): string =>
  `[[wire]]\nid = "${id}"\n${address.startsWith("/") ? "serial" : "tcp"} = ${JSON.stringify(address)}\n`;

const laneTable = ({ id, gate }: CampusLane): string => `[[turnstile]]
id = "${id}"
gate = "${gate}"
entry = { board = "${id}", relay = ${LANE_WIRING.entryRelay} }
exit = { board = "${id}", relay = ${LANE_WIRING.exitRelay} }
pass_entry = { board = "${id}", input = ${LANE_WIRING.passEntryInput} }
pass_exit = { board = "${id}", input = ${LANE_WIRING.passExitInput} }
fire = { board = "${id}", input = ${LANE_WIRING.fireInput} }
passage_time_ms = ${PASSAGE_MS}
`;

const doorTable = ({ id }: CampusDoor): string => `[[door]]
id = "${id}"
strike = { board = "${id}", relay = ${DOOR_WIRING.strikeRelay} }
contact = { board = "${id}", input = ${DOOR_WIRING.contactInput}, closed_means = "closed" }
rex = { board = "${id}", input = ${DOOR_WIRING.rexInput} }
fail = "${DOOR_WIRING.fail}"
`;
