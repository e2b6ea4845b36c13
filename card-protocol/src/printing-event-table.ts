import type { EventRow } from "./event-field.ts";

/**
 * The events of release stations: what was printed for whom, and what it cost. A job is named by the printer's number alone: what a document is called says what
 * somebody prints, and is never asked for. Part of the one table: event-table.ts.
 */
export const PRINTING_EVENT = {
  PrintReleased: {
    severity: "notice",
    en: "The holder of credential {credential} released job {job} of {printer} at {station}: {sides} sides, for which {heldFen} fen are held. Hold {hold}.",
    zh: "凭证 {credential} 的持有人在 {station} 释放了 {printer} 的作业 {job}：{sides} 面，预扣 {heldFen} 分。预扣号 {hold}。",
    fields: { station: "source", credential: "credential", printer: "text", job: "u32", sides: "u32", heldFen: "u32", hold: "hex" },
  },
  PrintRefused: {
    severity: "notice",
    en: "The holder of credential {credential} could not release job {job} of {printer} at {station}: {detail}.",
    zh: "凭证 {credential} 的持有人未能在 {station} 释放 {printer} 的作业 {job}：{detail}。",
    fields: { station: "source", credential: "credential", printer: "text", job: "u32", detail: "text" },
  },
  PrintSettled: {
    severity: "notice",
    en: "{printer} printed job {job} for the holder of credential {credential}: {sides} sides are charged, {amountFen} fen. Hold {hold}.",
    zh: "{printer} 已为凭证 {credential} 的持有人打印作业 {job}：计费 {sides} 面，{amountFen} 分。预扣号 {hold}。",
    fields: { printer: "source", credential: "credential", job: "u32", sides: "u32", amountFen: "u32", hold: "hex" },
  },
  PrintVoided: {
    severity: "notice",
    en: "Nothing of job {job} of {printer} was printed for the holder of credential {credential}, and nothing is charged: {detail}. Hold {hold}.",
    zh: "{printer} 未为凭证 {credential} 的持有人打印作业 {job}，不计费：{detail}。预扣号 {hold}。",
    fields: { printer: "source", credential: "credential", job: "u32", detail: "text", hold: "hex" },
  },
  PrintReview: {
    severity: "warning",
    en: "Job {job} of {printer} for the holder of credential {credential} did not come to its end: {detail}; {heldFen} fen stay held until somebody says what was printed. Hold {hold}.",
    zh: "{printer} 为凭证 {credential} 的持有人打印的作业 {job} 未完成：{detail}；预扣的 {heldFen} 分保留，待人工核定实际打印数。预扣号 {hold}。",
    fields: { printer: "source", credential: "credential", job: "u32", detail: "text", heldFen: "u32", hold: "hex" },
  },
  PrintReviewed: {
    severity: "notice",
    en: "{by} found that {sides} sides of job {job} of {printer} were printed for the holder of credential {credential}: {amountFen} fen; reason: {reason}. Hold {hold}.",
    zh: "{by} 核定 {printer} 的作业 {job} 为凭证 {credential} 的持有人打印了 {sides} 面，计 {amountFen} 分；原因：{reason}。预扣号 {hold}。",
    fields: { printer: "source", credential: "credential", job: "u32", sides: "u32", amountFen: "u32", by: "text", reason: "text", hold: "hex" },
  },
  PrintCancelled: {
    severity: "notice",
    en: "The holder of credential {credential} cancelled job {job} of {printer} at {station}.",
    zh: "凭证 {credential} 的持有人在 {station} 取消了 {printer} 的作业 {job}。",
    fields: { station: "source", credential: "credential", printer: "text", job: "u32" },
  },
  PrinterFault: {
    severity: "alarm",
    en: "{printer} does not print: {detail}.",
    zh: "{printer} 无法打印：{detail}。",
    fields: { printer: "source", detail: "text" },
  },
  PrinterReady: {
    severity: "notice",
    en: "{printer} prints again.",
    zh: "{printer} 恢复打印。",
    fields: { printer: "source" },
  },
} as const satisfies Record<string, EventRow>;
