import { encodeHostFrame, RELAY_AVR_BAUD, relayAvrDeframing } from "../relay-avr/frame.ts";
import { findReply, readCoils, readInputs, type ModbusRequest } from "../modbus-frame.ts";
import { findGm65Reply, GM65_BAUD_ZONE, gm65Read } from "../gm65-frame.ts";
import type { PortFinding } from "./port-finding.ts";
import { lineMs, type Probe, type Probing } from "./probe.ts";

const START_SYSEX = 0xf0;
const REPORT_FIRMWARE = 0x79;
const END_SYSEX = 0xf7;
const NAME_CHARS_MAX = 64;
/** An Arduino restarts when its port is opened, and its loader waits for a while before its program runs. */
const BOOT_MS = 2_500;
const ASK_AGAIN_MS = 500;

/**
 * A Firmata board says its name. It comes before all other questions at any rate: to Firmata bytes of other protocols may mean pins that are to be driven.
 * Source: Firmata protocol 2.6, query firmware name and version.
 */
export function* firmataProbes(baud: number): Probing {
  const isAnswered = (received: Uint8Array): boolean => firmwareOf(received) !== undefined;
  for (let waited = 0; waited < BOOT_MS; waited += ASK_AGAIN_MS) {
    const received = yield {
      baud,
      about: `Firmata at ${baud} baud`,
      send: Uint8Array.of(START_SYSEX, REPORT_FIRMWARE, END_SYSEX),
      waitMs: ASK_AGAIN_MS,
      isAnswered,
    };
    const firmware = firmwareOf(received);
    if (firmware !== undefined) return [{ kind: "firmata", baud, ...firmware }];
  }
  return [];
}

/** The last name and version in a stream; texts come as two bytes of seven bits for each character. */
function firmwareOf(received: Uint8Array): { readonly name: string; readonly version: string } | undefined {
  for (let at = received.length - 1; at >= 0; at--) {
    if (received[at] !== START_SYSEX || received[at + 1] !== REPORT_FIRMWARE) continue;
    const end = received.indexOf(END_SYSEX, at);
    if (end < at + 4) continue;
    const [major = 0, minor = 0, ...pairs] = received.subarray(at + 2, end);
    if ([major, minor, ...pairs].some((byte) => byte > 0x7f)) continue;
    const codes = Array.from({ length: Math.min(NAME_CHARS_MAX, pairs.length >> 1) }, (_, nth) => pairs[2 * nth]! | (pairs[2 * nth + 1]! << 7));
    return { name: codes.filter((code) => code >= 0x20 && code < 0x7f).map((code) => String.fromCharCode(code)).join(""), version: `${major}.${minor}` }; // prettier-ignore
  }
  return undefined;
}

/** A board of ours answers every frame; a beat says nothing but that somebody is there. */
export function* relayAvrProbes(): Probing {
  const framesOf = (received: Uint8Array) => relayAvrDeframing().push(received);
  const send = encodeHostFrame({ number: 0, seen: 0, command: "beat", relays: 0, holdMs: 0 });
  for (let attempt = 0; attempt < 2; attempt++) {
    const received = yield {
      baud: RELAY_AVR_BAUD,
      about: `our relay board at ${RELAY_AVR_BAUD} baud`,
      send,
      waitMs: 150,
      isAnswered: (bytes) => framesOf(bytes).length > 0,
    };
    const [frame] = framesOf(received);
    if (frame !== undefined) return [{ kind: "relay-avr", baud: RELAY_AVR_BAUD, version: frame.version, isActiveLow: frame.isActiveLow }];
  }
  return [];
}

/** A head of the GM65 family tells its rate; asked twice, for it may be in the middle of a scan. */
export function* gm65Probes(baud: number): Probing {
  for (let attempt = 0; attempt < 2; attempt++) {
    const received = yield { baud, about: `a QR head at ${baud} baud`, send: gm65Read(GM65_BAUD_ZONE, 2), waitMs: 120 + lineMs(17, baud), isAnswered: (bytes) => findGm65Reply(bytes) !== undefined }; // prettier-ignore
    if (findGm65Reply(received)?.length === 2) return [{ kind: "gm65", baud }];
  }
  return [];
}

/** How long a unit may think. Most boards answer within 20 ms, one at 9,600 baud within 50. */
const UNIT_MS = 60;
/** As many relays or inputs as a board may have here, the most first. */
const COUNTS = [64, 48, 32, 24, 16, 12, 8, 6, 4, 2, 1] as const;

/** Modbus RTU units that answer a read of their first relay; of each found one, how many relays and inputs it lets be read. */
export function* modbusProbes(baud: number, unitMax: number): Probing {
  const found: PortFinding[] = [];
  for (let unit = 1; unit <= unitMax; unit++) {
    if ((yield* asked(baud, readCoils(unit, 0, 1))) === undefined) continue;
    found.push({ kind: "modbus-rtu", baud, unit, relays: yield* countOf(baud, unit, readCoils), inputs: yield* countOf(baud, unit, readInputs) });
  }
  return found;
}

function* countOf(baud: number, unit: number, request: typeof readCoils): Generator<Probe, number, Uint8Array> {
  for (const count of COUNTS) if ((yield* asked(baud, request(unit, 0, count))) === "bits") return count;
  return 0;
}

function* asked(baud: number, request: ModbusRequest): Generator<Probe, "bits" | "exception" | undefined, Uint8Array> {
  const answerBytes = 5 + Math.ceil((request.expects === "echo" ? 0 : request.expects.bits) / 8);
  const received = yield {
    baud,
    about: `Modbus unit ${request.frame[0]} at ${baud} baud`,
    send: request.frame,
    waitMs: UNIT_MS + lineMs(request.frame.length + answerBytes, baud),
    isAnswered: (bytes) => findReply(request, bytes) !== undefined,
  };
  const reply = findReply(request, received);
  return reply === undefined ? undefined : reply.kind === "bits" ? "bits" : "exception";
}
