/** A port of an address. */
export interface Ipv4Place {
  /** Digits and dots. */
  readonly address: string;
  /** 1..65535. */
  readonly port: number;
}

/**
 * Reads `192.168.10.20:60000`.
 *
 * @param presetPort  taken where none is written; absent: one must be
 * @returns undefined for what is no such place
 */
export function ipv4Place(text: string, presetPort?: number): Ipv4Place | undefined {
  const [, address, port] = /^(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (address === undefined || address.split(".").some((part) => Number(part) > 255)) return undefined;
  const number = port === undefined ? presetPort : Number(port);
  return number === undefined || number < 1 || number > 65_535 ? undefined : { address, port: number };
}
