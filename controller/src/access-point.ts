import {
  type Capability,
  type CardFormat,
  type ControllerEvent,
  type Credential,
  type CredentialId,
  type DenyReason,
  bytesToHex,
  eventOf,
  isCardLine,
  type IssuerKey,
  type MonotonicMs,
  type PassOutcome,
  type Presentation,
  readCardNumber,
  type ReaderChallenges,
  replayClass,
  type Verifier,
  verifyPass,
  type VerifiedPass,
  type WallTime,
  type Freshness,
} from "@portico/card-protocol";
import type { Feedback, Indicator, Scan, Scanner } from "@portico/firmware-ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { AreaVerdict } from "./core/area.ts";
import { keepSeen, seeAgain, type SeenScans } from "./core/debounce.ts";
import { type Decision, decide, type Request, windowWhileUntrusted } from "./core/decide.ts";
import { DenialLog } from "./denial-log.ts";
import type { Portal } from "./portal/portal.ts";
import type { Recorder } from "./recorder.ts";
import type { AccessList } from "./access-list.ts";
import type { SpentCounters } from "./store/spent-counters.ts";
import type { ZoneKey } from "./store/zone-key.ts";

/** What was chosen for one access point at commissioning. */
export interface AccessPointSettings {
  readonly id: string;
  readonly site: string;
  readonly capability: Capability;
  /** Passes are spent once per group: by default all lanes of one gate in one direction. */
  readonly replayGroup: string;
  readonly challengeDemanded: boolean;
  readonly enabled: boolean;
  readonly egress: boolean;
  readonly untrustedClock: { readonly qr: "refuse" | "emergency"; readonly card: "refuse" | "emergency" };
  /** How the reader writes physical cards; undefined: it reads none. */
  readonly cardFormat: CardFormat | undefined;
}

export interface AccessPointOptions {
  readonly settings: AccessPointSettings;
  readonly scanner: Scanner;
  readonly indicator: Indicator | undefined;
  readonly portal: Portal;
  readonly clock: ControllerClock;
  readonly verifier: Verifier;
  readonly challenges: ReaderChallenges;
  readonly issuerKey: (kid: number) => IssuerKey | undefined;
  readonly list: AccessList;
  readonly freshness: () => Freshness;
  readonly spent: SpentCounters;
  readonly zoneKey: Pick<ZoneKey, "identities">;
  readonly recorder: Recorder;
  /** What the areas at whose border the reader stands say of a holder; undefined: it stands at none. */
  readonly areas: ((credential: Credential, wall: WallTime) => AreaVerdict) | undefined;
  readonly onJudged: (judged: Judged) => void;
}

/** A scan that was judged, for whoever watches: never its content. */
export interface Judged {
  readonly accessPoint: string;
  readonly decision: Decision;
  /** Undefined where no signature holds: what was scanned may be anything. */
  readonly presentation: Presentation | undefined;
  /** Undefined where no signature holds, or no card is known by that number. */
  readonly credential: CredentialId | undefined;
  /** Number of the decision's event; undefined where it was only counted, or could not be recorded. */
  readonly seq: number | undefined;
  /** When the last byte of the scan arrived. */
  readonly scannedAt: MonotonicMs;
  /** How many seconds the phone's clock seems to be off, where time alone was wrong: + fast, − slow. */
  readonly phoneClockOffsetS: number | undefined;
}

/** The same text is the same scan as long as it is seen again within this time. */
const DEBOUNCE_MS = 3_000;
/** A pass that failed on time alone is verified at most this often, so that a wall of old screenshots costs no more than a queue. */
const VERIFY_DESPITE_TIME_EVERY_MS = 200;

/** What was shown, once: the credential's row is looked up at most once a scan. */
interface Shown {
  readonly presentation: Presentation;
  readonly presented: Request["presented"];
  readonly credential: Credential | undefined;
  /** The pass, once its signature holds. */
  readonly pass: VerifiedPass | undefined;
  /** Whom a record may name: nobody before the signature holds. */
  readonly named: CredentialId | undefined;
  /** Tells one from another in memory alone: the credential, or what the zone's key makes of a card that nobody knows. */
  readonly subject: string;
}

/**
 * One reader and what it guards. Everything that happens to a scan stands here, from top to bottom, in one synchronous stretch:
 * debounce, verify or match, gather, decide, record, act.
 */
export class AccessPoint {
  readonly id: string;
  readonly #options: AccessPointOptions;
  readonly #removeListener: () => void;
  readonly #denials: DenialLog;
  #seen: SeenScans<Feedback> = [];
  #verifiedDespiteTimeAt = Number.NEGATIVE_INFINITY;

  constructor(options: AccessPointOptions) {
    this.id = options.settings.id;
    this.#options = options;
    this.#denials = new DenialLog(this.id, options.clock, options.recorder);
    this.#removeListener = options.scanner.onScan((scan) => this.#judge(scan));
  }

  /** Stops listening and writes what was only counted so far. */
  close(): void {
    this.#removeListener();
    this.#denials.close();
  }

  /** Stops listening without a word. */
  abandon(): void {
    this.#removeListener();
    this.#denials.abandon();
  }

  /** A challenge for phones to answer, 8 bytes; the same for 4 s unless it is spent. */
  challenge(): Uint8Array {
    const { challenges, clock } = this.#options;
    return challenges.show(clock.monotonic());
  }

  #judge(scan: Scan): void {
    const { settings, clock, recorder, portal, indicator, onJudged } = this.#options;

    // 1 debounce: the light again, never the effect
    const again = seeAgain(this.#seen, scan.bytes, scan.receivedAt, DEBOUNCE_MS);
    if (again !== undefined) {
      this.#seen = again.seen;
      return void indicator?.indicate(again.answer);
    }

    // 0, 2-7 verify a pass, or match a card; one time counts for all of it
    const wall = clock.wall();
    const shown =
      settings.cardFormat !== undefined && isCardLine(scan.bytes, settings.cardFormat)
        ? this.#matchCard(scan.bytes, settings.cardFormat)
        : this.#verify(scan.bytes, wall);

    // 8-10 gather, decide
    const request = this.#gather(shown, wall);
    let decision = decide(request);

    // 11 record the decision, which spends the pass, and what an area finds amiss; what does not verify, and the same refusal again, is only counted
    let seq: number | undefined;
    if (decision.kind === "denied") seq = this.#denied(decision, shown, request);
    else {
      seq = recorder.decision(this.#eventOf(decision, shown, request));
      if (seq === undefined) decision = { kind: "denied", reason: "Other", check: "decision recorded", detail: "the disk refuses to record" };
    }
    const feedback: Feedback = decision.kind === "granted" ? "AccessGranted" : "AccessDenied";
    this.#seen = keepSeen(this.#seen, scan.bytes, feedback, scan.receivedAt, DEBOUNCE_MS);

    if (decision.kind === "granted" && request.area !== undefined)
      for (const amiss of request.area.violations)
        recorder.event(eventOf("ApbViolation", { accessPoint: settings.id, credential: shown.credential!.id, grantedSeq: seq!, ...amiss }));

    // 12 act
    if (decision.kind === "granted" && seq !== undefined) portal.access({ accessPoint: settings.id, grantedSeq: seq, extended: decision.extended });
    void indicator?.indicate(feedback);
    const { presented } = shown;
    const phoneClockOffsetS = presented.by === "pass" && presented.outcome.kind === "refused" ? presented.outcome.verified?.phoneClockOffsetS : undefined;
    onJudged({
      accessPoint: settings.id,
      decision,
      presentation: shown.presentation === "card" || shown.pass !== undefined ? shown.presentation : undefined,
      credential: shown.named,
      seq,
      scannedAt: scan.receivedAt,
      phoneClockOffsetS: phoneClockOffsetS === 0 ? undefined : phoneClockOffsetS,
    });
  }

  #denied(decision: Extract<Decision, { readonly kind: "denied" }>, shown: Shown, request: Request): number | undefined {
    const { reason } = decision;
    if (!isWorthAnEvent(shown)) {
      this.#denials.count(reason);
      return undefined;
    }
    const { pass, named, subject } = shown;
    const denial = { reason, subject, credential: named ?? null, pass: pass === undefined ? undefined : `${pass.kind} ${pass.counter} ${pass.signedAt}` };
    return this.#denials.denied(denial, () => this.#eventOf(decision, shown, request));
  }

  #verify(text: Uint8Array, wall: WallTime): Shown {
    const { settings, clock, verifier, challenges, issuerKey, list } = this.#options;
    const at = clock.monotonic();
    let row: { readonly credential: Credential | undefined } | undefined;
    const outcome: PassOutcome = verifyPass(text, {
      site: settings.site,
      wall,
      verifier,
      issuerKey,
      credential: (id) => (row = { credential: list.credential(id) }).credential,
      challengeDemanded: settings.challengeDemanded,
      spendChallenge: (challenge) => challenges.spend(challenge, at),
      untrustedWindow: windowWhileUntrusted(settings, settings.untrustedClock.qr, clock.untrustedWindow),
      verifyDespiteTime: () => {
        if (at - this.#verifiedDespiteTimeAt < VERIFY_DESPITE_TIME_EVERY_MS) return false;
        this.#verifiedDespiteTimeAt = at;
        return true;
      },
    });
    const pass = outcome.kind === "verified" ? outcome.pass : outcome.verified?.pass;
    return {
      presentation: pass?.kind ?? "H",
      presented: { by: "pass", outcome },
      credential: pass === undefined ? undefined : row === undefined ? list.credential(pass.credentialId) : row.credential,
      pass,
      named: pass?.credentialId,
      subject: pass?.credentialId ?? "",
    };
  }

  #matchCard(line: Uint8Array, format: CardFormat): Shown {
    const { list, zoneKey } = this.#options;
    const number = readCardNumber(line, format);
    const identities = number.ok ? zoneKey.identities(number.value.bytes) : [];
    let credential: Shown["credential"];
    for (const { token } of identities) credential ??= list.credentialByCardNumber(token);
    const [own] = identities;
    const subject = credential?.id ?? `card ${own === undefined ? "" : bytesToHex(own.token)}`;
    return { presentation: "card", presented: { by: "card", number }, credential, pass: undefined, named: credential?.id, subject };
  }

  #gather({ presentation, presented, credential, pass }: Shown, wall: WallTime): Request {
    const { settings, list, spent, freshness, portal, areas } = this.#options;
    return {
      presented,
      wall,
      untrustedClock: presentation === "card" ? settings.untrustedClock.card : settings.untrustedClock.qr,
      credential,
      spent: pass === undefined ? undefined : spent.last(pass.credentialId, replayClass(pass.kind), settings.replayGroup),
      freshness: freshness(),
      accessPoint: settings,
      permissions: credential === undefined ? [] : list.permissions(credential.id, settings.id),
      scheduleContext: list.scheduleContext(),
      doorRefusal: portal.refusal(),
      area: credential === undefined ? undefined : areas?.(credential, wall),
    };
  }

  #eventOf(decision: Decision, { presentation, credential, pass, named }: Shown, { wall }: Request): ControllerEvent {
    const { settings, list } = this.#options;
    // Written out twice: objects that are put together of others take a microsecond each, and somebody waits.
    const counter = pass?.counter ?? null;
    const signedAt = pass?.signedAt ?? null;
    const bytes = pass?.bytes ?? null;
    const uncertaintyS = wall === "untrusted" ? null : wall.uncertaintyS;
    const listVersion = list.version()?.version ?? 0;
    if (decision.kind === "granted")
      return eventOf("AccessGranted", {
        accessPoint: settings.id,
        credential: credential!.id,
        presentation,
        holder: credential!.holder,
        counter,
        signedAt,
        pass: bytes,
        accessProfile: decision.accessProfile,
        uncertaintyS,
        listVersion,
        replayGroup: settings.replayGroup,
      });
    return eventOf("AccessDenied", {
      accessPoint: settings.id,
      reason: decision.reason satisfies DenyReason,
      detail: decision.detail,
      credential: named ?? null,
      presentation,
      counter,
      signedAt,
      pass: bytes,
      uncertaintyS,
      listVersion,
    });
  }
}

/** What does not verify, and a line that is no card of the reader's format, may be anything: it is only counted. A card that nobody knows is worth a look. */
const isWorthAnEvent = ({ named, presented }: Shown): boolean => named !== undefined || (presented.by === "card" && presented.number.ok);
