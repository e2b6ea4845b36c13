import { bytesToHex, describeEvent, EVENT, eventSource } from "@portico/card-protocol";
import type { LoggedEvent } from "../store/event-log.ts";
import type { EventLine } from "./event-rows.ts";

/** An event as the control socket and the reports tell it. One whose record cannot be read is told as such. */
export function eventLine({ seq, hash, record }: LoggedEvent): EventLine {
  if (!record.ok)
    return {
      seq,
      at: null,
      ms: 0,
      name: "Unreadable",
      source: null,
      severity: "alarm",
      text: `This record cannot be read: ${record.detail}.`,
      textZh: `此记录无法读取：${record.detail}。`,
      fields: {},
      hash: bytesToHex(hash),
    };
  const { at, ms, event } = record.value;
  const fields = Object.fromEntries(
    Object.entries<unknown>(event.fields).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? bytesToHex(value) : (value as string | number | boolean | null),
    ]),
  );
  return {
    seq,
    at,
    ms,
    name: event.name,
    source: eventSource(event),
    severity: event.drill === true ? "notice" : EVENT[event.name].severity,
    ...(event.drill === true ? { drill: true } : {}),
    text: describeEvent(event),
    textZh: describeEvent(event, "zh"),
    fields,
    hash: bytesToHex(hash),
  };
}
