import { createHmac, timingSafeEqual } from "node:crypto";
import { bytesToHex, err, ok, type RandomBytes, type Result, unixSeconds } from "@portico/card-protocol";
import type { PaymentSaid } from "../core/top-ups/judge-payment.ts";
import type { Noticed, PaymentAsked, PaymentProvider, PayParts, ProviderTrouble, RawNotice, RefundAsked, RefundSaid } from "./payment-provider.ts";

/** How a payment goes that nobody makes: as asked, another amount, not at all. */
export const SANDBOX_OUTCOMES = ["paid", "paid-less", "refused"] as const;
export type SandboxOutcome = (typeof SANDBOX_OUTCOMES)[number];

export interface SandboxProviderOptions {
  readonly nowMs: () => number;
  readonly randomBytes: RandomBytes;
  /** Default: `sandbox`. */
  readonly id?: string;
}

interface KeptPayment {
  readonly asked: PaymentAsked;
  said: PaymentSaid;
}

/** A notice is not taken behind so many seconds. */
const NOTICE_S_MAX = 300;

/**
 * A provider in memory, for sandboxes and tests: nobody pays, and whoever holds it says what has become of a payment. It signs its notices, loses answers and gives
 * money back as real ones do. No cloud that serves a campus has it: it would credit wallets for nothing.
 */
export class SandboxProvider implements PaymentProvider {
  readonly id: string;
  readonly taken = { status: 204, body: "" };
  /** It hears nothing, and answers nothing. */
  isSilent = false;
  /** It hears, and its answers are lost. */
  losesAnswers = false;
  /** It gives nothing back. */
  refusesRefunds = false;
  readonly #nowMs: () => number;
  readonly #key: Uint8Array;
  readonly #payments = new Map<string, KeptPayment>();
  readonly #refunds = new Map<string, RefundAsked>();
  #numbers = 0;

  constructor({ nowMs, randomBytes, id = "sandbox" }: SandboxProviderOptions) {
    this.id = id;
    this.#nowMs = nowMs;
    this.#key = randomBytes(32);
  }

  async begin(asked: PaymentAsked): Promise<Result<PayParts, ProviderTrouble>> {
    if (this.isSilent) return err("ProviderSilent", "it does not answer");
    const kept = this.#payments.get(asked.ref) ?? { asked, said: { kind: "waiting" } };
    this.#payments.set(asked.ref, kept);
    return this.losesAnswers ? err("ProviderSilent", "its answer is lost") : ok({ ref: asked.ref });
  }

  async look(ref: string): Promise<Result<PaymentSaid, "ProviderSilent">> {
    if (this.isSilent || this.losesAnswers) return err("ProviderSilent", "it does not answer");
    return ok(this.#payments.get(ref)?.said ?? { kind: "unknown" });
  }

  async end(ref: string): Promise<Result<null, "ProviderSilent">> {
    if (this.isSilent) return err("ProviderSilent", "it does not answer");
    const kept = this.#payments.get(ref);
    if (kept?.said.kind === "waiting") kept.said = { kind: "ended" };
    return ok(null);
  }

  async refund(asked: RefundAsked): Promise<Result<RefundSaid, "ProviderSilent">> {
    if (this.isSilent) return err("ProviderSilent", "it does not answer");
    if (this.refusesRefunds || this.#payments.get(asked.of)?.said.kind !== "paid") return ok({ kind: "refused", why: "the payment is too old" });
    this.#refunds.set(asked.ref, asked);
    return this.losesAnswers ? err("ProviderSilent", "its answer is lost") : ok({ kind: "done" });
  }

  readNotice({ header, body }: RawNotice): Result<Noticed, "NoticeForged"> {
    const [at, signature] = [header("sandbox-timestamp") ?? "", header("sandbox-signature") ?? ""];
    const [wanted, given] = [Buffer.from(this.#sign(at, body)), Buffer.from(signature)];
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return err("NoticeForged", "its signature does not hold");
    if (Math.abs(this.#nowMs() / 1000 - Number(at)) > NOTICE_S_MAX) return err("NoticeForged", "it is too old, or of a time to come");
    return ok(JSON.parse(body) as Noticed); // signed by ourselves
  }

  /** Somebody pays, pays less, or refuses to. @returns the notice of it; undefined: there is no such payment */
  settle(ref: string, outcome: SandboxOutcome): { readonly headers: Readonly<Record<string, string>>; readonly body: string } | undefined {
    const kept = this.#payments.get(ref);
    if (kept === undefined) return undefined;
    if (kept.said.kind !== "paid") {
      const amountFen = outcome === "paid-less" ? Math.max(1, kept.asked.amountFen - 1) : kept.asked.amountFen;
      const paidAt = unixSeconds(Math.floor(this.#nowMs() / 1000));
      kept.said = outcome === "refused" ? { kind: "ended" } : { kind: "paid", amountFen, number: `sandbox-${++this.#numbers}-${ref.slice(0, 8)}`, paidAt };
    }
    return this.notice({ of: "payment", ref, said: kept.said });
  }

  /** A notice, signed now. */
  notice(noticed: Noticed): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
    const [at, body] = [String(Math.floor(this.#nowMs() / 1000)), JSON.stringify(noticed)];
    return { headers: { "content-type": "application/json", "sandbox-timestamp": at, "sandbox-signature": this.#sign(at, body) }, body };
  }

  /** What it has given back so far, in the order in which it was asked. */
  get refunds(): readonly RefundAsked[] {
    return [...this.#refunds.values()];
  }

  #sign(at: string, body: string): string {
    return bytesToHex(new Uint8Array(createHmac("sha256", this.#key).update(`${at}\n${body}`).digest()));
  }
}
