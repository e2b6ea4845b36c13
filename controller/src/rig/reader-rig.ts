import { ReaderChallenges, type Freshness } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { Feedback, Scan, Scanner } from "@portico/firmware-ts";
import { AccessPoint } from "../access-point.ts";
import type { AccessPointOptions, AccessPointSettings, Judged } from "../access-point-parts.ts";
import type { AuthenticationProfile } from "../core/authentication.ts";
import type { DoorRefusal } from "../core/door-operation.ts";
import { EscortWatch } from "../escort-watch.ts";
import { PinAsking } from "../pin-asking.ts";
import { Pins, type PinSettings } from "../pins.ts";
import type { PortalFloor, PortalGrant } from "../portal/portal.ts";
import { heldPass, type PassChange, SITE } from "./people.ts";
import { RIG_TRUST } from "./rig-configuration.ts";
import { RigStore, type Trusted } from "./rig-store.ts";

/** How a reader of the tests differs from a gate's entry that also reads cards. */
export interface ReaderChange extends Partial<AccessPointSettings> {
  readonly trusted?: Trusted;
  /** Asks for a PIN, or for another way. */
  readonly profile?: AuthenticationProfile;
  readonly pin?: Partial<PinSettings>;
  readonly escortMs?: number;
  /** It stands in a lift of these floors. */
  readonly floors?: readonly PortalFloor[];
}

/** One access point over a real store; its scanner, lights and lock are the test itself. */
export class ReaderRig extends RigStore {
  readonly point: AccessPoint;
  readonly settings: AccessPointSettings;
  readonly judged: Judged[] = [];
  readonly lights: Feedback[] = [];
  readonly grants: PortalGrant[] = [];
  /** What the lock says, and how old the list is. */
  refusal: DoorRefusal | undefined;
  freshness: Freshness = "fresh";
  /** What the areas say. */
  areas: AccessPointOptions["areas"];
  /** Signatures that were verified. */
  verified = 0;
  /** What stood in the log when somebody was let in. */
  readonly logAtGrant: string[][] = [];
  readonly pins: Pins;
  #scan: (scan: Scan) => void = () => {};
  #keys: (keys: string) => void = () => {};

  constructor({ trusted = "system", profile, pin = {}, escortMs, floors, ...change }: ReaderChange = {}) {
    super({ trusted });
    this.settings = {
      id: "gate-1-in",
      site: SITE,
      capability: "pass",
      replayGroup: "main-gate/entry",
      challengeDemanded: false,
      enabled: true,
      egress: false,
      untrustedClock: { qr: "refuse", card: "refuse" },
      cardFormat: { format: "uid-hex", byteOrder: "msb-first" },
      keypadLines: false,
      secondPersonMs: undefined,
      ...change,
    };
    const settings = { triesMax: 5, readerTriesMax: 10, lockOutMs: 900_000, waitMs: 20_000, duress: false, ...pin };
    this.pins = new Pins({ settings, pins: this.store.pins, database: this.store.database, clock: this.clock, recorder: this.recorder });
    let drawn = 0;
    this.point = new AccessPoint({
      settings: this.settings,
      scanner: this.#scanner(),
      indicator: {
        indicate: (feedback) => {
          this.lights.push(feedback);
          return Promise.resolve({ ok: true });
        },
      },
      portal: {
        refusal: () => this.refusal,
        ...(floors && { floors: () => floors }),
        access: (grant) => {
          this.grants.push(grant);
          this.logAtGrant.push(this.events().map(({ name }) => name));
        },
      },
      clock: this.clock,
      verifier: {
        verify: (...signed) => {
          this.verified++;
          return nodeVerifier.verify(...signed);
        },
      },
      challengeFace: undefined,
      challenges: new ReaderChallenges((length) => new Uint8Array(length).fill(++drawn)),
      issuerKey: (kid) => RIG_TRUST.keys.get(kid),
      list: this.store.list,
      freshness: () => this.freshness,
      spent: this.store.spent,
      zoneKey: this.store.zoneKey,
      recorder: this.recorder,
      areas: (credential, wall, others) => this.areas?.(credential, wall, others) ?? { refusal: undefined, violations: [] },
      asking: profile && new PinAsking(profile, this.store.list, this.pins, ""),
      onKeys: (listener) => {
        this.#keys = listener;
        return () => void (this.#keys = () => {});
      },
      firstPersons: undefined,
      escorts: escortMs === undefined ? undefined : new EscortWatch(this.store.events, this.time, escortMs),
      onJudged: (judged) => this.judged.push(judged),
      onShadow: () => {},
    });
  }

  /** Shows something to the reader. @returns what was judged; undefined for a scan that was seen a moment ago */
  show(scanned: string | Uint8Array): Judged | undefined {
    const before = this.judged.length;
    const bytes = typeof scanned === "string" ? Uint8Array.from(Buffer.from(scanned, "latin1")) : scanned;
    this.#scan({ bytes, receivedAt: this.time.monotonic() });
    return this.judged[before];
  }

  /** Presses keys of the reader. @returns what was judged; undefined: nothing yet */
  type(keys: string): Judged | undefined {
    const before = this.judged.length;
    this.#keys(keys);
    return this.judged[before];
  }

  /** A pass H that is signed now, or `ageS` ago. */
  pass(person: "zhang" | "li" | "wang", { ageS = 0, ...change }: PassChange & { readonly ageS?: number } = {}): string {
    return heldPass(person, this.now() - ageS, change);
  }

  override end(): void {
    this.point.abandon();
    super.end();
  }

  #scanner(): Scanner {
    return {
      id: "gate-1-in",
      health: { kind: "online" },
      unreadable: 0,
      onHealth: () => () => {},
      onScan: (listener) => {
        this.#scan = listener;
        return () => void (this.#scan = () => {});
      },
      close: () => Promise.resolve(),
    };
  }
}

/** The reason of a denial, with the check that gave it; `granted` otherwise. */
export function outcomeOf(judged: Judged | undefined): string {
  if (judged === undefined) return "debounced";
  const { decision } = judged;
  return decision.kind === "granted" ? "granted" : `${decision.reason}: ${decision.check}`;
}
