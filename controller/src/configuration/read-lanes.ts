import type { TurnstileConfiguration } from "./configuration.ts";
import { present } from "./read-hardware.ts";
import type { FileContent } from "./schema.ts";

/** `[[turnstile]]` as the controller takes it. */
export function turnstileOf(turnstile: FileContent["turnstile"][number]): TurnstileConfiguration {
  return {
    id: turnstile.id,
    gate: turnstile.gate,
    style: turnstile.style,
    ...present("entry", turnstile.entry),
    ...present("exit", turnstile.exit),
    ...present("passEntry", turnstile.pass_entry),
    ...present("passExit", turnstile.pass_exit),
    ...present("fire", turnstile.fire),
    ...present("ready", turnstile.ready),
    readyMeans: turnstile.ready_means,
    notReadyAfterMs: turnstile.not_ready_after_ms,
    ...present("alarm", turnstile.alarm),
    alarmMeans: turnstile.alarm_means,
    pulseMs: turnstile.pulse_ms,
    passageTimeMs: turnstile.passage_time_ms,
    extendedPassageTimeMs: turnstile.extended_passage_time_ms,
    tailgateTimeMs: turnstile.tailgate_time_ms,
    partyGapMs: turnstile.party_gap_ms,
    debounceMs: turnstile.debounce_ms,
  };
}
