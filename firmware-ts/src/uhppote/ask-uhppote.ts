import type { Clock } from "@portico/card-protocol";
import { decodeReply, type UhppoteReply } from "../core/uhppote/reply.ts";
import { encodeRequest, type UhppoteRequest } from "../core/uhppote/request.ts";
import type { DatagramLink } from "./datagram-link.ts";

const REPLY_MS = 500;
const ATTEMPTS_MAX = 3;

/** Whom to ask, without a driver: for a technician's command. */
export interface AskedBoard {
  readonly link: DatagramLink;
  /** 0: whoever hears it. */
  readonly serial: number;
  readonly after: Clock["after"];
}

/** One question, asked up to three times. Not for opening doors: a repeated question to open opens again. @returns undefined where nobody answers */
export async function askUhppote<const R extends UhppoteRequest>(
  { link, serial, after }: AskedBoard,
  request: R,
): Promise<Extract<UhppoteReply, { readonly kind: R["kind"] }> | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const reply = await new Promise<UhppoteReply | undefined>((resolve) => {
      const settle = (found: UhppoteReply | undefined): void => {
        cancel();
        close();
        resolve(found);
      };
      const cancel = after(REPLY_MS, () => settle(undefined));
      const close = link.ask(encodeRequest(serial, request), (bytes) => {
        const heard = decodeReply(bytes);
        if (heard !== undefined && heard.serial === serial && heard.reply.kind === request.kind) settle(heard.reply);
      });
    });
    if (reply !== undefined) return reply as Extract<UhppoteReply, { readonly kind: R["kind"] }>;
  }
  return undefined;
}

/** A board that answered to a call to all. */
export type FoundUhppote = Extract<UhppoteReply, { readonly kind: "device" }> & { readonly serial: number };

/** Asks every board that hears it for its name, and waits. @returns each once, by its number */
export function findUhppotes({ link, after }: Omit<AskedBoard, "serial">, waitMs: number): Promise<FoundUhppote[]> {
  const found = new Map<number, FoundUhppote>();
  return new Promise((resolve) => {
    const close = link.ask(encodeRequest(0, { kind: "device" }), (bytes) => {
      const heard = decodeReply(bytes);
      if (heard?.reply.kind === "device") found.set(heard.serial, { ...heard.reply, serial: heard.serial });
    });
    after(waitMs, () => {
      close();
      resolve([...found.values()].sort((a, b) => a.serial - b.serial));
    });
  });
}
