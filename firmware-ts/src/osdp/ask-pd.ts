import { err, ok, type Result } from "@portico/card-protocol";
import type { OsdpCommand } from "../core/osdp/command.ts";
import { nakText, type OsdpReply } from "../core/osdp/reply.ts";
import { usableScbk } from "../core/osdp/session.ts";
import type { OsdpPd } from "./pd.ts";

/** Why a PD did not do what it was asked. `NotInSession` nothing was sent: it is off line, or its session is not one that this may be said in. */
export type AskError = "NotInSession" | "TimedOut" | "Disconnected" | "Refused" | "KeyUnusable";

/** How long a question waits for a session. */
const WAIT_MS_MAX = 5_000;

/** Asks a PD one thing, in turn with what else it is asked. Answers within 6 s; never rejects. */
export function askPd(pd: OsdpPd, command: OsdpCommand): Promise<Result<OsdpReply, AskError>> {
  const { clock } = pd.bus;
  return new Promise((resolve) => {
    let isSent = false;
    const end = (result: Result<OsdpReply, AskError>): void => {
      cancel();
      leave();
      resolve(result);
    };
    const cancel = clock.after(WAIT_MS_MAX, () => void (isSent || end(err("NotInSession", sessionText(pd)))));
    const leave = pd.join({
      next() {
        if (isSent) return undefined;
        isSent = true;
        return {
          command,
          settled(outcome) {
            if (outcome.kind === "silent") end(err("TimedOut", `${pd.id} did not answer`));
            else if (outcome.kind === "disconnected") end(err("Disconnected", outcome.trouble));
            else if (outcome.reply.kind === "nak") end(err("Refused", nakText(outcome.reply.reason)));
            else end(ok(outcome.reply));
          },
        };
      },
      dueAt: (now) => (isSent ? Infinity : now),
    });
  });
}

/**
 * Gives a PD a key of its own (KEYSET). Whoever calls this keeps the key first: once the PD has it nothing else opens its session.
 *
 * @param options.inClear  the key may be said in clear, for everybody on the line to hear; only where commissioning asked for just that
 */
export function giveKey(pd: OsdpPd, key: Uint8Array, { inClear = false }: { readonly inClear?: boolean } = {}): Promise<Result<OsdpReply, AskError>> {
  const usable = usableScbk(key);
  if (!usable.ok) return Promise.resolve(usable);
  if (pd.state === "secure" || (inClear && pd.state === "clear")) return askPd(pd, { kind: "keySet", key });
  return Promise.resolve(
    err("NotInSession", pd.state === "clear" ? `${pd.id} is spoken to in clear, where everybody on the line would hear its key` : sessionText(pd)),
  );
}

/**
 * Gives a PD another address and baud rate (COMSET). It answers where it is, and is found where it says from then on: whoever calls this has it spoken to there.
 *
 * @param address  0..126
 * @returns what it says it takes, which may be something else
 */
export async function setCommunication(
  pd: OsdpPd,
  { address, baud }: { readonly address: number; readonly baud: number },
): Promise<Result<{ readonly address: number; readonly baud: number }, AskError>> {
  if (pd.state !== "secure" && pd.state !== "clear") return err("NotInSession", sessionText(pd));
  const answer = await askPd(pd, { kind: "communication", address, baud });
  if (!answer.ok) return answer;
  return answer.value.kind === "communication" ? ok(answer.value) : err("Refused", `${answer.value.kind} is no answer to it`);
}

/**
 * Writes a file into a PD, part by part, as it has time for it.
 *
 * @param fragmentBytes  the longest part; the PD may ask for shorter ones
 */
export async function sendFile(pd: OsdpPd, fileType: number, content: Uint8Array, fragmentBytes = 64): Promise<Result<OsdpReply, AskError>> {
  const { clock } = pd.bus;
  let fragmentMax = fragmentBytes;
  for (let offset = 0; ;) {
    const fragment = content.subarray(offset, offset + fragmentMax);
    const answer = await askPd(pd, { kind: "fileTransfer", fileType, total: content.length, offset, fragment });
    if (!answer.ok) return answer;
    const { value } = answer;
    if (value.kind !== "fileStatus") return err("Refused", `${value.kind} is no answer to a part of a file`);
    if (value.status < 0) return err("Refused", `it ends the transfer with status ${value.status}`);
    if (value.status > 0 && offset + fragment.length >= content.length) return answer;
    offset += fragment.length;
    if (offset >= content.length && value.status === 0) return answer;
    if (value.fragmentMax > 0) fragmentMax = Math.min(fragmentMax, value.fragmentMax);
    if (value.delayMs > 0) await new Promise<void>((resolve) => void clock.after(value.delayMs, resolve));
  }
}

function sessionText({ id, health }: OsdpPd): string {
  return health.kind === "offline" ? `${id}: ${health.detail}` : `${id} has no session at the moment`;
}
