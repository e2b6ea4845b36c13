/**
 * Why an OSDP reader (PD) is not spoken to, or no longer believed. One table: the session machine, the event log and docs/osdp.md bear these words.
 *
 * `DefaultKeyOffered` it stands in install mode and answers with SCBK-D, which everybody knows · `SecureChannelUnsupported` it says that it has no AES-128,
 * though a key was made for it · `KeyMissing` no key was made for it · `KeyWrong` its cryptogram is of another key · `KeyNotAccepted` it does not take the
 * panel's · `ClearTextReply` an answer without MAC in a secure session · `MacWrong` an answer whose MAC does not hold · `ReplyMalformed` an answer that none
 * may be · `SessionLost` it says itself that it knows of no session: it was restarted.
 */
export const READER_REFUSALS = [
  "DefaultKeyOffered",
  "SecureChannelUnsupported",
  "KeyMissing",
  "KeyWrong",
  "KeyNotAccepted",
  "ClearTextReply",
  "MacWrong",
  "ReplyMalformed",
  "SessionLost",
] as const;
/** See {@link READER_REFUSALS}. */
export type ReaderRefusal = (typeof READER_REFUSALS)[number];

/** What commissioning asked for in so many words, and what no reader is spoken to with otherwise. */
export const READER_CONCESSIONS = ["clear-text", "install-mode", "key-in-clear"] as const;
/** See {@link READER_CONCESSIONS}. */
export type ReaderConcession = (typeof READER_CONCESSIONS)[number];
