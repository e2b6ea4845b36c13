import { detailInChinese, type Language } from "@portico/card-protocol";
import type { ControllerReport } from "@portico/controller";
import { filled } from "./terminal.ts";
import { timeText } from "./time-text.ts";

/** One line for a person who watches a controller: when, where, what. @param zone  of the site; named once, at the start */
export function reportText(report: ControllerReport, zone?: string, language: Language = "en"): string {
  if (language === "zh") return reportZh(report, zone);
  switch (report.kind) {
    case "started":
      return `controller ${report.controller} of ${report.site} is running: ${report.accessPoints.join(", ")}${zone === undefined ? "" : `; times in ${zone}`}`;
    case "judged": {
      const who = report.presentation === null ? "nobody" : `${report.presentation} ${report.credential ?? "unknown"}`;
      const seq = report.seq === null ? "" : `event ${report.seq}  `;
      const clock = report.phoneClockOffsetS === null ? "" : `; the phone's clock is ${clockText(report.phoneClockOffsetS)}`;
      const shadow = report.shadow ? "in shadow: would be " : "";
      const what = report.outcome === "granted" ? `granted, ${report.accessProfile}` : `refused: ${report.reason} (${report.detail})${clock}`;
      return `${momentText(report.atMs, zone)}  ${report.accessPoint}  ${who}  ${seq}${shadow}${what}`;
    }
    case "acted":
      return `${" ".repeat(23)}  ${report.accessPoint}  ${report.device} after ${report.afterMs.toFixed(1)} ms${report.frame === null ? "" : `: ${frameText(report.frame)}`}`;
    case "followed":
      return `${" ".repeat(23)}  ${report.partition}  version ${report.epoch}:${report.version} is kept, publication ${report.publish}`;
    case "event": {
      const { at, ms, seq, text } = report.event;
      return `${momentText(at === null ? null : at * 1000 + ms, zone)}  event ${seq}  ${text}`;
    }
  }
}

function reportZh(report: ControllerReport, zone: string | undefined): string {
  switch (report.kind) {
    case "started":
      return `控制器 ${report.controller}（${report.site}）已运行：${report.accessPoints.join("、")}${zone === undefined ? "" : `；时间按 ${zone}`}`;
    case "judged": {
      const { presentation, credential, seq, phoneClockOffsetS: offsetS } = report;
      const who = presentation === null ? "无凭证" : `${presentation} ${credential ?? "未知"}`;
      const clock = offsetS === null ? "" : `；手机时钟${offsetS < 0 ? "慢" : "快"} ${Math.abs(offsetS)} 秒`;
      const what = report.outcome === "granted" ? `放行，${report.accessProfile}` : `拒绝：${report.reason}，${detailInChinese(report.detail)}${clock}`;
      return `${momentText(report.atMs, zone, "zh")}  ${report.accessPoint}  ${who}  ${seq === null ? "" : `事件 ${seq}  `}${what}`;
    }
    case "acted":
      return `${" ".repeat(23)}  ${report.accessPoint}  ${report.device}，${report.afterMs.toFixed(1)} 毫秒后${report.frame === null ? "" : `：${frameText(report.frame)}`}`;
    case "followed":
      return `${" ".repeat(23)}  ${report.partition}  已保存版本 ${report.epoch}:${report.version}，发布 ${report.publish}`;
    case "event": {
      const { at, ms, seq, textZh } = report.event;
      return `${momentText(at === null ? null : at * 1000 + ms, zone, "zh")}  事件 ${seq}  ${textZh}`;
    }
  }
}

/** `01 05 02 00 00 03 8D B1`, as a line monitor shows it. */
export const frameText = (hex: string): string => (hex.toUpperCase().match(/../g) ?? []).join(" ");

/** `62 s slow`. */
export const clockText = (offsetS: number): string => (offsetS < 0 ? `${-offsetS} s slow` : `${offsetS} s fast`);

function momentText(atMs: number | null, zone: string | undefined, language: Language = "en"): string {
  if (atMs === null) return filled({ en: "clock unknown", zh: "时钟未知" }[language], 23);
  return `${timeText(Math.floor(atMs / 1000), zone)}.${String(atMs % 1000).padStart(3, "0")}`;
}
