import { ReaderChallenges, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import { AccessPoint, ControllerClock, ControllerStore, type Judged, type Portal, Recorder } from "@portico/controller";
import { type Scan, type Scanner, systemClock, systemRandomBytes } from "@portico/firmware-ts";
import { GATE, REPLAY_GROUP, SITE, ZONE } from "./campus.ts";
import { fillDataFolder, temporaryFolder } from "./folders.ts";

const nothing = (): void => {};

/** The shipped access point on a database of its own in a temporary folder: only the reader's wire and the lane are left out. */
export interface Gate {
  /**
   * Judges one scan as a controller does, from its bytes to the committed rows.
   *
   * @returns what was judged; undefined for a scan seen a moment ago
   */
  scan(bytes: Uint8Array): Judged | undefined;
  /** Moves the WAL into the database, as a controller's timer does every ten seconds: from then on it is written over and grows no more. */
  moveWal(): void;
  /** The wall clock that it decides by, Unix seconds. */
  now(): UnixSeconds;
  readonly store: ControllerStore;
  close(): void;
}

function openGate(people: number): Gate {
  const folder = temporaryFolder();
  fillDataFolder(folder, people);
  const machine = systemClock(() => "untrusted");
  let judged: Judged | undefined;
  const listeners = new Set<(scan: Scan) => void>();
  const store = ControllerStore.open({ folder, zone: ZONE, clock: machine, randomBytes: systemRandomBytes });
  const clock = new ControllerClock({
    clock: machine,
    hostWallMs: Date.now,
    settings: { trustedBy: "system", uncertaintyS: 1, buildDate: unixSeconds(1_600_000_000) },
    batteryClock: () => undefined,
    kept: undefined,
    keep: nothing,
    onEvent: nothing,
  });
  clock.start();
  store.start({ bootId: "bench", version: "bench", configurationHash: "00", time: clock.eventTime() });
  store.events.onEvent(nothing); // a controller always has somebody who watches its events
  const recorder = new Recorder(store, clock, clock.eventTime);
  const accessPoint = new AccessPoint({
    settings: {
      id: GATE,
      site: SITE,
      capability: "pass",
      replayGroup: REPLAY_GROUP,
      challengeDemanded: false,
      enabled: true,
      egress: false,
      untrustedClock: { qr: "refuse", card: "refuse" },
      cardFormat: { format: "uid-hex", byteOrder: "msb-first" },
      keypadLines: false,
      secondPersonMs: undefined,
    },
    scanner: memoryScanner(listeners),
    indicator: undefined,
    portal: OPEN_ALL_DAY,
    clock,
    verifier: nodeVerifier,
    challengeFace: undefined,
    challenges: new ReaderChallenges(systemRandomBytes),
    issuerKey: () => undefined,
    list: store.list,
    freshness: () => "fresh",
    spent: store.spent,
    zoneKey: store.zoneKey,
    recorder,
    areas: undefined,
    asking: undefined,
    onKeys: undefined,
    escorts: undefined,
    firstPersons: undefined,
    onShadow: nothing,
    onJudged: (now) => (judged = now),
  });
  return {
    scan(bytes) {
      judged = undefined;
      const scan = { bytes, receivedAt: machine.monotonic() };
      for (const listener of listeners) listener(scan);
      return judged;
    },
    moveWal: () => void store.database.checkpoint(),
    now: () => {
      const wall = clock.wall();
      if (wall === "untrusted") throw new Error("the clock of this machine is not believed");
      return wall.now;
    },
    store,
    close() {
      accessPoint.close();
      recorder.close();
      clock.close();
      store.close();
    },
  };
}

/** Lets everybody in and moves nothing: what a lock takes is measured elsewhere. */
const OPEN_ALL_DAY: Portal = { refusal: () => undefined, access: nothing };

/** A reader whose scans come from memory. */
function memoryScanner(listeners: Set<(scan: Scan) => void>): Scanner {
  return {
    id: "bench",
    health: { kind: "online" },
    onHealth: () => nothing,
    onScan(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    unreadable: 0,
    close: () => Promise.resolve(),
  };
}

/** Opens a gate for as long as `use` takes. */
export async function withGate<T>(people: number, use: (gate: Gate) => Promise<T>): Promise<T> {
  const gate = openGate(people);
  try {
    return await use(gate);
  } finally {
    gate.close();
  }
}
