import type { Clock } from "@portico/card-protocol";

/** A code at a lock, as the platform has it. */
export interface PlatformPin {
  readonly id: number;
  readonly digits: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}
export interface PlatformFinger {
  readonly id: number;
  readonly name: string;
  readonly madeMs: number;
}
/** A record that has reached the platform. */
export interface PlatformRecord {
  readonly id: number;
  readonly type: number;
  readonly isSuccess: boolean;
  readonly username: string;
  readonly shown: string;
  readonly lockMs: number;
  readonly serverMs: number;
}

const WRONG_MAX = 5;
const LOCKED_OUT_MS = 300_000;

/** A lock of TTLock's with a gateway beside it: bolt, battery, keypad, finger reader and clock, and what reaches the platform of it. */
export class VirtualTtlock {
  readonly lockId: number;
  isGatewayBusy = false;
  battery = 80;
  bolt: "locked" | "unlocked" = "locked";
  /** 0: it does not lock by itself, as it comes out of the box. */
  autoLockS = 0;
  isPassageMode = false;
  /** It has no motor that throws its bolt from afar. */
  locksFromAfar = true;
  takesAutoLock = true;
  pinsMax = 100;
  /** How far its clock is off, + fast. */
  clockOffMs = 0;
  pins: readonly PlatformPin[] = [];
  fingers: readonly PlatformFinger[] = [];
  /** How often it was opened from afar. */
  openedFromAfar = 0;
  readonly #clock: Clock;
  #isGatewayOn = true;
  #records: PlatformRecord[] = [];
  /** What no gateway has taken away yet. */
  #waiting: Omit<PlatformRecord, "serverMs">[] = [];
  #nextId = 1_000;
  #wrong = 0;
  #lockedOutUntil = 0;
  #cancelRelock = (): void => {};

  constructor(lockId: number, clock: Clock) {
    [this.lockId, this.#clock] = [lockId, clock];
  }

  /** The gateway beside it has power and network. When they are back it brings what the lock has written meanwhile. */
  get isGatewayOn(): boolean {
    return this.#isGatewayOn;
  }

  set isGatewayOn(isOn: boolean) {
    this.#isGatewayOn = isOn;
    if (!isOn) return;
    this.#records.push(...this.#waiting.map((record) => ({ ...record, serverMs: this.nowMs })));
    this.#waiting = [];
  }

  get nowMs(): number {
    const wall = this.#clock.wall();
    if (wall === "untrusted") throw new Error("a platform knows the time");
    return wall.now * 1000;
  }

  get lockMs(): number {
    return this.nowMs + this.clockOffMs;
  }

  nextId(): number {
    return this.#nextId++;
  }

  /** Draws the bolt; it is thrown again by the lock itself, if it is set so. */
  draw(): void {
    this.bolt = "unlocked";
    this.#cancelRelock();
    if (this.autoLockS > 0 && !this.isPassageMode)
      this.#cancelRelock = this.#clock.after(this.autoLockS * 1000, () => {
        this.bolt = "locked";
        this.#note(45, true, "", "");
      });
  }

  throwBolt(): void {
    this.#cancelRelock();
    this.bolt = "locked";
  }

  openFromAfar(username: string): void {
    this.openedFromAfar++;
    this.draw();
    this.#note(12, true, username, "");
  }

  /** Somebody types digits. @returns whether it opened */
  typePin(digits: string): boolean {
    if (this.#clock.monotonic() < this.#lockedOutUntil) return false;
    const found = this.pins.find((pin) => pin.digits === digits && pin.startMs <= this.lockMs && this.lockMs < pin.endMs);
    this.#note(4, found !== undefined, found?.name ?? "", digits);
    if (found !== undefined) {
      this.#wrong = 0;
      this.draw();
      return true;
    }
    if (++this.#wrong >= WRONG_MAX) {
      this.#wrong = 0;
      this.#lockedOutUntil = this.#clock.monotonic() + LOCKED_OUT_MS;
      this.#note(48, true, "", "");
    }
    return false;
  }

  /** Somebody lays a finger on. @returns whether it opened */
  layFinger(id: number): boolean {
    const found = this.fingers.find((finger) => finger.id === id);
    this.#note(8, found !== undefined, found?.name ?? "", `${id}`);
    if (found !== undefined) this.draw();
    return found !== undefined;
  }

  /** Somebody with the maker's app stands before it and enrols a finger under a name. */
  enrolByApp(name: string): number {
    const finger = { id: this.nextId(), name, madeMs: this.nowMs };
    this.fingers = [...this.fingers, finger];
    return finger.id;
  }

  openFromInside(): void {
    this.#note(32, true, "", "");
  }

  /** What the platform was given by now, the newest first. */
  records(): readonly PlatformRecord[] {
    return [...this.#records].sort((a, b) => b.lockMs - a.lockMs);
  }

  #note(type: number, isSuccess: boolean, username: string, shown: string): void {
    const record = { id: this.nextId(), type, isSuccess, username, shown, lockMs: this.lockMs };
    if (this.isGatewayOn) this.#records.push({ ...record, serverMs: this.nowMs });
    else this.#waiting.push(record);
  }
}
