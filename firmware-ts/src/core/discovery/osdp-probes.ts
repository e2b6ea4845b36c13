import { encodeCommand, type OsdpCommand } from "../osdp/command.ts";
import { osdpDeframing } from "../osdp/deframing.ts";
import { encodeFrame, OSDP_BROADCAST, OSDP_MARK, type ReceivedFrame } from "../osdp/frame.ts";
import { CAPABILITY, decodeReply, type OsdpReply } from "../osdp/reply.ts";
import type { OsdpAbilities, OsdpPortrait, PortFinding } from "./port-finding.ts";
import { lineMs, type Probe, type Probing } from "./probe.ts";

const CHECKS = ["crc", "checksum"] as const;
type Check = (typeof CHECKS)[number];
const ADDRESS_MAX = 126;
/** A PD may take 200 ms; those that are there answer within a few. Whoever answers to all is given all of it. */
const SWEEP_MS = 25;
const BROADCAST_MS = 200;
const ANSWER_BYTES = 40;

/**
 * PDs on an OSDP line. Everybody is called first; where anything at all answers, in pieces because several do, each address is called by itself.
 *
 * @param isThorough  each address is called even where nobody answers the call to all
 */
export function* osdpProbes(baud: number, isThorough: boolean): Probing {
  const heard: Check[] = [];
  for (const check of CHECKS) {
    const received = yield probe(baud, OSDP_BROADCAST, check, "id", BROADCAST_MS);
    if (received.length > 0) heard.push(check);
  }
  if (heard.length === 0 && !isThorough) return [];
  const found: PortFinding[] = [];
  // Most PDs take both: the CRC is the one to go by, and the checksum is left to those who know nothing else.
  for (const check of heard.length === 0 ? CHECKS : CHECKS.filter((each) => heard.includes(each)))
    for (let address = 0; address <= ADDRESS_MAX; address++) {
      if (found.some((each) => each.kind === "osdp" && each.address === address)) continue;
      const reply = replyOf(yield probe(baud, address, check, "id", SWEEP_MS), address);
      if (reply === undefined) continue;
      const described = replyOf(yield probe(baud, address, check, "capabilities", BROADCAST_MS), address);
      found.push({ kind: "osdp", baud, address, check, identity: portraitOf(reply), capabilities: abilitiesOf(described) });
    }
  return found;
}

function probe(baud: number, address: number, check: Check, kind: Extract<OsdpCommand["kind"], "id" | "capabilities">, thinkMs: number): Probe {
  const frame = encodeFrame({ address, direction: "command", sequence: 0, check, ...encodeCommand({ kind }) });
  const isAnswered = (received: Uint8Array): boolean => address !== OSDP_BROADCAST && frameOf(received, address) !== undefined;
  const about = address === OSDP_BROADCAST ? `OSDP at ${baud} baud` : `OSDP address ${address} at ${baud} baud`;
  return { baud, about, send: Uint8Array.of(OSDP_MARK, ...frame), waitMs: thinkMs + lineMs(frame.length + ANSWER_BYTES, baud), isAnswered };
}

function frameOf(received: Uint8Array, address: number): ReceivedFrame | undefined {
  for (const each of osdpDeframing().push(received))
    if (each.kind === "frame" && each.frame.direction === "reply" && each.frame.address === address) return each.frame;
  return undefined;
}

/** Any undamaged answer shows a PD, a refusal too. */
function replyOf(received: Uint8Array, address: number): OsdpReply | "unreadable" | undefined {
  const frame = frameOf(received, address);
  if (frame === undefined) return undefined;
  const reply = decodeReply(frame.code, frame.payload);
  return reply.ok ? reply.value : "unreadable";
}

function portraitOf(reply: OsdpReply | "unreadable"): OsdpPortrait | undefined {
  if (reply === "unreadable" || reply.kind !== "id") return undefined;
  const { vendor, model, serial, firmware } = reply.identity;
  return { vendor: Array.from(vendor, (byte) => byte.toString(16).padStart(2, "0")).join(""), model, serial, firmware: firmware.join(".") };
}

function abilitiesOf(reply: OsdpReply | "unreadable" | undefined): OsdpAbilities | undefined {
  if (reply === undefined || reply === "unreadable" || reply.kind !== "capabilities") return undefined;
  const of = (wanted: number): OsdpCapability | undefined => reply.records.find((record) => record.function === wanted);
  return {
    readers: of(CAPABILITY.readers)?.count ?? 1,
    outputs: of(CAPABILITY.outputControl)?.count ?? 0,
    inputs: of(CAPABILITY.contactStatus)?.count ?? 0,
    hasAes: ((of(CAPABILITY.communicationSecurity)?.compliance ?? 0) & 1) === 1,
  };
}
type OsdpCapability = Extract<OsdpReply, { readonly kind: "capabilities" }>["records"][number];
