import type { GuardStationConfiguration, InputReference, OldGrantReference, TurnstileConfiguration } from "./configuration.ts";
import { present } from "./present.ts";
import type { FileContent } from "./schema.ts";

/** Where the old system shows its grants; undefined: nowhere. */
export const oldGrantOf = (input: InputReference | undefined, grantedMeans: OldGrantReference["grantedMeans"]): OldGrantReference | undefined =>
  input && { ...input, grantedMeans };

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
    ...(turnstile.mode === "shadow" && {
      shadow: {
        ...present("entry", oldGrantOf(turnstile.old_grant_entry, turnstile.old_grant_means)),
        ...present("exit", oldGrantOf(turnstile.old_grant_exit, turnstile.old_grant_means)),
      },
    }),
  };
}

/** `[[guard_station]]` with what belongs to it. */
export function guardStationOf(station: FileContent["guard_station"][number], content: FileContent): GuardStationConfiguration {
  const own = <Row extends { readonly station: string }>(rows: readonly Row[]): readonly Row[] => rows.filter((row) => row.station === station.id);
  const reasons = own(content.guard_reason).map(({ reason, input, key }) => ({ reason, ...present("input", input), ...present("key", key) }));
  return {
    id: station.id,
    sessionMs: station.session_s * 1_000,
    holdMs: station.hold_s * 1_000,
    reasonRequired: station.reason_required && reasons.length > 0,
    reasonMs: station.reason_s * 1_000,
    buttons: own(content.guard_button).map(({ does, door, input, pressed_means: pressedMeans }) => ({ does, door, input, pressedMeans })),
    reasons,
  };
}
