/**
 * Something that must be put right before a program can start: thrown before the loop runs, never after.
 * The command line prints its three lines and ends with 2.
 */
export class SetupError extends Error {
  override readonly name = "SetupError";
  /** What is wrong, as a sentence. */
  readonly what: string;
  /** The path, and in it the place, that it is about. */
  readonly where: string;
  /** What to do next, as a sentence; may name a command. */
  readonly remedy: string;

  /** @param options  `cause`: the error underneath, for a debugger */
  constructor(what: string, where: string, remedy: string, options?: ErrorOptions) {
    super(`${what} (${where}): ${remedy}`, options);
    this.what = what;
    this.where = where;
    this.remedy = remedy;
  }
}
