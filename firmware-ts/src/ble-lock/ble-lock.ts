import {
  type AgreementKey,
  type Clock,
  type LockAbility,
  type LockAnswer,
  type LockReport,
  type LockRequest,
  monotonicMs,
  PIECE_BYTES_MAX,
  type Random,
  type RandomBytes,
  type SessionCrypto,
  type SessionParties,
  unixSeconds,
} from "@portico/card-protocol";
import type { DeviceHealth } from "../device.ts";
import { listeners } from "../listeners.ts";
import { ROOM_LOCK_FEATURES, type RoomLock, type RoomLockFeature, type RoomLockResult, type RoomLockState, type UnlockWish } from "../room-lock.ts";
import type { GattAdapter, GattTrouble } from "./gatt-link.ts";
import { isTrouble } from "./lock-conversation.ts";
import type { AskLock, JobOutcome, LockJob } from "./lock-jobs.ts";
import { lockLine } from "./lock-line.ts";
import { refusalText } from "./refusal-text.ts";

export interface BleLockOptions {
  readonly id: string;
  /** Bluetooth address, `AA:BB:CC:DD:EE:FF`. */
  readonly address: string;
  readonly parties: SessionParties;
  /** The controller's static X25519 key: that of `parties.controllerKey`. */
  readonly own: AgreementKey;
  /** Shared by all locks in its reach; its owner closes it. */
  readonly adapter: GattAdapter;
  readonly crypto: SessionCrypto;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: RandomBytes;
  /** How often it looks after a lock that nobody asks anything: default a minute. A lock's battery pays for it. */
  readonly checkEveryMs?: number;
  /** So long the connection is kept behind the last answer; default 5 s. */
  readonly idleMs?: number;
}

/** Behind this a person has tried another way. Connecting takes half a second to three. */
const UNLOCK_MS = 6_000;
const ASK_MS = 20_000;
const RECORD_MS = 60_000;
const FINGER_MS = 65_000;
const CHECK_EVERY_MS = 60_000;
const IDLE_MS = 5_000;

const FEATURES_OF: Readonly<Record<LockAbility, readonly RoomLockFeature[]>> = {
  pins: ["sealedPin"],
  fingers: ["finger"],
  list: ["list"],
  denySet: ["denySet"],
  cards: ["cardAtLock"],
};
const ALWAYS: readonly RoomLockFeature[] = ["signedGrant", "audit", "clock"];

/**
 * A room lock by the profile of docs/lock-profile.md. Connects when something is asked, and looks after the lock from time to time; each connection is a new one,
 * every call ends in time, and what may be said twice is said again over the next connection until its time is over. An unlock whose grant has been sent is never
 * sent again: its answer may be lost, the lock's log is not.
 */
export function bleLock(options: BleLockOptions): RoomLock {
  const { id, clock, checkEveryMs = CHECK_EVERY_MS, idleMs = IDLE_MS } = options;
  const healths = listeners<[DeviceHealth]>();
  const states = listeners<[RoomLockState]>();
  let health: DeviceHealth = { kind: "offline", error: "TimedOut", detail: "the lock has not answered yet", since: clock.monotonic() };
  let lastState: RoomLockState | undefined;
  let isClosed = false;
  let cancelCheck = (): void => {};
  const line = lockLine({ ...options, idleMs, onHeard: toOnline, onTrouble: toOffline });
  check();

  function check(): void {
    if (isClosed) return;
    cancelCheck = clock.after(checkEveryMs, check);
    if (line.isIdle) void state();
  }

  function toOnline(): void {
    if (health.kind === "online" || isClosed) return;
    health = { kind: "online" };
    healths.tell(health);
  }

  function toOffline({ error, detail }: GattTrouble): void {
    const before = health;
    health = { kind: "offline", error, detail, since: before.kind === "offline" ? before.since : clock.monotonic() };
    if (before.kind === "online" && !isClosed) healths.tell(health);
  }

  function job(kind: LockJob["kind"], withinMs: number, isRepeatable: boolean, talk: LockJob["talk"]): Promise<JobOutcome> {
    return new Promise((settle) => line.add({ kind, until: monotonicMs(clock.monotonic() + withinMs), isRepeatable, talk, settle }));
  }

  const once = async (request: LockRequest, withinMs: number = ASK_MS): Promise<RoomLockResult> =>
    resultOf(await job(request.kind, withinMs, true, (ask) => ask(request)));

  function resultOf(outcome: JobOutcome): RoomLockResult {
    if (outcome.kind === "failed") return outcome.result;
    const { answer } = outcome;
    if (answer.kind !== "refused") return { ok: true };
    return { ok: false, error: "Refused", refusal: answer.refusal, detail: `${id}: ${refusalText(answer)}` };
  }

  async function state(): Promise<RoomLockResult<{ readonly state: RoomLockState }>> {
    const outcome = await job("state", ASK_MS, true, (ask) => ask({ kind: "state" }));
    const result = resultOf(outcome);
    if (!result.ok || outcome.kind !== "answered" || outcome.answer.kind !== "state") return result as Extract<RoomLockResult, { ok: false }>;
    const found = stateOf(outcome.answer.report);
    lastState = found;
    if (!isClosed) states.tell(found);
    return { ok: true, state: found };
  }

  /** A record in pieces; a connection that is lost on the way begins it anew. */
  async function bring(record: 16 | 17, bytes: Uint8Array): Promise<RoomLockResult> {
    const outcome = await job("record", RECORD_MS, true, async (ask) => {
      let answer: LockAnswer | GattTrouble = { kind: "taken", bytes: 0 };
      for (let offset = 0; offset < bytes.length && !isTrouble(answer) && answer.kind === "taken"; offset += PIECE_BYTES_MAX)
        answer = await ask({ kind: "piece", record, totalBytes: bytes.length, offset, bytes: bytes.slice(offset, offset + PIECE_BYTES_MAX) });
      return answer;
    });
    return resultOf(outcome);
  }

  return {
    id,
    get health() {
      return health;
    },
    onHealth: healths.add,
    get features() {
      const can = line.make?.can;
      return new Set(can === undefined ? ROOM_LOCK_FEATURES : [...ALWAYS, ...can.flatMap((ability) => FEATURES_OF[ability])]);
    },
    async unlock(wish) {
      line.supersede("unlock", `${id}: another unlock was wished`);
      line.interrupt(`${id}: it was to be opened`);
      return resultOf(await job("unlock", UNLOCK_MS, false, (ask) => unlockBy(wish, ask)));
    },
    async secure() {
      line.supersede("unlock", `${id}: it was to be locked`);
      line.interrupt(`${id}: it was to be locked`);
      return resultOf(await job("secure", ASK_MS, true, (ask) => ask({ kind: "secure" })));
    },
    state,
    get lastState() {
      return lastState;
    },
    onState: states.add,
    async setClock(at) {
      const since = clock.monotonic();
      const passed = (): number => Math.round((clock.monotonic() - since) / 1000);
      return resultOf(await job("clock", ASK_MS, true, (ask) => ask({ kind: "clock", at: unixSeconds(at + passed()) })));
    },
    setPin: ({ holder, version, sealed }) => once({ kind: "setPin", holder, version, sealed }),
    erasePin: ({ holder, version }) => once({ kind: "erasePin", holder, version }),
    async enrolFinger({ slot, holder }, onTouch) {
      return resultOf(await job("enrolFinger", FINGER_MS, false, (ask) => ask({ kind: "enrolFinger", slot, holder }, FINGER_MS, onTouch)));
    },
    eraseFinger: (slot) => once({ kind: "eraseFinger", slot }),
    applyList: (record) => bring(16, record),
    applyDenySet: (record) => bring(17, record),
    setCardKey: (key, generation) => once({ kind: "cardKey", key, generation }),
    async readAudit(after, rowsMax) {
      const outcome = await job("audit", ASK_MS, true, (ask) => ask({ kind: "audit", after, rows: rowsMax }));
      const result = resultOf(outcome);
      if (!result.ok || outcome.kind !== "answered" || outcome.answer.kind !== "audit") return result as Extract<RoomLockResult, { ok: false }>;
      const { rows, first, last } = outcome.answer;
      return { ok: true, rows, firstSeq: first, lastSeq: last };
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      cancelCheck();
      await line.close();
    },
  };
}

/** A challenge that grew old on the way is asked for once more: a grant that the lock has refused for it has opened nothing. */
async function unlockBy(wish: UnlockWish, ask: AskLock): Promise<LockAnswer | GattTrouble> {
  let challenge = ask.takeChallenge();
  for (let tries = 1; ; tries++) {
    if (challenge === undefined) {
      const given = await ask({ kind: "challenge" });
      if (isTrouble(given) || given.kind !== "challenge") return given;
      challenge = ask.takeChallenge()!;
    }
    const answer = await ask({ kind: "unlock", grant: wish.sign(challenge) });
    if (isTrouble(answer) || answer.kind !== "refused" || answer.refusal !== "ChallengeStale" || tries === 2) return answer;
    challenge = undefined;
  }
}

/** A report's fields are those of the state. */
const stateOf = (report: LockReport): RoomLockState => report;
