import type { Transporter } from "nodemailer";
import type { MessageCarrier, OutgoingMessage, SendOutcome } from "./outbox-sender.ts";

/** The mail server that takes the campus's mail, and in whose name it is sent. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `tls`: from the first byte (RFC 8314). `starttls`: demanded before anything is said. `none`: on this machine alone. */
  readonly security: "tls" | "starttls" | "none";
  /** PEM of who has signed the server's certificate, where no authority that Node knows has. */
  readonly certificateAuthority?: string;
  readonly login?: { readonly user: string; readonly password: string };
  /** Name and address of the sender: `Campus Service Desk`. */
  readonly from: { readonly name: string; readonly address: string };
}

/** A server that does not answer by then is tried again. */
const ANSWER_WITHIN_MS = 30_000;

/**
 * Sends mail by SMTP (RFC 5321). The Message-ID is made of the message's id: sent twice it is the same mail. Of refusals those of the recipient or of the
 * content for good (5yz to RCPT or DATA) end it; whatever concerns the server, the log-in or the sender is the campus's to mend, and is tried again.
 */
export class SmtpCarrier implements MessageCarrier {
  readonly #settings: SmtpSettings;
  #transport: Promise<Transporter> | undefined;

  constructor(settings: SmtpSettings) {
    this.#settings = settings;
  }

  async send({ id, kind, address, subject, text }: OutgoingMessage): Promise<SendOutcome> {
    const { from } = this.#settings;
    const messageId = `<${id}@${from.address.slice(from.address.lastIndexOf("@") + 1)}>`;
    try {
      const transport = await (this.#transport ??= transportTo(this.#settings));
      // RFC 3834: no machine answers to it.
      const headers = { "Auto-Submitted": "auto-generated", "X-Portico-Kind": kind };
      await transport.sendMail({ from, to: { name: "", address }, subject, text, messageId, headers, disableFileAccess: true, disableUrlAccess: true });
      return { kind: "taken" };
    } catch (error) {
      return outcomeOf(error as SmtpError, address);
    }
  }

  close(): void {
    void this.#transport?.then((transport) => transport.close());
    this.#transport = undefined;
  }
}

/** What nodemailer says of a failure. */
interface SmtpError {
  readonly message?: string;
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

function outcomeOf({ message = "", code = "", command = "", responseCode, response }: SmtpError, address: string): SendOutcome {
  const said = (response ?? message).replaceAll(address, "…").replaceAll(/\s+/g, " ").slice(0, 200);
  const isOfMessage = command === "RCPT TO" || command === "DATA" || code === "EENVELOPE" || code === "EMESSAGE";
  const isForGood = responseCode !== undefined && responseCode >= 500 && isOfMessage && command !== "MAIL FROM";
  if (isForGood) return { kind: "never", problem: said };
  const where = command === "" || command === "CONN" ? "the mail server" : `the mail server, at ${command},`;
  return { kind: "later", problem: responseCode === undefined ? `${where} cannot be reached: ${said}` : `${where} says ${said}` };
}

async function transportTo({ host, port, security, certificateAuthority, login }: SmtpSettings): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    pool: true,
    maxConnections: 4,
    connectionTimeout: ANSWER_WITHIN_MS,
    greetingTimeout: ANSWER_WITHIN_MS,
    socketTimeout: ANSWER_WITHIN_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: { minVersion: "TLSv1.2", ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }) },
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password } }),
  });
}
