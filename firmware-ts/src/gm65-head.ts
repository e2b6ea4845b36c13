import type { Clock } from "@portico/card-protocol";
import { findGm65Reply, GM65_BAUD_ZONE, GM65_BAUDS, type Gm65Baud, gm65BaudBytes, gm65Read, gm65Save, gm65Write } from "./core/gm65-frame.ts";
import type { DeviceError } from "./device.ts";
import type { Wire } from "./wire.ts";

/** How long a head may take to answer; it may be in the middle of a scan. */
const ANSWER_MS = 300;
const ATTEMPTS_MAX = 2;
/** How long a port may take to open. */
const OPEN_MS_MAX = 2_000;
const RECEIVED_BYTES_MAX = 4_096;

export type Gm65Outcome =
  /** `from`: the rate that it was found at. */
  { readonly ok: true; readonly from: Gm65Baud } | { readonly ok: false; readonly error: DeviceError; readonly detail: string };

export interface Gm65Options {
  /** Opens the port of the head at a rate; nobody else may have it. Closed again here. */
  readonly openAt: (baud: Gm65Baud) => Wire;
  readonly after: Clock["after"];
  /** The rate that it shall speak at. */
  readonly baud: Gm65Baud;
}

/**
 * Finds a head of the GM65 family at whatever rate it speaks, sets it to another, and has it keep that beyond a power cut.
 *
 *     each rate: does it answer ──▶ write the rate ──▶ at the new rate: does it hold it ──▶ save
 *
 * Its scans may stand between its answers. A head that is found at the wanted rate is only told to save. What cannot be read back at the new rate is not saved:
 * switched off and on the head is as it was.
 */
export async function setGm65Baud({ openAt, after, baud }: Gm65Options): Promise<Gm65Outcome> {
  const wanted = gm65BaudBytes(baud);

  /** Asks on a wire of its own; undefined where nothing answers. */
  async function ask(at: Gm65Baud, frames: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[] | string> {
    const wire = openAt(at);
    try {
      if (!(await opened(wire, after))) return wire.trouble;
      const answers: (Uint8Array | undefined)[] = [];
      for (const frame of frames) answers.push(await answer(wire, frame, after));
      return answers;
    } finally {
      await wire.close();
    }
  }
  const failed = (error: DeviceError, detail: string): Gm65Outcome => ({ ok: false, error, detail });

  for (const from of GM65_BAUDS) {
    const read = gm65Read(GM65_BAUD_ZONE, wanted.length);
    const found = await ask(from, [read]);
    if (typeof found === "string") return failed("Disconnected", found);
    if (found[0]?.length !== wanted.length) continue;
    if (from !== baud) {
      // Its answer comes at the old rate or at the new one, or at none: what it holds is read back.
      const written = await ask(from, [gm65Write(GM65_BAUD_ZONE, wanted)]);
      if (typeof written === "string") return failed("Disconnected", written);
    }
    const kept = await ask(baud, [read, gm65Save()]);
    if (typeof kept === "string") return failed("Disconnected", kept);
    const [held, saved] = kept;
    if (held === undefined || hexOf(held) !== hexOf(wanted))
      return failed("BadReply", `it answered at ${from} baud and does not at ${baud}: switch it off and on, it is as it was`);
    if (saved?.[0] !== 0) return failed("BadReply", `it speaks at ${baud} baud, but did not say that it keeps that: switched off it may forget it`);
    return { ok: true, from };
  }
  return failed("TimedOut", `nothing answers at ${GM65_BAUDS.join(", ")} baud`);
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** False when the port does not open in time. */
function opened(wire: Wire, after: Clock["after"]): Promise<boolean> {
  if (wire.state === "open") return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (isOpen: boolean): void => {
      cancel();
      stop();
      resolve(isOpen);
    };
    const cancel = after(OPEN_MS_MAX, () => end(false));
    const stop = wire.onState((state) => state === "open" && end(true));
  });
}

/** The bytes of the reply; undefined after {@link ATTEMPTS_MAX} silences. */
function answer(wire: Wire, frame: Uint8Array, after: Clock["after"]): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    let received = new Uint8Array();
    let attempts = 0;
    let cancel = (): void => {};
    const stop = wire.onBytes((bytes) => {
      received = Uint8Array.from([...received, ...bytes]).slice(-RECEIVED_BYTES_MAX);
      const reply = findGm65Reply(received);
      if (reply !== undefined) end(reply);
    });
    function end(reply: Uint8Array | undefined): void {
      cancel();
      stop();
      resolve(reply);
    }
    function attempt(): void {
      if (++attempts > ATTEMPTS_MAX) return end(undefined);
      cancel = after(ANSWER_MS, attempt);
      wire.write(frame);
    }
    attempt();
  });
}
