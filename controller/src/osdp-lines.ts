import { type Clock, err, ok, type RandomBytes, type ReaderConcession, type Result } from "@portico/card-protocol";
import type { Wire } from "@portico/firmware-ts";
import {
  giveKey,
  isSame,
  nodeAes128,
  type OsdpBus,
  osdpBus,
  type OsdpPd,
  osdpPd,
  type OsdpTraceEntry,
  type PdSecurity,
  type PdSecurityEvent,
  COMMAND,
} from "@portico/firmware-ts/osdp";
import type { OsdpPdConfiguration } from "./configuration/configuration.ts";
import type { KeyWay } from "./osdp-words.ts";
import type { PdKeys } from "./store/pd-keys.ts";

/** Every OSDP line with its PDs. */
export interface OsdpLines {
  readonly pds: ReadonlyMap<string, OsdpPd>;
  readonly buses: ReadonlyMap<string, OsdpBus>;
  /** True where a key was made for the PD. */
  hasKey(pd: string): boolean;
  /** What went over a line lately, the oldest first; a key that is said in clear is left out. */
  trace(wire: string): readonly OsdpTraceEntry[];
  /** Makes a key, keeps it, and gives it to a PD. Resolves when the PD has shown that it holds it. */
  giveKey(pd: string, way: KeyWay): Promise<Result<true, "NotGiven">>;
  /** Called for each refusal, and for each concession that commissioning asked for. */
  onSecurity(listener: (pd: string, event: PdSecurityEvent | { readonly kind: "conceded"; readonly concession: ReaderConcession }) => void): () => void;
  close(): void;
}

/** About a minute of a busy line. */
const TRACE_FRAMES_MAX = 8_192;
/** How long a PD may take to open a session under another key. */
const SESSION_MS_MAX = 6_000;

export interface OsdpLinesOptions {
  readonly pds: readonly OsdpPdConfiguration[];
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly keys: PdKeys;
  /** @returns the wire, and its baud rate where it is a serial port */
  readonly wireOf: (id: string) => { readonly wire: Wire; readonly baud: number | undefined };
}

/** A gateway's own line makes an answer later than a serial port's: by a frame each way at 9,600 baud. */
const GATEWAY_REPLY_MS = 500;

/** Builds the lines. A key that others may read is a SetupError. */
export function osdpLines({ pds: configured, clock, randomBytes, keys, wireOf }: OsdpLinesOptions): OsdpLines {
  const buses = new Map<string, OsdpBus>();
  const traces = new Map<string, OsdpTraceEntry[]>();
  let told: ((pd: string, event: Parameters<Parameters<OsdpLines["onSecurity"]>[0]>[1]) => void)[] = [];
  const tell = (pd: string, event: Parameters<(typeof told)[0]>[1]): void => told.forEach((listener) => listener(pd, event));

  function busOf(id: string): OsdpBus {
    const known = buses.get(id);
    if (known !== undefined) return known;
    const { wire, baud } = wireOf(id);
    const bus = osdpBus({ wire, clock, ...(baud === undefined ? { replyMs: GATEWAY_REPLY_MS } : { baud }) });
    const trace: OsdpTraceEntry[] = [];
    bus.onFrame((entry) => {
      if (isKeyInClear(entry)) return;
      if (trace.push(entry) > TRACE_FRAMES_MAX) trace.shift();
    });
    buses.set(id, bus);
    traces.set(id, trace);
    return bus;
  }

  const securityOf = ({ id, security }: OsdpPdConfiguration): PdSecurity =>
    security === "clear-text" ? { kind: "clear" } : { kind: "secure", scbks: keys.of(id) };

  const pds = new Map(
    configured.map((row): [string, OsdpPd] => {
      const { id, wire, address, pollMs } = row;
      const pd = osdpPd({ id, bus: busOf(wire), address, security: securityOf(row), aes: nodeAes128, randomBytes, pollMs });
      pd.onSecurity((event) => {
        if (event.kind === "opened" && event.policy === "secure") keys.settle(id, event.key);
        if (event.kind === "opened" && event.policy === "clear") tell(id, { kind: "conceded", concession: "clear-text" });
        if (event.kind === "opened" && event.policy === "install") tell(id, { kind: "conceded", concession: "install-mode" });
        tell(id, event);
      });
      return [id, pd];
    }),
  );

  /** Resolves when the PD opens a session, or does not in time. */
  function session(pd: OsdpPd): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isOpen: boolean): void => {
        cancel();
        stop();
        resolve(isOpen);
      };
      const cancel = clock.after(SESSION_MS_MAX, () => end(false));
      const stop = pd.onOpened(() => end(true));
    });
  }

  async function give(id: string, way: KeyWay): Promise<Result<true, "NotGiven">> {
    const pd = pds.get(id)!;
    const row = configured.find((each) => each.id === id)!;
    const notGiven = (why: string): Result<true, "NotGiven"> => {
      pd.setSecurity(securityOf(row));
      return err("NotGiven", why);
    };
    if (way === "own-key") {
      if (pd.state !== "secure") return err("NotGiven", pd.health.kind === "offline" ? pd.health.detail : "it has no secure session of its own");
    } else {
      pd.setSecurity(way === "install-mode" ? { kind: "install" } : { kind: "clear" }, "give-key");
      if (!(await session(pd))) {
        const { health } = pd;
        return notGiven(health.kind === "offline" ? health.detail : "it opened no session");
      }
    }
    const key = randomBytes(16);
    keys.propose(id, key);
    if (way === "clear-text") tell(id, { kind: "conceded", concession: "key-in-clear" });
    const given = await giveKey(pd, key, { inClear: way === "clear-text" });
    if (!given.ok) {
      // A PD that did not answer may hold it: both keys are tried.
      if (given.error !== "TimedOut" && given.error !== "Disconnected") keys.withdraw(id);
      return notGiven(given.detail);
    }
    // Both keys are tried, and the one that the PD shows stays.
    pd.setSecurity({ kind: "secure", scbks: keys.of(id) });
    const isOpen = await session(pd);
    const isHeld = isSame(keys.of(id)[0] ?? new Uint8Array(), key);
    if (!isOpen || !isHeld) return notGiven("it took the key and opens no session with it");
    if (row.security === "clear-text") pd.setSecurity({ kind: "clear" });
    return ok(true);
  }

  return {
    pds,
    buses,
    hasKey: (pd) => keys.of(pd).length > 0,
    trace: (wire) => traces.get(wire) ?? [],
    giveKey: give,
    onSecurity(listener) {
      told = [...told, listener];
      return () => void (told = told.filter((other) => other !== listener));
    },
    close: () => [...pds.values()].forEach((pd) => pd.leave()),
  };
}

/** A frame that holds a key for everybody to read. */
function isKeyInClear({ direction, bytes }: OsdpTraceEntry): boolean {
  const hasBlock = (bytes[4]! & 0x08) !== 0;
  return direction === "command" && !hasBlock && bytes[5] === COMMAND.keySet;
}
