import type { RandomBytes } from "@portico/card-protocol";
import { type MemoryWirePair, memoryWirePair, seededRandom, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { nodeAes128, type OsdpBus, osdpBus, type OsdpPd, osdpPd, type OsdpReply, type PdSecurity, type PdSecurityEvent } from "@portico/firmware-ts/osdp";
import { type VirtualPd, virtualPd, type VirtualPdOptions } from "../src/osdp/virtual-pd.ts";

/** A key of a PD in a simulation: everybody can know it. */
export const scbkOf = (address: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, index) => (address * 16 + index * 7 + 1) & 0xff);

/** Chance of a seed, in bytes. */
export function seededBytes(seed: number): RandomBytes {
  const random = seededRandom(seed);
  return (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** One PD, and what its panel heard of it. */
export interface BenchPd {
  readonly pd: OsdpPd;
  readonly device: VirtualPd;
  readonly heard: OsdpReply[];
  readonly events: PdSecurityEvent[];
}

/** A line with PDs on it. */
export interface OsdpBench {
  readonly clock: SimulatedClock;
  readonly line: MemoryWirePair;
  readonly bus: OsdpBus;
  readonly pds: readonly BenchPd[];
}

export interface OsdpBenchOptions {
  readonly seed?: number;
  readonly baud?: number;
  readonly count?: number;
  readonly security?: (address: number) => PdSecurity;
  readonly device?: (address: number) => Partial<VirtualPdOptions>;
  readonly pollMs?: number;
}

/** Builds a line at 115,200 baud; nothing has passed over it yet. */
export function osdpBench({ seed = 1, baud = 115_200, count = 1, security, device, pollMs = 50 }: OsdpBenchOptions = {}): OsdpBench {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "bus-1", clock, random: seededRandom(seed), baud });
  const addresses = Array.from({ length: count }, (_, address) => address);
  const devices = addresses.map((address) =>
    virtualPd({ wire: line.far, clock, randomBytes: seededBytes(1_000 + seed + address), address, scbk: scbkOf(address), ...device?.(address) }),
  );
  const bus = osdpBus({ wire: line.near, clock, baud });
  const pds = addresses.map((address): BenchPd => {
    const pd = osdpPd({
      id: `pd-${address}`,
      bus,
      address,
      security: security?.(address) ?? { kind: "secure", scbks: [scbkOf(address)] },
      aes: nodeAes128,
      randomBytes: seededBytes(seed + address),
      pollMs,
    });
    const [heard, events]: [OsdpReply[], PdSecurityEvent[]] = [[], []];
    pd.onReply((reply) => heard.push(reply));
    pd.onSecurity((event) => events.push(event));
    return { pd, device: devices[address]!, heard, events };
  });
  return { clock, line, bus, pds };
}

/** A card of 26 bits, valid parity not cared for: the number in binary. */
export const cardBits = (number: number): string => number.toString(2).padStart(26, "0");

/** The numbers of the cards among what was heard. */
export function cardsOf(heard: readonly OsdpReply[]): number[] {
  return heard.flatMap((reply) =>
    reply.kind === "raw"
      ? [
          Number.parseInt(
            Array.from(reply.content, (byte) => byte.toString(2).padStart(8, "0"))
              .join("")
              .slice(0, reply.bits),
            2,
          ),
        ]
      : [],
  );
}
