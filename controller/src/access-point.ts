import { type ControllerEvent, type Credential, eventOf, isPassPresentation, type MonotonicMs, replayClass, type WallTime } from "@portico/card-protocol";
import type { Feedback, Scan } from "@portico/firmware-ts";
import type { AccessPointOptions, Visitor } from "./access-point-parts.ts";
import type { PinState } from "./core/authentication.ts";
import type { SecondPerson } from "./core/second-person.ts";
import { forgetSeen, keepSeen, seeAgain, type SeenScans } from "./core/debounce.ts";
import { type Decision, decide, decideOrAwait, type Request } from "./core/decide.ts";
import { grantedFloors, type JudgedFloors } from "./core/floors.ts";
import { decisionEvent, floorsEvent, shadowEvent } from "./decision-event.ts";
import { DenialLog } from "./denial-log.ts";
import { floorsOf } from "./floors-of.ts";
import { Keypad } from "./keypad.ts";
import { watchLateCards } from "./late-cards.ts";
import { isWorthAnEvent, Recognition, type Shown, whoWasShown } from "./recognition.ts";

/** So long the same text is the same scan. */
const DEBOUNCE_MS = 3_000;

/**
 * One reader and what it guards. Everything that happens to a scan stands here, from top to bottom, in one synchronous stretch:
 * debounce, verify or match, gather, decide, record, act. Where a PIN or a second person is asked for, the stretch ends with waiting and begins again at
 * gathering: nothing is recorded or spent in between.
 */
export class AccessPoint {
  readonly id: string;
  readonly #options: AccessPointOptions;
  readonly #removeListener: () => void;
  readonly #recognition: Recognition;
  readonly #keypad: Keypad | undefined;
  readonly #denials: DenialLog;
  #seen: SeenScans<Feedback> = [];
  /** Who has a PIN to type. */
  #typing: Visitor | undefined;
  /** Who waits for a second person. */
  #first: { readonly visitor: Visitor; readonly cancel: () => void } | undefined;

  constructor(options: AccessPointOptions) {
    const { asking, clock, onKeys } = options;
    this.id = options.settings.id;
    this.#options = options;
    this.#recognition = new Recognition(options);
    this.#denials = new DenialLog(this.id, options.clock, options.recorder);
    if (asking !== undefined)
      this.#keypad = new Keypad({
        onKeys,
        clock,
        waitMs: asking.waitMs,
        onTyped: (digits) => this.#typed((visitor) => asking.try(this.id, visitor.shown.credential!, digits)),
        onTimeout: () => this.#typed(() => ({ kind: "notTyped" })),
      });
    const stops = [options.scanner.onScan((scan) => this.#judge(scan)), watchLateCards(options, this.#recognition)];
    this.#removeListener = () => stops.forEach((stop) => stop());
  }

  /** Stops listening and writes what was only counted so far. */
  close(): void {
    this.#stopListening();
    this.#denials.close();
  }

  /** Stops listening without a word. */
  abandon(): void {
    this.#stopListening();
    this.#denials.abandon();
  }

  /** A challenge for phones to answer, 8 bytes; the same for 4 s unless it is spent. */
  challenge(): Uint8Array {
    return this.#options.challenges.show(this.#options.clock.monotonic());
  }

  #stopListening(): void {
    this.#removeListener();
    this.#keypad?.close();
    this.#first?.cancel();
    this.#options.escorts?.close();
    this.#options.challengeFace?.close();
  }

  #judge(scan: Scan): void {
    const { settings, clock } = this.#options;
    if (settings.keypadLines && this.#keypad?.takesLine(scan.bytes) === true) return; // keys are never kept as a scan

    // 1 debounce: the light again, never the effect
    const again = scan.isQuestion === true ? undefined : seeAgain(this.#seen, scan.bytes, scan.receivedAt, DEBOUNCE_MS);
    if (again !== undefined) {
      this.#seen = again.seen;
      return this.#options.portal.recordGrant === undefined ? this.#light(again.answer) : undefined; // a light again is no second payment
    }

    // 0, 2-7 verify a pass, or match a card; one time counts for all of it
    const wall = clock.wall();
    const shown = this.#recognition.of(scan.bytes, wall);
    const isSame = this.#typing !== undefined && shown.named === this.#typing.shown.named;
    if (isSame) this.#typing = undefined; // a phone makes new codes while its holder types: the newest counts, and the keys go on
    else if (isWorthAnEvent(shown)) this.#typed(() => ({ kind: "notTyped" })); // whoever was to type has been overtaken
    this.#consider({ shown, scan, at: scan.receivedAt, pin: undefined, isLater: false }, wall);
    if (isSame && this.#typing === undefined) this.#keypad?.cancel();
  }

  /** Whoever was to type a PIN has, or will not any more. */
  #typed(become: (visitor: Visitor) => PinState): void {
    const visitor = this.#typing;
    this.#typing = undefined;
    this.#keypad?.cancel();
    const { clock } = this.#options;
    if (visitor !== undefined) this.#consider({ ...this.#later(visitor, clock.monotonic()), pin: become(visitor) }, clock.wall());
  }

  /** As the list has them now: somebody may have been suspended while they were waited for. */
  #later(visitor: Visitor, at: MonotonicMs): Visitor {
    const { shown } = visitor;
    const credential = shown.credential && this.#options.list.credential(shown.credential.id);
    return { ...visitor, shown: { ...shown, credential }, at, isLater: true };
  }

  /** 8-10 gather, decide; a PIN or a second person that may still come is waited for. */
  #consider(visitor: Visitor, wall: WallTime): void {
    const first = this.#first?.visitor;
    const request = this.#gather(visitor, wall, this.#secondAt(visitor), first);
    const decision = decideOrAwait(request);
    if (decision.kind === "awaiting") return this.#await(visitor, decision.what);
    if (decision.kind === "denied" || request.second === undefined) return this.#conclude(visitor, request, decision);
    this.#concludeBoth(visitor, request, decision);
  }

  #await(visitor: Visitor, what: "PIN" | "secondPerson"): void {
    const { settings, clock } = this.#options;
    if (what === "PIN") {
      this.#typing = visitor;
      if (this.#keypad?.isAwaiting === false) this.#keypad.await();
    } else {
      const cancel = clock.after(settings.secondPersonMs!, () => {
        this.#first = undefined;
        const late = this.#later(visitor, clock.monotonic());
        const request = this.#gather(late, clock.wall(), "notCome", undefined);
        this.#conclude(late, request, decide(request));
      });
      this.#tellDuress(visitor, undefined);
      this.#first = { visitor: visitor.pin?.kind === "duress" ? { ...visitor, pin: { kind: "right" } } : visitor, cancel };
    }
    this.#show(visitor, "Processing");
  }

  /** What stands here of a second person for somebody who has come. */
  #secondAt({ shown }: Visitor): SecondPerson | undefined {
    if (this.#options.settings.secondPersonMs === undefined || this.#isShadow) return undefined;
    if (this.#first === undefined) return "awaited";
    return this.#first.visitor.shown.credential!.holder === shown.credential?.holder ? "sameHolder" : "here";
  }

  /** The second of two may pass: the first is asked again, as things stand now, and both are recorded together. */
  #concludeBoth(visitor: Visitor, request: Request, decision: Extract<Decision, { readonly kind: "granted" }>): void {
    const { cancel, visitor: waiting } = this.#first!;
    cancel();
    this.#first = undefined;
    const first = this.#later(waiting, visitor.at);
    const firstRequest = this.#gather(first, request.wall, "here", visitor);
    const firstDecision = decide(firstRequest);
    if (firstDecision.kind === "denied") {
      this.#conclude(first, firstRequest, firstDecision);
      return this.#consider(visitor, request.wall); // who came second is the first now
    }
    const both = [
      { visitor: first, request: firstRequest, decision: firstDecision },
      { visitor, request, decision },
    ] as const;
    const seqs = this.#options.recorder.decisions(both.map((each) => this.#eventOf(each.decision, each.visitor.shown, each.request)));
    for (const [index, each] of both.entries()) this.#act(each.visitor, each.request, each.decision, seqs?.[index]);
  }

  /** 11 record the decision, which spends the pass; what does not verify, and the same refusal again, is only counted */
  #conclude(visitor: Visitor, request: Request, decision: Decision): void {
    if (this.#isShadow) return this.#concludeInShadow(visitor, request, decision);
    const seq =
      decision.kind === "denied" ? this.#denied(decision, visitor.shown, request) : this.#granted(this.#eventOf(decision, visitor.shown, request), request);
    this.#act(visitor, request, decision, seq);
  }

  /** What would have been decided, for comparing with the old system, which drives the door: nothing is spent, moved or shown, and no refusal is left out. */
  #concludeInShadow(visitor: Visitor, request: Request, decision: Decision): void {
    const { settings, recorder, onShadow } = this.#options;
    const { shown, at } = visitor;
    const isCounted = decision.kind === "denied" && !isWorthAnEvent(shown);
    if (isCounted) this.#denials.count(decision.reason);
    const seq = isCounted ? undefined : recorder.decision(shadowEvent(this.#eventOf(decision, shown, request)));
    if (seq !== undefined) onShadow({ accessPoint: settings.id, seq, at, who: shown.credential });
    this.#answer(visitor, decision, seq);
  }

  /** 12 act, once what has to be recorded is: with the grant, what an area finds amiss, and that somebody is forced. */
  #act(visitor: Visitor, request: Request, decided: Decision, seq: number | undefined): void {
    const { settings, recorder, portal, escorts, firstPersons } = this.#options;
    const { shown } = visitor;
    const decision: Decision = decided.kind === "granted" && seq === undefined ? NOT_RECORDED : decided;
    this.#tellDuress(visitor, decision.kind === "granted" ? seq : undefined);
    if (decision.kind === "granted" && seq !== undefined) {
      const { id: credential, holder, flags } = shown.credential!;
      const grant = { accessPoint: settings.id, credential, grantedSeq: seq };
      if (request.area !== undefined) for (const amiss of request.area.violations) recorder.event(eventOf("ApbViolation", { ...grant, ...amiss }));
      if (flags.includes("escort")) escorts?.goes(holder, seq);
      if (flags.includes("firstPerson")) firstPersons?.goes(settings.id, credential, seq);
      const floors = request.floors && { floors: grantedFloors(request.floors) };
      const { extended, partySize } = decision;
      portal.access({ accessPoint: settings.id, credential, holder, grantedSeq: seq, extended, partySize, ...floors });
    }
    this.#answer(visitor, decision, seq);
  }

  #answer(visitor: Visitor, decision: Decision, seq: number | undefined): void {
    this.#show(visitor, decision.kind === "granted" ? "AccessGranted" : "AccessDenied");
    this.#options.onJudged({ accessPoint: this.id, decision, ...whoWasShown(visitor.shown), seq, scannedAt: visitor.at, shadow: this.#isShadow });
  }

  /** Whether they are let in or not: who is forced is helped all the same. */
  #tellDuress({ shown, pin }: Visitor, grantedSeq: number | undefined): void {
    const { settings, recorder } = this.#options;
    if (pin?.kind === "duress" && shown.named !== undefined)
      recorder.event(eventOf("Duress", { accessPoint: settings.id, credential: shown.named, grantedSeq: grantedSeq ?? null }));
  }

  /** The light, and that the same text again is the same scan. Who was refused behind a second step may begin again at once. */
  #show({ scan, at, isLater }: Visitor, feedback: Feedback): void {
    if (isLater && feedback === "AccessDenied") this.#seen = forgetSeen(this.#seen, scan.bytes);
    else this.#seen = keepSeen(this.#seen, scan.bytes, feedback, at, DEBOUNCE_MS);
    this.#light(feedback);
  }

  /** Dark while the old system drives the door: it has lights of its own. */
  #light(feedback: Feedback): void {
    if (!this.#isShadow) void this.#options.indicator?.indicate(feedback);
  }

  get #isShadow(): boolean {
    return this.#options.portal.isShadow?.() === true;
  }

  /** The grant; in a lift with the floors that it opens, or neither. */
  #granted(event: ControllerEvent, { floors, credential }: Request): number | undefined {
    const { settings, recorder, portal } = this.#options;
    if (portal.recordGrant !== undefined) return portal.recordGrant(event, credential!);
    if (floors === undefined) return recorder.decision(event);
    return recorder.decisions([event, (grantedSeq) => floorsEvent(settings.id, grantedSeq, floors)])?.[0];
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

  #gather({ shown, pin }: Visitor, wall: WallTime, second: SecondPerson | undefined, other: Visitor | undefined): Request {
    const { settings, list, spent, freshness, portal, areas } = this.#options;
    // The old system asks for PINs and second persons itself, where it does.
    const { asking, escorts } = this.#isShadow ? ({} as Partial<AccessPointOptions>) : this.#options;
    const { presentation, presented, credential, pass } = shown;
    const floors = this.#judgeFloors(credential, wall);
    return {
      presented,
      wall,
      untrustedClock: isPassPresentation(presentation) ? settings.untrustedClock.qr : settings.untrustedClock.card,
      credential,
      spent: pass === undefined ? undefined : spent.last(pass.credentialId, replayClass(pass.kind), settings.replayGroup),
      freshness: freshness(),
      accessPoint: settings,
      permissions: floors?.permissions ?? (credential === undefined ? [] : list.permissions(credential.id, settings.id)),
      ...(floors && { floors }),
      scheduleContext: list.scheduleContext(),
      authentication:
        credential === undefined ? undefined : asking?.facts(settings.id, credential, isPassPresentation(presentation) ? "pass" : "card", pin, wall),
      second,
      escort: credential === undefined ? undefined : escorts?.facts(credential.holder, other?.shown.credential),
      doorRefusal: floors === undefined ? ((credential && portal.refusalOf?.(credential)) ?? portal.refusal()) : floors.refusal,
      area: credential === undefined ? undefined : areas?.(credential, wall, second === "here" ? 1 : 0),
    };
  }

  /** Undefined where it is no lift. */
  #judgeFloors(credential: Credential | undefined, wall: WallTime): JudgedFloors | undefined {
    const { settings, list, portal } = this.#options;
    const floors = portal.floors?.();
    return floors && floorsOf(floors, credential?.id, list, { wall, accessPoint: settings, scheduleContext: list.scheduleContext() });
  }

  #eventOf(decision: Decision, shown: Shown, request: Request): ReturnType<typeof decisionEvent> {
    return decisionEvent(decision, shown, request, this.#options.settings, this.#options.list.version()?.version ?? 0);
  }
}

const NOT_RECORDED: Decision = { kind: "denied", reason: "Other", check: "decision recorded", detail: "the disk refuses to record" };
