/** Pause between two polls, where none is given. Source: SIA OSDP 2.2 §5.7. */
export const POLL_MS = 50;
/** How long a command is tried: a second for somebody at a door is long. */
export const COMMAND_PATIENCE_MS = 1_000;
/** A PD that is not there is asked so often: one that boots is on line within 2 s. */
export const PROBE_MS = 500;
/** A PD whose session was refused is tried again so often. */
export const REFUSED_WAIT_MS = 2_000;
