/** The part of firmata-io 2.3 that this driver uses; the package ships no types. */
declare module "firmata-io" {
  import type { EventEmitter } from "node:events";

  export interface FirmataTransport extends EventEmitter {
    write(bytes: Uint8Array, onWritten: () => void): void;
  }

  export class Firmata extends EventEmitter {
    constructor(transport: FirmataTransport);
    readonly MODES: { readonly INPUT: number; readonly OUTPUT: number; readonly ANALOG: number; readonly PULLUP: number };
    readonly isReady: boolean;
    readonly versionReceived: boolean;
    readonly firmware: { readonly name?: string };
    /** One per pin of the board, filled by the capability reply. `state` and `mode` are as the board last reported or we last asked. */
    readonly pins: { readonly supportedModes: readonly number[]; readonly mode?: number; readonly state?: number }[];
    /** The pin of each analog channel. */
    readonly analogPins: number[];
    /** What was last written to, or read from, each group of eight pins. */
    readonly ports: number[];
    /** The message being received. */
    readonly buffer: number[];
    readonly reportVersionTimeoutId: NodeJS.Timeout;
    pinMode(pin: number, mode: number): void;
    digitalWrite(pin: number, value: 0 | 1): void;
    reportDigitalPin(pin: number, value: 0 | 1): void;
    sysexCommand(message: readonly number[]): void;
  }

  const bindTransport: { readonly Firmata: typeof Firmata };
  export default bindTransport;
}
