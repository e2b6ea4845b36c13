import { bytesToHex } from "@portico/card-protocol";
import { nodeAgreementKey } from "@portico/card-protocol/node";
import { type Campus, DOOR_WIRING, BOARD_CHANNELS } from "./campus.ts";
import { type CampusStation, networkDevice } from "./campus-stations.ts";

/** What is charged at the demo's till for each holder who has no limits of their own. */
const TILL_LIMITS = "{ per_payment_fen = 10000, total_fen = 100000, count = 1000 }";
const SIDE_FEN = 10;
/** So soon what people do at a lock itself is in the log: whoever tries it does not want to wait, and a simulated battery does not mind. */
const LOCK_CHECK_S = 10;
/** Which account of the print server belongs to which credential. */
export const PRINT_ACCOUNTS_FILE = "print-accounts.csv";

/** The tables of a campus's stations. @param addressOf  where a wire or a device of the network is */
export const stationTables = ({ stations = [] }: Pick<Campus, "stations">, addressOf: (wire: string) => string): string[] =>
  stations.map((station) => tablesOf(station, addressOf));

function tablesOf(station: CampusStation, addressOf: (wire: string) => string): string {
  const { id } = station;
  switch (station.kind) {
    case "till":
      return `${codeReader(`${id}-reader`, addressOf)}
${wire(`${id}-keypad`, addressOf)}
[[keypad]]
id = "${id}-keypad"
wire = "${id}-keypad"

${wire(`${id}-display`, addressOf)}
[[display]]
id = "${id}-display"
wire = "${id}-display"

[[terminal]]
id = "${id}"
merchant = "${station.merchant}"
keypad = "${id}-keypad"
display = "${id}-display"
limits = ${TILL_LIMITS}

[[access_point]]
id = "${id}-reader"
scanner = "${id}-reader"
terminal = "${id}"
`;
    case "printer":
      return `${codeReader(`${id}-reader`, addressOf)}
[[printer]]
id = "${id}"
uri = "ipp://${addressOf(id)}/printers/findme"
accounts = "${PRINT_ACCOUNTS_FILE}"
side_fen = ${SIDE_FEN}

[[release_station]]
id = "${id}-release"
printer = "${id}"
on_scan = "release-all"

[[access_point]]
id = "${id}-reader"
scanner = "${id}-reader"
release_station = "${id}-release"
`;
    case "visitor-gate":
      return `${isapi(station, addressOf)}
[[relay_board]]
id = "${id}"
protocol = "isapi"
isapi = "${id}"
relays = 1

[[door]]
id = "${id}"
strike = { board = "${id}", relay = 0 }

${recogniser(`${id}-face`, `isapi = "${id}"\ndoor = 1`, "face", id)}
${recogniser(`${id}-idcard`, `isapi = "${id}"`, "idcard", id)}`;
    case "barrier":
      return `${isapi(station, addressOf)}
${wire(id, addressOf)}
[[relay_board]]
id = "${id}"
wire = "${id}"
protocol = "modbus-rtu"
relays = ${BOARD_CHANNELS}
inputs = ${BOARD_CHANNELS}

[[door]]
id = "${id}"
strike = { board = "${id}", relay = ${DOOR_WIRING.strikeRelay} }
contact = { board = "${id}", input = ${DOOR_WIRING.contactInput}, closed_means = "closed" }

${recogniser(`${id}-in`, `isapi = "${id}-camera"`, "plate", id)}`;
    case "room":
      return `${codeReader(id, addressOf, `${id}-reader`)}
[[lock]]
id = "${id}"
protocol = "ble"
address = "${station.address}"
public_key = "${bytesToHex(nodeAgreementKey(station.secret).publicKey)}"
check_every_s = ${LOCK_CHECK_S}

[[access_point]]
id = "${id}"
scanner = "${id}-reader"
lock = "${id}"
`;
  }
  return station satisfies never;
}

const wire = (id: string, addressOf: (wire: string) => string): string => {
  const address = addressOf(id);
  return `[[wire]]\nid = "${id}"\n${address.startsWith("/") ? "serial" : "tcp"} = ${JSON.stringify(address)}\n`;
};

const codeReader = (id: string, addressOf: (wire: string) => string, scanner = id): string => `${wire(id, addressOf)}
[[scanner]]
id = "${scanner}"
wire = "${id}"
card = { format = "uid-hex", byte_order = "msb-first" }
`;

const isapi = (station: CampusStation, addressOf: (wire: string) => string): string => {
  const device = networkDevice(station)!;
  return `[[isapi]]
id = "${device}"
address = "${addressOf(device)}"
user = "portico"
password_file = "${device}.password"
security = "clear-text"
`;
};

const recogniser = (id: string, place: string, format: string, door: string): string => `[[scanner]]
id = "${id}"
${place}
card = { format = "${format}" }

[[access_point]]
id = "${id}"
scanner = "${id}"
door = "${door}"
`;

/** Files that stand beside the configuration of whoever has these stations, and are its owner's alone. */
export function stationFiles({ stations = [], people }: Pick<Campus, "stations" | "people">): readonly (readonly [file: string, text: string])[] {
  const passwords = stations.flatMap((station) => ("password" in station ? [[`${networkDevice(station)!}.password`, `${station.password}\n`] as const] : []));
  if (!stations.some(({ kind }) => kind === "printer")) return passwords;
  const accounts = people.flatMap(({ id, phone, card }) => {
    const credential = phone?.credential ?? card?.credential;
    return credential === undefined ? [] : [`${id},${credential}\n`];
  });
  return [...passwords, [PRINT_ACCOUNTS_FILE, `account,credential\n${accounts.join("")}`]];
}
