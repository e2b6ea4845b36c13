/** `[[printer]]`: a queue of a print server that holds its jobs. */
export interface PrinterConfiguration {
  readonly id: string;
  /** `ipp://print.example.edu/printers/findme`. */
  readonly uri: string;
  /** Whom requests are from. */
  readonly user: string;
  /** Absent: no password is sent. */
  readonly passwordFile?: string;
  /** PEM; absent: the system's authorities. */
  readonly certificateAuthorityFile?: string;
  /** Whose account is whose: absolute path of a CSV file. */
  readonly accountsFile: string;
  readonly sideFen: number;
  readonly colourSideFen: number;
  /** What is held for, of one copy, where the pages cannot be counted. */
  readonly uncountedPages: number;
  readonly documentBytesMax: number;
}

/** `[[release_station]]` */
export interface ReleaseStationConfiguration {
  readonly id: string;
  readonly printer: string;
  /** How long somebody stays signed in. */
  readonly sessionMs: number;
  /** `release-all`: a scan prints everything that is held for its holder, for a station without a screen. */
  readonly onScan: "list" | "release-all";
}
