import { err, ok, type Result } from "@portico/card-protocol";
import { osdpChecksum, osdpCrc } from "./check.ts";

/** Start of message. */
export const OSDP_SOM = 0x53;
/** Sent before a frame, so that the line rests at mark for a character; no part of the frame. */
export const OSDP_MARK = 0xff;
/** The address that every PD takes; for a line with one PD whose address is not known. */
export const OSDP_BROADCAST = 0x7f;
/** The longest frame that either side may send. Source: SIA OSDP 2.2 §5.6. */
export const OSDP_FRAME_BYTES_MAX = 1_440;
/** A MAC as it goes on the line: the first bytes of 16. */
export const OSDP_MAC_BYTES = 4;
/** SOM, address, length, control, code, checksum. */
export const OSDP_FRAME_BYTES_MIN = 7;

/** Types of security block. Source: SIA OSDP 2.2 Annex D.1.3. */
export const SCS = {
  challenge: 0x11,
  clientCryptogram: 0x12,
  serverCryptogram: 0x13,
  initialMac: 0x14,
  commandMac: 0x15,
  replyMac: 0x16,
  commandEncrypted: 0x17,
  replyEncrypted: 0x18,
} as const;

const REPLY_BIT = 0x80;
const ADDRESS_BITS = 0x7f;
const SEQUENCE_BITS = 0x03;
const CRC_BIT = 0x04;
const SECURITY_BIT = 0x08;
const HEADER_BYTES = 5;

/** The optional block between header and code; its own length byte is not held. */
export interface SecurityBlock {
  /** 0x11..0x18, see {@link SCS}. */
  readonly type: number;
  readonly content: Uint8Array;
}

/** One OSDP frame, as it stands on the line. */
export interface OsdpFrame {
  /** 0..126, or {@link OSDP_BROADCAST}. */
  readonly address: number;
  readonly direction: "command" | "reply";
  /** 0..3. */
  readonly sequence: number;
  readonly check: "crc" | "checksum";
  readonly security?: SecurityBlock;
  readonly code: number;
  /** Behind the code; encrypted with SCS 17 and 18. */
  readonly payload: Uint8Array;
}

/** A frame that came in, with what its MAC is computed over. */
export interface ReceivedFrame extends OsdpFrame {
  /** The whole frame from SOM to CRC. */
  readonly bytes: Uint8Array;
  /** What a MAC covers: from SOM to the last byte of the payload. */
  readonly covered: Uint8Array;
  /** Four bytes with SCS 15 to 18, else absent. */
  readonly mac?: Uint8Array;
}

/**
 * Why bytes are no frame. `NoStart` they do not begin with SOM · `LengthWrong` the length field cannot be, or is not theirs · `CheckWrong` CRC or checksum
 * do not hold · `SecurityBlockMalformed` the block is longer than the frame, of a type that does not exist, or of the other direction · `NoCode` nothing is
 * left where the code should stand.
 */
export type OsdpFrameError = "NoStart" | "LengthWrong" | "CheckWrong" | "SecurityBlockMalformed" | "NoCode";

/** True for the blocks whose frames end in a MAC. */
export const carriesMac = ({ type }: SecurityBlock): boolean => type >= SCS.commandMac && type <= SCS.replyEncrypted;

/** True for a frame that a control panel sends with a SCS of an odd type, or a PD with one of an even type. */
const isOfDirection = (type: number, direction: OsdpFrame["direction"]): boolean =>
  type >= SCS.challenge && type <= SCS.replyEncrypted && (type % 2 === 1) === (direction === "command");

/**
 * The bytes of a frame, without the mark before it.
 *
 * @param mac  called with what the MAC covers where the frame has a security block that carries one; gives 4 bytes
 * @throws RangeError for an address, a sequence or a length that no frame may have: the caller's mistake
 */
export function encodeFrame(frame: OsdpFrame, mac?: (covered: Uint8Array) => Uint8Array): Uint8Array {
  const { address, direction, sequence, check, security, code, payload } = frame;
  if (!(address >= 0 && address <= OSDP_BROADCAST)) throw new RangeError(`OSDP address ${address} is not in 0..127`);
  if (!(sequence >= 0 && sequence <= SEQUENCE_BITS)) throw new RangeError(`OSDP sequence ${sequence} is not in 0..3`);
  const blockBytes = security === undefined ? 0 : 2 + security.content.length;
  const macBytes = security !== undefined && carriesMac(security) ? OSDP_MAC_BYTES : 0;
  const coveredBytes = HEADER_BYTES + blockBytes + 1 + payload.length;
  const checkBytes = check === "crc" ? 2 : 1;
  const length = coveredBytes + macBytes + checkBytes;
  if (length > OSDP_FRAME_BYTES_MAX) throw new RangeError(`an OSDP frame of ${length} bytes: at most ${OSDP_FRAME_BYTES_MAX}`);
  const bytes = new Uint8Array(length);
  const control = sequence | (check === "crc" ? CRC_BIT : 0) | (security === undefined ? 0 : SECURITY_BIT);
  bytes.set([OSDP_SOM, address | (direction === "reply" ? REPLY_BIT : 0), length & 0xff, length >>> 8, control]);
  if (security !== undefined) bytes.set([blockBytes, security.type, ...security.content], HEADER_BYTES);
  bytes[HEADER_BYTES + blockBytes] = code;
  bytes.set(payload, HEADER_BYTES + blockBytes + 1);
  if (macBytes > 0) {
    if (mac === undefined) throw new RangeError("a frame of a secure channel has a MAC");
    bytes.set(mac(bytes.subarray(0, coveredBytes)).subarray(0, OSDP_MAC_BYTES), coveredBytes);
  }
  const checked = bytes.subarray(0, length - checkBytes);
  if (check === "crc") {
    const crc = osdpCrc(checked);
    bytes.set([crc & 0xff, crc >>> 8], length - 2);
  } else bytes[length - 1] = osdpChecksum(checked);
  return bytes;
}

/** The length that a frame's header claims; undefined while it is not all there. May be anything from 0 to 65,535. */
export const claimedLength = (bytes: Uint8Array): number | undefined => (bytes.length < 4 ? undefined : bytes[2]! | (bytes[3]! << 8));

/** True for a length that a frame may have. */
export const isFrameLength = (length: number): boolean => length >= OSDP_FRAME_BYTES_MIN && length <= OSDP_FRAME_BYTES_MAX;

/**
 * Reads exactly one frame. The reserved bits of the control byte are passed over, as the standard wants it; everything else must be right.
 *
 * @param bytes  from SOM on, neither more nor less than the frame
 */
export function decodeFrame(bytes: Uint8Array): Result<ReceivedFrame, OsdpFrameError> {
  if (bytes[0] !== OSDP_SOM) return err("NoStart", `begins with ${hex(bytes[0])}, not with 53`);
  const length = claimedLength(bytes);
  if (length === undefined || !isFrameLength(length) || length !== bytes.length)
    return err("LengthWrong", `claims ${length ?? "no"} bytes, has ${bytes.length}`);
  const control = bytes[4]!;
  const check = (control & CRC_BIT) !== 0 ? "crc" : "checksum";
  const checkedBytes = length - (check === "crc" ? 2 : 1);
  const checked = bytes.subarray(0, checkedBytes);
  const holds = check === "crc" ? osdpCrc(checked) === (bytes[length - 2]! | (bytes[length - 1]! << 8)) : osdpChecksum(checked) === bytes[length - 1];
  if (!holds) return err("CheckWrong", `its ${check} does not hold`);
  const direction = (bytes[1]! & REPLY_BIT) === 0 ? "command" : "reply";
  const blockBytes = (control & SECURITY_BIT) === 0 ? 0 : (bytes[HEADER_BYTES] ?? 0);
  const type = bytes[HEADER_BYTES + 1] ?? 0;
  if ((control & SECURITY_BIT) !== 0 && (blockBytes < 2 || HEADER_BYTES + blockBytes > checkedBytes || !isOfDirection(type, direction)))
    return err("SecurityBlockMalformed", `a block of ${blockBytes} bytes and type ${hex(type)} in a ${direction}`);
  const security = blockBytes === 0 ? undefined : { type, content: bytes.slice(HEADER_BYTES + 2, HEADER_BYTES + blockBytes) };
  const macBytes = security !== undefined && carriesMac(security) ? OSDP_MAC_BYTES : 0;
  const coveredBytes = checkedBytes - macBytes;
  if (coveredBytes <= HEADER_BYTES + blockBytes) return err("NoCode", "nothing stands where the code should");
  return ok({
    address: bytes[1]! & ADDRESS_BITS,
    direction,
    sequence: control & SEQUENCE_BITS,
    check,
    ...(security === undefined ? {} : { security }),
    code: bytes[HEADER_BYTES + blockBytes]!,
    payload: bytes.slice(HEADER_BYTES + blockBytes + 1, coveredBytes),
    bytes,
    covered: bytes.subarray(0, coveredBytes),
    ...(macBytes === 0 ? {} : { mac: bytes.slice(coveredBytes, checkedBytes) }),
  });
}

const hex = (byte: number | undefined): string => (byte === undefined ? "nothing" : byte.toString(16).padStart(2, "0").toUpperCase());
