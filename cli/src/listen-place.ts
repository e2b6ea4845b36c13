import type { ListenPlace } from "@portico/cloud-sync";

/** Reads `host:port`, `[address]:port` for IPv6; port 0 takes any that is free. Undefined: it is none. */
export function placeOf(text: string): ListenPlace | undefined {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}
