import type { RandomBytes, UnixSeconds } from "@portico/card-protocol";
import type { Wire } from "@portico/firmware-ts";
import type { SerialPortSeen } from "@portico/firmware-ts/discovery";
import type { GattAdapter } from "@portico/firmware-ts/ble-lock";
import type { DatagramLink } from "@portico/firmware-ts/uhppote";
import type { Terminal } from "./terminal.ts";

/** Everything that a command takes from the computer that it runs on. The real one is made in main.ts. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** All of standard input as text. */
  readonly input: () => Promise<string>;
  /** The next line that somebody types; undefined at the end of what they type. Absent where nobody types: standard input is no terminal. */
  readonly typedLine: (() => Promise<string | undefined>) | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from. */
  readonly workingFolder: string;
  /** The folder of the checkout that the command runs from; undefined when it is installed. */
  readonly checkout: string | undefined;
  /** Login name of whoever types: the `by` of an act. */
  readonly user: string;
  readonly now: () => UnixSeconds;
  /** Calls back once, not before `delayMs`. Returns the cancel function. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  readonly randomBytes: RandomBytes;
  /** One HTTP request; rejects where nobody answers. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** The serial ports that this machine has. */
  readonly serialPorts: () => Promise<readonly SerialPortSeen[]>;
  /** A serial port of this machine, to be opened at any rate, or `host:port` of a gateway, which has its own. The wire goes on trying until it is closed. */
  readonly serialPort: (path: string) => Promise<(baud: number) => Wire>;
  /** A way to a device on the network, or to all that hear it. */
  readonly datagrams: (place: { readonly address: string; readonly port: number; readonly isBroadcast: boolean }) => Promise<DatagramLink>;
  /** A Bluetooth adapter of this machine, as BlueZ names it; whoever asks closes it. */
  readonly bluetooth: (name: string) => Promise<GattAdapter>;
  /** Aborted by Ctrl-C: whoever waits or shows something live ends then, and that end is a good one. */
  readonly interrupted: AbortSignal;
  /** Where the files of the system are looked up, `/` but in tests. */
  readonly systemRoot: string;
}

/** Waits; false when Ctrl-C came first. */
export function elapsed({ after, interrupted }: Pick<Surroundings, "after" | "interrupted">, delayMs: number): Promise<boolean> {
  return new Promise((done) => {
    if (interrupted.aborted) return done(false);
    const onAbort = (): void => {
      cancel();
      done(false);
    };
    const cancel = after(delayMs, () => {
      interrupted.removeEventListener("abort", onAbort);
      done(true);
    });
    interrupted.addEventListener("abort", onAbort, { once: true });
  });
}
