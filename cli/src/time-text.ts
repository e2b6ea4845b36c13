import type { Language } from "@portico/card-protocol";
const U32_MAX = 0xffff_ffff;

/**
 * `2026-11-24 08:30:05`; `clock unknown` where the controller did not know the time, `no limit` for a validity without beginning or end.
 *
 * @param zone  default: this computer's; say which, once, with {@link zoneText}
 */
export function timeText(at: number | null, zone?: string): string {
  if (at === null) return "clock unknown";
  return at === 0 || at === U32_MAX ? "no limit" : instantText(at, zone);
}

/** `2026-11-24 08:30:05`, whatever a validity would mean by it. @param zone  as {@link timeText} has it */
export function instantText(at: number, zone?: string): string {
  const parts = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", ...(zone === undefined ? {} : { timeZone: zone }) });
  return parts.format(at * 1000);
}

/** Which zone times are told in: `Asia/Shanghai`, or that of this computer where the controller's is not known. */
export function zoneText(zone: string | undefined, language: Language = "en"): string {
  if (zone !== undefined) return zone;
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return { en: `${timeZone}, this computer's zone`, zh: `${timeZone}（本机时区）` }[language];
}

/** `5s`, `3m 12s`, `2h 5m`, `4d 3h`: the two largest units that matter. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
  return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`;
}
