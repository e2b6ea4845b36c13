import { type AddressObject, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import type { AddressInfo } from "node:net";

/** A mail as its reader sees it. */
export interface ReceivedMail {
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly autoSubmitted: string;
}

/** What the server says to the next recipient, or to the next mail's content. */
export interface SmtpFault {
  readonly at: "RCPT" | "DATA" | "answer lost";
  readonly code: number;
  readonly text: string;
}

/** A mail server on loopback that nobody of us wrote, with a mailbox for every address. */
export class MailStandIn {
  readonly received: ReceivedMail[] = [];
  readonly faults: SmtpFault[] = [];
  readonly #server: SMTPServer;

  private constructor(login: { readonly user: string; readonly password: string }) {
    this.#server = new SMTPServer({
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
      logger: false,
      onAuth: ({ username, password }, _, answer) =>
        username === login.user && password === login.password ? answer(null, { user: username }) : answer(withCode(535, "authentication failed")),
      onRcptTo: (_, __, answer) => answer(this.#next("RCPT")),
      onData: (stream, _, answer) => {
        void simpleParser(stream).then(({ messageId = "", from, to, subject = "", text = "", headers }) => {
          const trouble = this.#next("DATA");
          if (trouble !== null) return answer(trouble);
          const recipient = (to as AddressObject | undefined)?.text ?? "";
          this.received.push({ messageId, from: from?.text ?? "", to: recipient, subject, text, autoSubmitted: String(headers.get("auto-submitted")) });
          answer(this.#next("answer lost"));
        });
      },
    });
    this.#server.on("error", () => {}); // clients that go away
  }

  static async start(login: { readonly user: string; readonly password: string }): Promise<MailStandIn> {
    const standIn = new MailStandIn(login);
    await new Promise<void>((resolve) => standIn.#server.listen(0, "127.0.0.1", resolve));
    return standIn;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** Subjects as a mailbox shows them: a Message-ID that comes again is the same mail. */
  get mailbox(): string[] {
    return [...new Map(this.received.map(({ messageId, subject }) => [messageId, subject])).values()];
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #next(at: SmtpFault["at"]): Error | null {
    const fault = this.faults[0];
    if (fault?.at !== at) return null;
    this.faults.shift();
    return withCode(fault.code, fault.text);
  }
}

const withCode = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });
