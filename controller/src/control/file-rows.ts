/** A folder of list files on the controller's machine, as an absolute path. */
export interface ListFolder {
  readonly folder: string;
}

/** A feed file on the controller's machine, as an absolute path. */
export interface FeedFilePath {
  readonly file: string;
}

/** What was taken from a signed file. */
export interface ConfigurationTaken {
  readonly epoch: number;
  readonly number: number;
  /** SHA-256 of its text, lower-case hex: what ControllerStarted names once it runs. */
  readonly hash: string;
  /** The configuration file, and the one before it. */
  readonly file: string;
  readonly former: string;
  /** The controller runs on it already. */
  readonly isInForce: boolean;
}
