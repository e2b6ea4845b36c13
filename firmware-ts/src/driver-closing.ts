import type { Clock } from "@portico/card-protocol";

/** How a driver is closed: once, within a time, and nothing of it is left when it is over. */
export interface DriverClosing {
  /** Somebody wants it closed. */
  readonly isBegun: boolean;
  /** It has let go of everything. */
  readonly isOver: boolean;
  /** For `Device.close`: asks the outputs off the first time, and resolves when it is over. */
  begin(): Promise<void>;
  /** The outputs are off, or nobody hears that they should be. Nothing before {@link begin} and the second time. */
  finish(): void;
}

/**
 * @param withinMs  after that it is over whatever the device says
 * @param askOff    asks every output off; may call `finish` at once
 * @param letGo     lets go of wire, timers and listeners
 */
export function driverClosing(options: {
  readonly clock: Pick<Clock, "after">;
  readonly withinMs: number;
  readonly askOff: () => void;
  readonly letGo: () => void;
}): DriverClosing {
  const { clock, withinMs, askOff, letGo } = options;
  let isOver = false;
  let done: Promise<void> | undefined;
  let resolve = (): void => {};
  let cancel = (): void => {};
  function finish(): void {
    if (done === undefined || isOver) return;
    isOver = true;
    cancel();
    letGo();
    resolve();
  }
  return {
    get isBegun() {
      return done !== undefined;
    },
    get isOver() {
      return isOver;
    },
    begin() {
      if (done !== undefined) return done;
      const begun = new Promise<void>((settle) => (resolve = settle));
      done = begun;
      cancel = clock.after(withinMs, finish);
      askOff();
      return begun;
    },
    finish,
  };
}
