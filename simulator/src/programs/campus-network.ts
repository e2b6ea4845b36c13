import type { Clock } from "@portico/card-protocol";
import type { Campus } from "../campus/campus.ts";
import { networkDevice, stationReaders } from "../campus/campus-stations.ts";
import { servePrinter } from "../serve-printer.ts";
import { VirtualIsapi } from "../virtual-isapi.ts";
import { VirtualPrinter } from "../virtual-printer.ts";
import type { VirtualScanner } from "../virtual-scanner.ts";

/** What a campus has on a network: face terminal, camera, print queue, each on a port of loopback. */
export interface CampusNetwork {
  /** `127.0.0.1:port` of each device. */
  readonly addresses: ReadonlyMap<string, string>;
  /** What terminals and cameras recognise, by access point. */
  readonly scanners: ReadonlyMap<string, Pick<VirtualScanner, "scan">>;
  readonly printers: ReadonlyMap<string, VirtualPrinter>;
  close(): Promise<void>;
}

/** How long the printer takes for a side. */
const SIDE_MS = 400;
/** How often terminals and cameras tell that they are there: whoever follows one takes a long silence for a broken line. */
const BEAT_MS = 10_000;
/** Minor event of a terminal that has read an ID card. Source: Hikvision ISAPI, access control events. */
const IDCARD_RECOGNISED = 112;

/** @param localTime  what the devices' clocks show, ISO 8601 with its offset */
export async function openCampusNetwork(campus: Campus, clock: Clock, localTime: () => string): Promise<CampusNetwork> {
  const addresses = new Map<string, string>();
  const isapis = new Map<string, VirtualIsapi>();
  const printers = new Map<string, VirtualPrinter>();
  const ends: (() => Promise<void>)[] = [];
  for (const station of campus.stations ?? []) {
    const device = networkDevice(station);
    if (device === undefined) continue;
    if ("password" in station) {
      const isapi = new VirtualIsapi({ password: station.password, localTime });
      isapis.set(station.id, isapi);
      addresses.set(device, `127.0.0.1:${await isapi.listen()}`);
      const stopBeating = beating(isapi, clock);
      ends.push(() => (stopBeating(), isapi.cut(), isapi.close()));
    } else {
      const printer = new VirtualPrinter({ clock, sideMs: SIDE_MS });
      const served = await servePrinter(printer);
      printers.set(station.id, printer);
      addresses.set(device, new URL(served.url).host);
      ends.push(() => served.close());
    }
  }
  const scanners = new Map(
    stationReaders(campus).flatMap(({ id, station, reads }) => {
      const isapi = isapis.get(station.id);
      return isapi === undefined || reads === "codes" ? [] : [[id, { scan: (read: string | Uint8Array) => Promise.resolve(recognised(isapi, reads, read)) }]];
    }),
  );
  return {
    addresses,
    scanners,
    printers,
    async close() {
      await Promise.all(ends.map((end) => end()));
    },
  };
}

/** @returns what ends it */
function beating(isapi: VirtualIsapi, clock: Clock): () => void {
  let cancel = (): void => {};
  const next = (): void => {
    cancel = clock.after(BEAT_MS, () => (isapi.beat(), next()));
  };
  next();
  return () => cancel();
}

/** False where nobody follows what the device sees. */
function recognised(isapi: VirtualIsapi, reads: "face" | "idcard" | "plate", read: string | Uint8Array): boolean {
  if (isapi.followers === 0) return false;
  const text = Buffer.from(typeof read === "string" ? Buffer.from(read, "latin1") : read).toString("utf8");
  if (reads === "plate") isapi.drive({ plate: text });
  else isapi.show(reads === "face" ? { employeeNo: text, door: 1 } : { idNumber: text, subtype: IDCARD_RECOGNISED });
  return true;
}
