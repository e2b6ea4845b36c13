/** IANA's port for IPP, in clear and with TLS. RFC 8010 §5, RFC 7472. */
const IPP_PORT = 631;

/** Where a printer's HTTP is. */
export interface PrinterPlace {
  /** `http://host:631/printers/findme`. */
  readonly url: string;
  readonly isSecure: boolean;
}

/** The HTTP address of an `ipp://` or `ipps://` URI (RFC 3510 §3, RFC 7472 §4.3); undefined for anything else. */
export function printerPlace(uri: string): PrinterPlace | undefined {
  const [, scheme, authority, path] = /^(ipps?):\/\/([A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9a-fA-F:.]+\](?::\d{1,5})?)(\/[\x21-\x7e]*)$/.exec(uri) ?? [];
  if (scheme === undefined || authority === undefined || path === undefined || path.includes("#")) return undefined;
  const isSecure = scheme === "ipps";
  const host = /:\d+$/.test(authority) ? authority : `${authority}:${IPP_PORT}`;
  const url = `${isSecure ? "https" : "http"}://${host}${path}`;
  return URL.canParse(url) ? { url, isSecure } : undefined;
}
