import type { Clock, MonotonicMs } from "@portico/card-protocol";
import type { SessionRefusal } from "../core/osdp/session.ts";
import type { DeviceHealth } from "../device.ts";
import { listeners } from "../listeners.ts";
import type { Wire } from "../wire.ts";

/** A session that starts afresh is no outage when it is open again within this long. */
const GRACE_MS = 2_000;

/** What to do about each refusal, for a technician. */
const REMEDY: Readonly<Record<SessionRefusal, string>> = {
  DefaultKeyOffered: "it stands in install mode: give it a key with `portico device osdp key <pd> --install-mode`, or end its install mode as its maker says",
  SecureChannelUnsupported: "it cannot, or somebody on the line says so: look at the line, then at the reader",
  KeyMissing: "make one with `portico device osdp key <pd> --install-mode`",
  KeyWrong: "it is another reader, or was given another key: reset it as its maker says, then `portico device osdp key <pd> --install-mode`",
  KeyNotAccepted: "it holds another key: reset it as its maker says, then `portico device osdp key <pd> --install-mode`",
  ClearTextReply: "somebody else speaks on the line, or the reader fails: look at the line",
  MacWrong: "somebody else speaks on the line, or the reader fails: look at the line",
  ReplyMalformed: "two devices may have one address, or the reader fails",
  SessionLost: "it was restarted; where it goes on, check its power",
};

/** Whether a PD works, as its session and its line tell it. */
export interface PdHealth {
  now(): DeviceHealth;
  readonly onHealth: (listener: (health: DeviceHealth) => void) => () => void;
  judge(): void;
  opened(): void;
  lost(): void;
  /** @param isLasting  it will not work until somebody does something */
  refused(reason: SessionRefusal, detail: string, isLasting: boolean): void;
  forgetRefusal(): void;
  close(): void;
}

export interface PdHealthOptions {
  readonly clock: Clock;
  readonly wire: Wire;
  readonly address: number;
  readonly isOpen: () => boolean;
  readonly isAlive: (now: MonotonicMs) => boolean;
  /** Its session is for giving it a key, and for nothing else. */
  readonly isWithheld: () => boolean;
}

/** Off line at first. A PD that answers but whose session is refused is off line, with the refusal as its detail. */
export function pdHealth({ clock, wire, address, isOpen, isAlive, isWithheld }: PdHealthOptions): PdHealth {
  const healths = listeners<[DeviceHealth]>();
  let told: DeviceHealth["kind"] = "offline";
  let changedAt = clock.monotonic();
  let lostAt: number = Number.NEGATIVE_INFINITY;
  let refusal: { readonly text: string; readonly isLasting: boolean } | undefined;
  let cancel = (): void => {};

  function now(): DeviceHealth {
    const offline = (error: "Disconnected" | "TimedOut" | "BadReply", detail: string): DeviceHealth => ({ kind: "offline", error, detail, since: changedAt });
    if (wire.state === "closed") return offline("Disconnected", wire.trouble);
    const at = clock.monotonic();
    if (isWithheld() && isAlive(at)) return offline("BadReply", refusal?.text ?? "it is being given a key");
    if (isOpen() && isAlive(at)) return { kind: "online" };
    const isBrief = !isWithheld() && told === "online" && at - lostAt < GRACE_MS && refusal?.isLasting !== true;
    if (isBrief && isAlive(at)) return { kind: "online" };
    if (refusal !== undefined && (refusal.isLasting || isAlive(at))) return offline("BadReply", refusal.text);
    return offline("TimedOut", `address ${address} does not answer: check power, the pair A and B, baud rate and address`);
  }

  function judge(): void {
    const { kind } = now();
    if (kind === told) return;
    told = kind;
    changedAt = clock.monotonic();
    healths.tell(now());
  }

  return {
    now,
    onHealth: healths.add,
    judge,
    opened() {
      cancel();
      refusal = undefined;
      judge();
    },
    lost() {
      if (told === "offline") return;
      lostAt = clock.monotonic();
      cancel();
      cancel = clock.after(GRACE_MS, judge);
    },
    refused(reason, detail, isLasting) {
      refusal = { text: `${reason}: ${detail}; ${REMEDY[reason]}`, isLasting };
      judge();
    },
    forgetRefusal: () => void (refusal = undefined),
    close: () => cancel(),
  };
}
