import { type AddressObject, simpleParser } from "mailparser";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { SMTPServer } from "smtp-server";

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
      onData: (stream, _, answer) => void this.#take(stream, answer),
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

  async #take(stream: Readable, answer: (trouble: Error | null) => void): Promise<void> {
    const { messageId = "", from, to, subject = "", text = "", headers } = await simpleParser(stream);
    const trouble = this.#next("DATA");
    if (trouble !== null) return answer(trouble);
    const [recipient, autoSubmitted] = [(to as AddressObject | undefined)?.text ?? "", headers.get("auto-submitted")];
    this.received.push({ messageId, from: from?.text ?? "", to: recipient, subject, text, autoSubmitted: typeof autoSubmitted === "string" ? autoSubmitted : "" }); // prettier-ignore
    answer(this.#next("answer lost"));
  }

  #next(at: SmtpFault["at"]): Error | null {
    const fault = this.faults[0];
    if (fault?.at !== at) return null;
    this.faults.shift();
    return withCode(fault.code, fault.text);
  }
}

const withCode = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });
