/** `2026-11-24 08:30:05` in this computer's zone; `clock unknown` where the controller did not know the time. */
export function timeText(at: number | null, zone?: string): string {
  if (at === null) return "clock unknown";
  const parts = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", ...(zone === undefined ? {} : { timeZone: zone }) });
  return parts.format(at * 1000);
}

/** `5s`, `3m 12s`, `2h 5m`, `4d 3h`: the two largest units that matter. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
  return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`;
}
