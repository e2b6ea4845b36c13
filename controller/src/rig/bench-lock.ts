import { type LockAuditRow, type LockRefusal, monotonicMs, type UnixSeconds } from "@portico/card-protocol";
import {
  type DeviceHealth,
  listeners,
  ROOM_LOCK_FEATURES,
  type RoomLock,
  type RoomLockFeature,
  type RoomLockResult,
  type RoomLockState,
  type UnlockWish,
} from "@portico/firmware-ts";

/** How a lock on the bench answers what is named so: by a refusal of its own, or not at all. */
type Trouble = LockRefusal | "TimedOut" | "Superseded";

const ONLINE: DeviceHealth = { kind: "online" };

/** A room lock without a wire, that says what it was asked and answers as it is told. */
export class BenchLock implements RoomLock {
  readonly id: string;
  readonly features: ReadonlySet<RoomLockFeature>;
  health: DeviceHealth = ONLINE;
  held: RoomLockState = { bolt: "locked", batteryPercent: 90, clock: undefined, listVersion: 0, denyVersion: 0, cardKeyGeneration: 0, auditSeq: 0, pins: [], fingers: [], lockedOutS: 0 }; // prettier-ignore
  lastState: RoomLockState | undefined;
  log: readonly LockAuditRow[] = [];
  /** What it was asked, in order: `state`, `setPin 7 v1`. */
  asked: string[] = [];
  /** By the name of what is asked. */
  readonly troubles = new Map<string, Trouble>();
  lastWish: UnlockWish | undefined;
  lists: Uint8Array[] = [];
  sets: Uint8Array[] = [];
  keys: Uint8Array[] = [];
  readonly #healths = listeners<[DeviceHealth]>();
  readonly #states = listeners<[RoomLockState]>();

  constructor(id = "room-301", features: readonly RoomLockFeature[] = ROOM_LOCK_FEATURES) {
    this.id = id;
    this.features = new Set(features);
  }

  onHealth = this.#healths.add;
  onState = this.#states.add;

  become(health: "online" | "offline"): void {
    this.health = health === "online" ? ONLINE : { kind: "offline", error: "TimedOut", detail: "out of reach", since: monotonicMs(0) };
    this.#healths.tell(this.health);
  }

  unlock(wish: UnlockWish): Promise<RoomLockResult> {
    this.lastWish = wish;
    return this.#ask("unlock", "", () => ({ bolt: "unlocked" }));
  }
  secure = (): Promise<RoomLockResult> => this.#ask("secure", "", () => ({ bolt: "locked" }));
  async state(): Promise<RoomLockResult<{ readonly state: RoomLockState }>> {
    const asked = await this.#ask("state", "", () => ({}));
    if (!asked.ok) return asked;
    this.lastState = this.held;
    this.#states.tell(this.held);
    return { ok: true, state: this.held };
  }
  setClock = (clock: UnixSeconds): Promise<RoomLockResult> => this.#ask("setClock", "", () => ({ clock }));
  setPin = ({ holder, version }: { readonly holder: number; readonly version: number }): Promise<RoomLockResult> =>
    this.#ask("setPin", `${holder} v${version}`, ({ pins }) => ({ pins: [...pins.filter((pin) => pin.holder !== holder), { holder, version }] }));
  erasePin = ({ holder, version }: { readonly holder: number; readonly version: number }): Promise<RoomLockResult> =>
    this.#ask("erasePin", `${holder} v${version}`, ({ pins }) => ({ pins: pins.filter((pin) => pin.holder !== holder) }));
  enrolFinger = ({ slot, holder }: { readonly slot: number; readonly holder: number }): Promise<RoomLockResult> =>
    this.#ask("enrolFinger", `${slot} of ${holder}`, ({ fingers }) => ({ fingers: [...fingers, { slot, holder }] }));
  eraseFinger = (slot: number): Promise<RoomLockResult> =>
    this.#ask("eraseFinger", `${slot}`, ({ fingers }) => ({ fingers: fingers.filter((finger) => finger.slot !== slot) }));
  applyList = (record: Uint8Array): Promise<RoomLockResult> =>
    this.#ask("applyList", "", ({ listVersion }) => (this.lists.push(record), { listVersion: listVersion + 1 }));
  applyDenySet = (record: Uint8Array): Promise<RoomLockResult> =>
    this.#ask("applyDenySet", "", ({ denyVersion }) => (this.sets.push(record), { denyVersion: denyVersion + 1 }));
  setCardKey = (key: Uint8Array, cardKeyGeneration: number): Promise<RoomLockResult> =>
    this.#ask("setCardKey", `${cardKeyGeneration}`, () => (this.keys.push(key), { cardKeyGeneration }));
  async readAudit(after: number, rowsMax: number): ReturnType<RoomLock["readAudit"]> {
    const asked = await this.#ask("readAudit", `${after}`, () => ({}));
    if (!asked.ok) return asked;
    return { ok: true, rows: this.log.filter(({ seq }) => seq > after).slice(0, rowsMax), firstSeq: this.log[0]?.seq ?? 0, lastSeq: this.log.at(-1)?.seq ?? 0 };
  }
  close = (): Promise<void> => Promise.resolve();

  #ask(name: string, of: string, done: (held: RoomLockState) => Partial<RoomLockState>): Promise<RoomLockResult> {
    this.asked.push(of === "" ? name : `${name} ${of}`);
    const trouble = this.troubles.get(name);
    if (trouble === "TimedOut" || trouble === "Superseded") return Promise.resolve({ ok: false, error: trouble, detail: `${name}: ${trouble}` });
    if (trouble !== undefined) return Promise.resolve({ ok: false, error: "Refused", refusal: trouble, detail: `${name}: ${trouble}` });
    this.held = { ...this.held, ...done(this.held) };
    return Promise.resolve({ ok: true });
  }
}
