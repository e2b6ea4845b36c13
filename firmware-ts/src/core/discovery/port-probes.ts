import { firmataProbes, gm65Probes, modbusProbes, relayAvrProbes } from "./board-probes.ts";
import { osdpProbes } from "./osdp-probes.ts";
import type { PortFinding } from "./port-finding.ts";
import { type Probing, QUIET_MS } from "./probe.ts";

/** Rates that devices leave the factory with, or are set to, the likeliest first. */
export const SCAN_BAUDS = [9_600, 115_200, 57_600, 38_400, 19_200] as const;
/** Rates that Firmata programs are built for. */
const FIRMATA_BAUDS = [57_600, 115_200] as const;
/** Rates that heads leave the factory with, or should be set to. */
const LISTEN_BAUDS = [9_600, 115_200] as const;
/** A gateway has a rate of its own: what is on its line is asked once. */
const GATEWAY_BAUD = 9_600;

export interface PortScan {
  /** A gateway on the network: each question is put once. */
  readonly isGateway: boolean;
  /** Modbus units 1 to this, up to 247, are called. */
  readonly unitMax: number;
  /** OSDP addresses are called one by one even where nobody answers a call to all. */
  readonly isThorough: boolean;
  /** How long to listen for a code at each rate where nothing else was found, in ms; 0: not at all. */
  readonly listenMs: number;
}

/**
 * Everything that a port is asked, in the order in which it hurts nobody: Firmata before any other byte, then what answers soonest. What answers ends the
 * search for other kinds; all of its kind on that line are found. Nothing that is asked moves a relay, changes a setting, or opens a session.
 */
export function* portProbes({ isGateway, unitMax, isThorough, listenMs }: PortScan): Probing {
  let noise = 0;
  const from = function* (probing: Probing): Probing {
    for (let step = probing.next(); ;) {
      if (step.done === true) return step.value;
      const received = withoutEcho(yield step.value, step.value.send);
      noise += received.length;
      step = probing.next(received);
    }
  };
  const searches: readonly (() => Probing)[] = isGateway
    ? [() => firmataProbes(FIRMATA_BAUDS[0]), () => modbusProbes(GATEWAY_BAUD, unitMax), () => osdpProbes(GATEWAY_BAUD, isThorough), () => relayAvrProbes()]
    : [
        ...FIRMATA_BAUDS.map((baud) => () => firmataProbes(baud)),
        () => relayAvrProbes(),
        ...SCAN_BAUDS.flatMap((baud) => [() => gm65Probes(baud), () => modbusProbes(baud, unitMax), () => osdpProbes(baud, isThorough)]),
      ];
  for (const search of [...searches, ...(listenMs === 0 ? [] : LISTEN_BAUDS.map((baud) => () => listening(baud, listenMs)))]) {
    const found = yield* from(search());
    if (found.length > 0) return isGateway ? found.map((each) => ({ ...each, baud: undefined })) : found;
  }
  return noise === 0 ? [] : [{ kind: "unknown", baud: undefined, bytes: noise }];
}

/** Some two-wire adapters hear themselves: what was said stands before what is answered. */
const withoutEcho = (received: Uint8Array, said: Uint8Array): Uint8Array =>
  said.length > 0 && said.every((byte, at) => received[at] === byte) ? received.subarray(said.length) : received;

const CR = 0x0d;
const LF = 0x0a;

/** Somebody shows a code: a line of printable characters comes. */
function* listening(baud: number, waitMs: number): Probing {
  const received = yield {
    baud,
    about: `show it a code or card now, ${baud} baud`,
    send: new Uint8Array(),
    waitMs,
    isAnswered: (bytes) => terminatorOf(bytes) !== undefined,
  };
  const terminator = terminatorOf(received);
  return terminator === undefined ? [] : ([{ kind: "scanner", baud, terminator }] satisfies PortFinding[]);
}

/** What ends the last line that came, of at least four printable characters. A line feed may still follow a carriage return that came last. */
function terminatorOf(received: Uint8Array): "cr" | "lf" | "crlf" | undefined {
  for (let at = 4; at < received.length; at++) {
    if (received[at] !== CR && received[at] !== LF) continue;
    if (!received.subarray(at - 4, at).every((byte) => byte >= 0x20 && byte < 0x7f)) continue;
    if (received[at] === LF) return "lf";
    return received[at + 1] === LF ? "crlf" : "cr";
  }
  return undefined;
}

/** How long a port takes at most on which nobody answers, in ms. */
export function silentScanMs(scan: PortScan): number {
  const probing = portProbes(scan);
  let sum = 0;
  for (let step = probing.next(); step.done !== true; step = probing.next(new Uint8Array())) sum += step.value.waitMs + QUIET_MS;
  return sum;
}
