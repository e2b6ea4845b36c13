import { type TrustList, unixSeconds } from "@portico/card-protocol";
import type { Configuration } from "../configuration/configuration.ts";
import { parseConfiguration } from "../configuration/read-configuration.ts";
import { ISSUER_KID, ISSUER_TTL_S, KEY, SITE, START } from "./people.ts";

/** What a test may say of its folder and its two access points. */
export interface RigConfiguration {
  /** Holds configuration, data and socket. */
  readonly folder: string;
  /** Lines for `[site]`, `[clock]` and for the gate's and the library's `[[access_point]]`. */
  readonly site?: string;
  readonly clock?: string;
  readonly gate?: string;
  readonly library?: string;
  /** Lines for the library's `[[door]]`, and for the gate's `[[turnstile]]`. */
  readonly door?: string;
  readonly turnstile?: string;
  /** Lines for the `[[access_point]]` of a lift's cabin, whose reader is the one of the gate's exit then. */
  readonly cabin?: string;
  /** Lines for the `[[kiosk]]` library-1 of an `[[access_point]]` kiosk, whose reader is the one of the gate's exit then; a scanner `items` is there, too. */
  readonly kiosk?: string;
  /** The terminal `till` has a keypad and a display, which speaks this: wires `keypad` and `display`. */
  readonly display?: "en" | "zh";
  /** Lines for the `[[terminal]]` canteen-1 of an `[[access_point]]` till, whose reader is the one of the gate's exit then. */
  readonly till?: string;
  /** Lines for the `[[access_point]]` of the gate's exit, and whole tables. */
  readonly exit?: string;
  readonly tables?: string;
  /** Lines for the `[[scanner]]` of the gate's entry and of the library. */
  readonly gateScanner?: string;
  readonly libraryScanner?: string;
}

/** The text of a `portico.toml`: a gate of one turnstile with two readers, and a door that is a head for codes and cards, on a board of their own each. */
export function rigToml({
  site = "",
  clock = 'trusted_by = "system"',
  gate = "",
  library = "",
  door = "",
  turnstile = "",
  exit = "",
  cabin,
  till,
  display,
  kiosk,
  tables = "",
  gateScanner = "",
  libraryScanner = "",
}: Omit<RigConfiguration, "folder"> = {}): string {
  return `
[site]
id = "${SITE}"
${site}
[controller]
id = "gate-house"
data = "data"
socket = "controller.sock"
[clock]
${clock}
${["gate-1", "library", "gate-1-in", "gate-1-out", "library-in"].map((id) => `[[wire]]\nid = "${id}"\nserial = "/dev/nowhere/${id}"\n`).join("")}
${["gate-1", "library"].map((id) => `[[relay_board]]\nid = "${id}"\nwire = "${id}"\nprotocol = "modbus-rtu"\nrelays = 8\ninputs = 8\n`).join("")}
[[scanner]]
id = "gate-1-in"
wire = "gate-1-in"
${gateScanner}
[[scanner]]
id = "gate-1-out"
wire = "gate-1-out"
[[scanner]]
id = "library-in"
wire = "library-in"
card = { format = "uid-hex", byte_order = "msb-first" }
${libraryScanner}
[[turnstile]]
id = "gate-1"
gate = "main-gate"
entry = { board = "gate-1", relay = 0 }
exit = { board = "gate-1", relay = 1 }
pass_entry = { board = "gate-1", input = 0 }
pass_exit = { board = "gate-1", input = 1 }
${turnstile}
[[door]]
id = "library"
strike = { board = "library", relay = 0 }
contact = { board = "library", input = 0 }
rex = { board = "library", input = 1 }
fire = { board = "library", input = 2 }
open_time_ms = 10000
pre_alarm_time_ms = 4000
${door}
[[access_point]]
id = "gate-1-in"
scanner = "gate-1-in"
turnstile = "gate-1"
direction = "entry"
${gate}
[[access_point]]
${kiosk !== undefined ? kioskOf(kiosk) : till !== undefined ? tillOf(till, display) : cabin === undefined ? gateExit(exit) : `id = "cabin"\nscanner = "gate-1-out"\nlift = "lift-1"\n${cabin}`}
[[access_point]]
id = "library-in"
scanner = "library-in"
door = "library"
indicator = { board = "library", granted = 1, denied = 2, buzzer = 3 }
${library}
${tables}
`;
}

const kioskOf = (lines: string): string => `id = "kiosk"
scanner = "gate-1-out"
kiosk = "library-1"
[[wire]]
id = "items"
serial = "/dev/nowhere/items"
[[scanner]]
id = "items"
wire = "items"
[[kiosk]]
id = "library-1"
${lines}`;

const tillOf = (lines: string, display: "en" | "zh" | undefined): string => `id = "till"
scanner = "gate-1-out"
terminal = "canteen-1"
[[terminal]]
id = "canteen-1"
merchant = "North canteen"
${lines}${display === undefined ? "" : tillDevices(display)}`;

const tillDevices = (language: "en" | "zh"): string => `
keypad = "keypad"
display = "display"
[[wire]]
id = "keypad"
serial = "/dev/nowhere/keypad"
baud = 9600
[[keypad]]
id = "keypad"
wire = "keypad"
[[wire]]
id = "display"
serial = "/dev/nowhere/display"
baud = 9600
[[display]]
id = "display"
wire = "display"
charset = "gb18030"
language = "${language}"`;

const gateExit = (lines: string): string => `id = "gate-1-out"
scanner = "gate-1-out"
turnstile = "gate-1"
direction = "exit"
${lines.includes("egress") ? "" : "egress = true"}
${lines}`;

/** The configuration of {@link rigToml}. */
export function rigConfiguration({ folder, ...change }: RigConfiguration): Configuration {
  const places = { dataFolder: `${folder}/data`, socket: `${folder}/controller.sock` };
  const reading = parseConfiguration(new TextEncoder().encode(rigToml(change)), `${folder}/portico.toml`, places);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.configuration;
}

/** A trust list that names the one issuer key. */
export const RIG_TRUST: TrustList = {
  sequence: 1,
  feedEpoch: 1,
  issued: unixSeconds(START - 86_400),
  validUntil: unixSeconds(START + 100 * 86_400),
  roots: { version: 1, threshold: 1, keys: [] },
  keys: new Map([
    [
      ISSUER_KID,
      {
        kid: ISSUER_KID,
        publicKey: KEY.issuer.publicKey,
        usages: ["T"],
        ttlS: ISSUER_TTL_S,
        notBefore: unixSeconds(START - 86_400),
        notAfter: unixSeconds(START + 86_400),
        status: "active",
      },
    ],
  ]),
};
