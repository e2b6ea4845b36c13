import { crcCcitt, GM65_BAUD_ZONE, type Gm65Baud, gm65BaudBytes, listeners, type Wire } from "@portico/firmware-ts";

/** A QR head of the GM65 family whose zones can be read and written over its serial line. */
export interface VirtualGm65 {
  /** The host's end, at a rate of the host's choice: at another than the head's own each side hears garbage. */
  wireAt(baud: Gm65Baud): Wire;
  /** What it speaks at, and what it will after a power cut. */
  readonly baud: number;
  readonly savedBaud: number;
  /** Reads a code: what stands in it goes out on the line, between answers. */
  scan(text: string): void;
  powerCycle(): void;
  /** Takes frames and answers none, or not even that. */
  setMute(mute: "no" | "dumb" | "deaf"): void;
  /** Its zones cannot be changed, though it says so. */
  setStubborn(stubborn: boolean): void;
}

const BAUD_CLOCK_HZ = 3_000_000;
const HEAD_BYTES = 6;

/** As it leaves the factory: 9,600 baud. Answers in a promise's turn. */
export function virtualGm65(): VirtualGm65 {
  let saved = new Map<number, number>([...gm65BaudBytes(9_600)].map((byte, at) => [GM65_BAUD_ZONE + at, byte]));
  let zones = new Map(saved);
  let mute: "no" | "dumb" | "deaf" = "no";
  let isStubborn = false;
  let pending = new Uint8Array();
  const hosts = new Map<ReturnType<typeof listeners<[Uint8Array]>>, Gm65Baud>();
  const baudOf = (of: ReadonlyMap<number, number>): number => {
    const rate = BAUD_CLOCK_HZ / (of.get(GM65_BAUD_ZONE)! | (of.get(GM65_BAUD_ZONE + 1)! << 8));
    return [9_600, 14_400, 19_200, 38_400, 57_600, 115_200].find((each) => Math.abs(each / rate - 1) < 0.02) ?? 0;
  };

  function say(bytes: Uint8Array): void {
    if (mute !== "no") return;
    const rate = baudOf(zones);
    for (const [host, baud] of hosts) queueMicrotask(() => host.tell(baud === rate ? bytes : bytes.map((byte) => byte ^ 0xa5)));
  }

  function reply(bytes: readonly number[]): void {
    const checked = Uint8Array.of(0, bytes.length, ...bytes);
    const crc = crcCcitt(checked, 0);
    say(Uint8Array.of(2, 0, ...checked, crc >> 8, crc & 0xff));
  }

  function hear(bytes: Uint8Array): void {
    pending = Uint8Array.from([...pending, ...bytes]);
    const start = pending.findIndex((byte, at) => byte === 0x7e && pending[at + 1] === 0);
    if (start < 0 || pending.length < start + HEAD_BYTES) return;
    const [, , type = 0, count = 0, high = 0, low = 0] = pending.subarray(start);
    const frame = pending.subarray(start + 2, start + HEAD_BYTES + count + 2);
    if (frame.length < 4 + count + 2) return;
    pending = new Uint8Array();
    if (crcCcitt(frame, 0) === 0) obey(type, (high << 8) | low, frame.slice(4, 4 + count));
  }

  function obey(type: number, zone: number, bytes: Uint8Array): void {
    if (type === 0x07) return reply(Array.from({ length: bytes[0]! }, (_, at) => zones.get(zone + at) ?? 0));
    if (type === 0x09) saved = new Map(zones);
    reply([0]);
    if (type === 0x08 && !isStubborn) bytes.forEach((byte, at) => zones.set(zone + at, byte));
  }

  return {
    wireAt(baud) {
      const received = listeners<[Uint8Array]>();
      hosts.set(received, baud);
      let isOpen = true;
      return {
        name: `gm65 at ${baud}`,
        get state() {
          return isOpen ? "open" : "closed";
        },
        trouble: "",
        write(bytes) {
          if (mute !== "deaf" && baud === baudOf(zones)) hear(bytes);
          return isOpen;
        },
        onBytes: received.add,
        onState: () => () => {},
        close() {
          isOpen = false;
          hosts.delete(received);
          return Promise.resolve();
        },
      };
    },
    get baud() {
      return baudOf(zones);
    },
    get savedBaud() {
      return baudOf(saved);
    },
    scan: (text) => say(new TextEncoder().encode(`${text}\r\n`)),
    powerCycle: () => void (zones = new Map(saved)),
    setMute: (next) => void (mute = next),
    setStubborn: (stubborn) => void (isStubborn = stubborn),
  };
}
