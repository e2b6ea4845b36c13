import type { EventRow } from "./event-field.ts";
import { INPUT_FAULTS } from "./input-fault.ts";
import { READER_CONCESSIONS, READER_REFUSALS } from "./reader-security.ts";

/** What is done to devices and wires, and how readers are spoken to. Part of the one table: event-table.ts. */
export const DEVICE_EVENT = {
  DeviceTamper: {
    severity: "alarm",
    en: "The case or the power of {device} changed; opened: {tamper}, without mains: {powerFailure}.",
    zh: "设备 {device} 的外壳或供电状态变化；被打开：{tamper}，市电中断：{powerFailure}。",
    fields: { device: "source", tamper: "boolean", powerFailure: "boolean" },
  },
  InputFault: {
    severity: "alarm",
    en: "The wire of {use} (input {input} of {device}) is faulted: {fault}; {remedy}.",
    zh: "{use} 的线路（{device} 的输入 {input}）故障：{fault}；{remedy}。",
    fields: { device: "source", input: "u32", use: "text", fault: INPUT_FAULTS, remedy: "text" },
  },
  InputFaultCleared: {
    severity: "notice",
    en: "The wire of {use} (input {input} of {device}) is whole again.",
    zh: "{use} 的线路（{device} 的输入 {input}）恢复正常。",
    fields: { device: "source", input: "u32", use: "text" },
  },
  ReaderRefused: {
    severity: "warning",
    en: "{device} is not spoken to: {refusal} ({detail}).",
    zh: "不与读头 {device} 通信：{refusal}（{detail}）。",
    fields: { device: "source", refusal: READER_REFUSALS, detail: "text" },
  },
  ReaderConceded: {
    severity: "warning",
    en: "{device} is spoken to as commissioning asked for in so many words: {concession}.",
    zh: "按调试时的明确要求与读头 {device} 通信：{concession}。",
    fields: { device: "source", concession: READER_CONCESSIONS },
  },
  ReaderKeySet: {
    severity: "notice",
    en: "{by} gave {device} a key of its own.",
    zh: "{by} 为读头 {device} 设置了专用密钥。",
    fields: { device: "source", by: "text" },
  },
  ReaderAddressed: {
    severity: "notice",
    en: "{by} has {device} take address {address} on its line, at {baud} baud.",
    zh: "{by} 将读头 {device} 的总线地址设为 {address}，波特率 {baud}。",
    fields: { device: "source", by: "text", reason: "text", address: "u32", baud: "u32" },
  },
} as const satisfies Record<string, EventRow>;
