/** One OSDP PD. */
export interface PdRow {
  readonly id: string;
  readonly wire: string;
  readonly address: number;
  readonly health: "online" | "offline";
  /** Why it is off line, with what to do; empty while on line. */
  readonly detail: string;
  /** `secure`: under its own key. `clear`: commissioning asked for clear text. Anything else: how far the handshake has come. */
  readonly state: "lost" | "identified" | "known" | "challenged" | "proving" | "clear" | "secure";
  /** Whether a key was made for it. */
  readonly hasKey: boolean;
  /** What it says of itself; null before it was heard. `vendor`: 3 bytes of hex, an IEEE OUI. */
  readonly identity: { readonly vendor: string; readonly model: number; readonly version: number; readonly serial: number; readonly firmware: string } | null;
  /** PDCAP, as it said it. */
  readonly capabilities: readonly { readonly function: number; readonly compliance: number; readonly count: number }[];
  /** Since the start; `pollGapMsMax` of the last minute or so. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Where a PD says that it is spoken to from now on. */
export interface PdCommunication {
  readonly id: string;
  readonly wire: string;
  readonly address: number;
  readonly baud: number;
}

/** What went over an OSDP line. */
export interface LineTrace {
  readonly frames: readonly {
    /** Unix time in milliseconds, by this computer's clock. */ readonly atMs: number;
    readonly direction: "command" | "reply";
    readonly bytes: string;
  }[];
  readonly counts: Readonly<Record<string, number>>;
}
