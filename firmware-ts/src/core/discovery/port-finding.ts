/** Something on a port that was recognised, and how it has to be spoken to. `baud` undefined: a gateway, which has its own. */
export type PortFinding = { readonly baud: number | undefined } & (
  | { readonly kind: "modbus-rtu"; readonly unit: number; readonly relays: number; readonly inputs: number }
  | { readonly kind: "osdp"; readonly address: number; readonly check: "crc" | "checksum"; readonly identity: OsdpPortrait | undefined; readonly capabilities: OsdpAbilities | undefined } // prettier-ignore
  | { readonly kind: "relay-avr"; readonly version: number; readonly isActiveLow: boolean }
  /** `name` of its program, as it says it: printable ASCII, at most 64 characters. */
  | { readonly kind: "firmata"; readonly name: string; readonly version: string }
  | { readonly kind: "gm65" }
  /** Somebody showed it a code or a card. What it said is not kept. */
  | { readonly kind: "scanner"; readonly terminator: "cr" | "lf" | "crlf" }
  /** Bytes came that are none of this. */
  | { readonly kind: "unknown"; readonly bytes: number }
);
export type PortFindingKind = PortFinding["kind"];

/** Who made it. */
export interface OsdpPortrait {
  /** Lower-case hex of the IEEE OUI. */
  readonly vendor: string;
  readonly model: number;
  readonly serial: number;
  readonly firmware: string;
}

/** What a PD says that it has. */
export interface OsdpAbilities {
  readonly readers: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly hasAes: boolean;
}
