import { type Clock, LOCK_REFUSAL, type LockRule, type Random, unixSeconds } from "@portico/card-protocol";
import { wholeOf } from "../core/ttlock/index.ts";
import type { DeviceHealth } from "../device.ts";
import { listeners } from "../listeners.ts";
import type { RoomLock, RoomLockFeature, RoomLockResult, RoomLockState } from "../room-lock.ts";
import { lockAsking, refusedBy, resultOf } from "./lock-asking.ts";
import { lockEntries, notAccepted } from "./lock-entries.ts";
import { lockHabits } from "./lock-habits.ts";
import { lockRecords } from "./lock-records.ts";
import type { PlatformAccount, PlatformTrouble } from "./platform-account.ts";
import { turns } from "./turns.ts";

export interface TtlockLockOptions {
  readonly id: string;
  /** The platform's number of the lock. */
  readonly lockId: number;
  /** Shared by all locks of it; its owner closes it. */
  readonly account: PlatformAccount;
  /** Rules that the operator has agreed not to keep here: PINs ask for 14.1 and 14.4, fingers for 14.2 and 14.4. */
  readonly accepts: ReadonlySet<LockRule>;
  /** Opens what was sealed to the key that stands for this lock's: the digits, which are forgotten when they are handed on. Undefined: it does not open. */
  readonly openPin: (place: { readonly holder: number; readonly version: number }, sealed: Uint8Array) => string | undefined;
  /** So long the bolt stays drawn: the lock's own setting, in whole seconds, the same for everybody. */
  readonly holdMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** How often it looks after a lock that nobody asks anything: default ten minutes. The account's calls and the lock's battery pay for it. */
  readonly checkEveryMs?: number;
}

/** Behind this a person has tried another way. */
const UNLOCK_MS = 8_000;
const CHECK_EVERY_MS = 600_000;
/** A lock that was lost is looked for sooner: nobody is let in there meanwhile. */
const LOST_CHECK_MS_MIN = 15_000;
const LOST_CHECK_MS_MAX = 60_000;
const ALWAYS: readonly RoomLockFeature[] = ["audit", "clock"];

/**
 * A lock behind TTLock's open platform (通通锁), through a gateway or its own network. What it cannot keep of our rules stands in `RULES_NOT_KEPT` of
 * card-protocol. An opening is sent once: where its answer is lost the platform's log tells. What is set is known by its name at the platform, so that an answer
 * that is lost sets nothing twice.
 */
export function ttlockLock(options: TtlockLockOptions): RoomLock {
  const { id, lockId, account, accepts, openPin, holdMs, clock, random, checkEveryMs = CHECK_EVERY_MS } = options;
  const healths = listeners<[DeviceHealth]>();
  const states = listeners<[RoomLockState]>();
  const features = new Set<RoomLockFeature>(ALWAYS);
  if (accepts.has("14.1") && accepts.has("14.4")) features.add("sealedPin");
  if (accepts.has("14.2") && accepts.has("14.4")) features.add("finger");
  let health: DeviceHealth = { kind: "offline", error: "TimedOut", detail: "the platform has not answered yet", since: clock.monotonic() };
  let lastState: RoomLockState | undefined;
  let isClosed = false;
  let cancelCheck = (): void => {};
  let lostChecks = 0;
  /** The newest wish of the bolt: an unlock that is not the newest any more is not sent. */
  let wish = 0;
  let endPause = (): void => {};
  /** PINs up to these versions were erased. */
  const erased = new Map<number, number>();
  const atBolt = turns(1);
  const calm = turns(1);
  const asking = lockAsking({ account, lockId, clock, onHeard: toOnline, onTrouble: toOffline });
  const entries = lockEntries(id, asking, clock);
  const habits = lockHabits(asking, clock, Math.ceil(holdMs / 1000));
  const records = lockRecords(asking, clock);
  checkIn(random() * LOST_CHECK_MS_MIN);

  function checkIn(ms: number): void {
    cancelCheck();
    if (!isClosed) cancelCheck = clock.after(ms, () => void check());
  }

  async function check(): Promise<void> {
    if (health.kind === "online") await state();
    else await calm(() => asking.reach("/v3/lock/queryOpenState", {}, { isRepeatable: true }));
    lostChecks = health.kind === "online" ? 0 : lostChecks + 1;
    const lost = Math.min(LOST_CHECK_MS_MIN * 2 ** Math.min(lostChecks - 1, 8), LOST_CHECK_MS_MAX);
    checkIn(health.kind === "online" ? checkEveryMs : Math.min(lost, checkEveryMs));
  }

  function toOnline(): void {
    if (health.kind === "online" || isClosed) return;
    health = { kind: "online" };
    healths.tell(health);
  }

  function toOffline({ error, detail }: PlatformTrouble): void {
    const before = health;
    health = { kind: "offline", error, detail, since: before.kind === "offline" ? before.since : clock.monotonic() };
    if (before.kind !== "online" || isClosed) return;
    healths.tell(health);
    checkIn(LOST_CHECK_MS_MIN);
  }

  const closed = { ok: false, error: "Disconnected", detail: `${id}: closed` } as const;
  const cannot = (what: string): Promise<RoomLockResult> => Promise.resolve({ ok: false, error: "Unsupported", detail: `${id}: ${what}` });
  const superseded = { ok: false, error: "Superseded", detail: `${id}: something newer is wished` } as const;
  const inTurn = <T extends RoomLockResult>(run: () => Promise<T>): Promise<T | typeof closed> =>
    calm(async (): Promise<T | typeof closed> => (isClosed ? closed : run()));

  /** Waits, unless something more urgent comes or it is over: false. */
  const pauseIn = (begun: number) => (ms: number) =>
    new Promise<boolean>((resolve) => {
      const end = (): void => {
        cancel();
        endPause = () => {};
        resolve(wish === begun && !isClosed);
      };
      const cancel = clock.after(wish === begun ? ms : 0, end);
      endPause = end;
    });

  async function stateNow(): Promise<RoomLockResult<{ readonly state: RoomLockState }>> {
    const failed = (reply: Parameters<typeof resultOf>[1]) => resultOf(id, reply) as Extract<RoomLockResult, { readonly ok: false }>;
    const bolt = await asking.reach("/v3/lock/queryOpenState", {}, { isRepeatable: true });
    if (!bolt.ok) return failed(bolt);
    const told = await habits.look();
    if (!told.ok) return failed(told);
    const askedAt = clock.monotonic();
    const time = await asking.reach("/v3/lock/queryDate", {}, { isRepeatable: true });
    // A gateway takes its time: the lock was asked half way between question and answer.
    const readAt = (askedAt + clock.monotonic()) / 2;
    if (!time.ok) return failed(time);
    const [pins, fingers, newest] = [await entries.pins(), await entries.fingers(), await records.newest()];
    if (!pins.ok) return failed(pins);
    if (!fingers.ok) return failed(fingers);
    if (!newest.ok) return failed(newest);
    const [opened, atMs] = [wholeOf(bolt.body, "state"), wholeOf(time.body, "date")];
    const state: RoomLockState = {
      // Unknown is never good: a bolt of which nothing is known is not locked.
      bolt: opened === 0 ? "locked" : "unlocked",
      batteryPercent: told.batteryPercent,
      clock: atMs === undefined ? undefined : unixSeconds(Math.floor((atMs + clock.monotonic() - readAt) / 1000)),
      listVersion: 0,
      denyVersion: 0,
      cardKeyGeneration: 0,
      auditSeq: newest.row,
      pins: pins.found,
      fingers: fingers.found,
      lockedOutS: 0,
    };
    return { ok: true, state };
  }

  /** What nobody has agreed to is taken away again: the configuration may have been another. */
  async function withoutUnaccepted(found: RoomLockState): Promise<RoomLockState> {
    let { pins, fingers } = found;
    if (!features.has("sealedPin")) pins = await keptOf(pins, ({ holder }) => entries.erasePin(holder));
    if (!features.has("finger")) fingers = await keptOf(fingers, ({ slot }) => entries.eraseFinger(slot));
    return { ...found, pins, fingers };
  }

  const state = (): Promise<RoomLockResult<{ readonly state: RoomLockState }>> =>
    inTurn(async () => {
      const result = await stateNow();
      if (!result.ok) return result;
      const found = (lastState = await withoutUnaccepted(result.state));
      if (!isClosed) states.tell(found);
      return { ok: true, state: found };
    });

  return {
    id,
    features,
    get health() {
      return health;
    },
    onHealth: healths.add,
    unlock({ holder, seq }) {
      const mine = ++wish;
      endPause();
      return atBolt(async () => {
        if (isClosed) return closed;
        if (mine !== wish) return superseded;
        const until = asking.deadline(UNLOCK_MS);
        const trouble = await habits.beforeOpening(until);
        if (trouble !== undefined) return resultOf(id, trouble);
        const answered = records.opening(seq, holder);
        const reply = await asking.reach("/v3/lock/unlock", {}, { until, isUrgent: true, isStillWished: () => mine === wish });
        answered(reply.ok || reply.kind === "lost");
        return resultOf(id, reply);
      });
    },
    secure() {
      ++wish;
      endPause();
      return atBolt(async () => (isClosed ? closed : resultOf(id, await asking.reach("/v3/lock/lock", {}, { isUrgent: true, isRepeatable: true }))));
    },
    state,
    get lastState() {
      return lastState;
    },
    onState: states.add,
    // The platform sets the time that it has: ours is within its five minutes of that, or it takes no request.
    setClock: () => inTurn(async () => resultOf(id, await asking.reach("/v3/lock/updateDate", {}, { isRepeatable: true }))),
    setPin: ({ holder, version, sealed, until }) =>
      inTurn(async () => {
        if (!features.has("sealedPin")) return notAccepted(id, "rules 14.1 and 14.4", "the platform learns PINs in clear: they are set");
        if (version <= (erased.get(holder) ?? 0)) return refusedBy(id, "VersionNotNewer", LOCK_REFUSAL.VersionNotNewer);
        const digits = openPin({ holder, version }, sealed);
        if (digits === undefined) return refusedBy(id, "PinUnopened", LOCK_REFUSAL.PinUnopened);
        return entries.setPin({ holder, version, digits, until });
      }),
    erasePin: ({ holder, version }) =>
      inTurn(async () => {
        const result = await entries.erasePin(holder);
        if (result.ok) erased.set(holder, Math.max(version, erased.get(holder) ?? 0));
        return result;
      }),
    enrolFinger: (finger) =>
      inTurn(async () => {
        if (!features.has("finger")) return notAccepted(id, "rules 14.2 and 14.4", "the maker's app enrols fingers: they are taken");
        return entries.enrolFinger(finger, pauseIn(wish));
      }),
    eraseFinger: (slot) => (features.has("finger") ? inTurn(() => entries.eraseFinger(slot)) : cannot("nobody accepts fingers here")),
    applyList: () => cannot("a lock of this platform takes no list"),
    applyDenySet: () => cannot("a lock of this platform takes no deny set"),
    setCardKey: () => cannot("a lock of this platform takes no key for cards"),
    readAudit: (after, rowsMax) =>
      inTurn(async () => {
        const page = await records.page(after, rowsMax);
        return page.ok ? page : (resultOf(id, page) as Extract<RoomLockResult, { readonly ok: false }>);
      }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      cancelCheck();
      endPause();
      await Promise.all([atBolt(() => Promise.resolve()), calm(() => Promise.resolve())]);
    },
  };
}

/** Those that could not be erased. */
async function keptOf<T>(all: readonly T[], erase: (one: T) => Promise<RoomLockResult>): Promise<readonly T[]> {
  const kept: T[] = [];
  for (const one of all) if (!(await erase(one)).ok) kept.push(one);
  return kept;
}
