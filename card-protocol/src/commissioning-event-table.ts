import { COMMISSIONING_OUTCOMES } from "./commissioning-protocol.ts";
import type { EventRow } from "./event-field.ts";

/** What is told of doors that are commissioned. Part of the one table: event-table.ts. */
export const COMMISSIONING_EVENT = {
  DoorCommissioned: {
    severity: "notice",
    en: "{by} commissioned {door}: {outcome}; {passed} steps passed, {skipped} were left out, {failed} failed. Protocol {protocol}.",
    zh: "{by} 调试了 {door}：{outcome}；通过 {passed} 步，跳过 {skipped} 步，失败 {failed} 步。记录 {protocol}。",
    fields: {
      door: "source",
      by: "text",
      outcome: COMMISSIONING_OUTCOMES,
      passed: "u32",
      skipped: "u32",
      failed: "u32",
      configurationHash: "hex",
      protocol: "hex",
    },
  },
} as const satisfies Record<string, EventRow>;
