import type { Language } from "@portico/card-protocol";
import type { DisplayCharset, DisplayCommands } from "@portico/firmware-ts";

/** `[[keypad]]`: numeric keys on a serial line of its own. */
export interface KeypadConfiguration {
  readonly id: string;
  readonly wire: string;
}

/** `[[display]]`: a display of 2 × 20 characters on a serial line of its own. */
export interface DisplayConfiguration {
  readonly id: string;
  readonly wire: string;
  readonly commands: DisplayCommands;
  readonly charset: DisplayCharset;
  /** Chinese needs the charset for it. */
  readonly language: Language;
}
