import { detailInChinese } from "./detail-in-chinese.ts";
import type { ControllerEvent } from "./event-table.ts";
import { EVENT, type EventRow, type FieldType } from "./event-table.ts";
import type { Language } from "./language.ts";

/**
 * The event as one sentence. Names that documents and programs know, such as those of reasons, are the same in every language; times are told in UTC,
 * because the sentence is kept where nobody knows the campus's zone.
 */
export function describeEvent(event: ControllerEvent, language: Language = "en"): string {
  const values = event.fields as Readonly<Record<string, unknown>>;
  const row: EventRow = EVENT[event.name];
  const sentence = `${event.drill === true ? DRILL[language] : ""}${row[language]}`;
  return sentence.replace(/\{(\w+)\}/g, (_, field: string) => {
    const [type, value] = [row.fields[field]!, values[field]];
    if (typeof value === "number" && (type === "time" || type === "time?")) return timeText(value);
    return language === "zh" ? valueZh(field, type, value) : valueEn(value);
  });
}

const DRILL: Readonly<Record<Language, string>> = { en: "Drill: ", zh: "演练：" };

/** `2026-11-28T02:18:18Z`. @param at  Unix seconds */
const timeText = (at: number): string => new Date(at * 1000).toISOString().replace(".000Z", "Z");

function valueEn(value: unknown): string {
  if (value === null) return "unknown";
  return value === "" ? "none" : `${value as string | number | boolean}`;
}

/** Texts that we write ourselves; others are of people and devices. */
const OUR_TEXTS: ReadonlySet<string> = new Set(["detail", "remedy", "cause", "from", "to"]);

function valueZh(field: string, type: FieldType, value: unknown): string {
  if (value === null) return "未知";
  if (value === "") return "无";
  if (typeof value === "boolean") return value ? "是" : "否";
  const text = `${value as string | number}`;
  if (typeof type !== "string") return wordZh(text);
  return OUR_TEXTS.has(field) ? detailInChinese(text) : text;
}

/** A word of an event's list in Chinese; what stands in none, such as a reason, is told by its name. */
export const wordZh = (word: string): string => (Object.hasOwn(WORD_ZH, word) ? WORD_ZH[word]! : word);

/** Words of events' lists. Behind what documents name stands that name. */
const WORD_ZH: Readonly<Record<string, string>> = {
  granted: "放行",
  denied: "拒绝",
  input: "旧系统触点",
  contact: "门磁",
  import: "导入的记录",
  revoked: "权限被撤销",
  opened: "外壳被打开",
  wire: "防拆线路故障",
  T: "T 码",
  H: "H 码",
  HC: "HC 码",
  card: "实体卡",
  face: "人脸",
  idcard: "身份证",
  plate: "车牌",
  timeout: "超时",
  restart: "控制器重启",
  device: "设备故障",
  superseded: "被后来的操作取代",
  complete: "全部通过",
  clean: "正常停止",
  crash: "异常退出",
  "power cut": "断电",
  entry: "进",
  exit: "出",
  person: "人工",
  fire: "火警",
  passed: "全部通过（passed）",
  incomplete: "未完成（incomplete）",
  failed: "未通过（failed）",
  presented: "再次刷卡",
  relieved: "被接班人员替换",
  time: "时间到",
  guard: "值班人员操作",
  "signed out": "已签退",
  holder: "持有人",
  reader: "读头",
  set: "设置",
  changed: "修改",
  erased: "清除",
  Unknown: "未知状态（Unknown）",
  Locked: "锁闭（Locked）",
  Unlocked: "常开（Unlocked）",
  Accessed: "放行中（Accessed）",
  Blocked: "封锁（Blocked）",
  LockedDown: "紧急封锁（LockedDown）",
  LockedOpen: "强制常开（LockedOpen）",
  DoubleLocked: "双重锁闭（DoubleLocked）",
  fresh: "最新（fresh）",
  "stale-ok": "略旧仍可用（stale-ok）",
  "stale-strict": "过旧限用（stale-strict）",
  essential: "仅限应急人员（essential）",
  expired: "失效（expired）",
  short: "短接（short）",
  cut: "断线（cut）",
  foreign: "电阻异常（foreign）",
  ReaderSilent: "读头长时间无读数（ReaderSilent）",
  ScansUnreadable: "扫码大量无法识别（ScansUnreadable）",
  ContactChattering: "触点抖动（ContactChattering）",
  ExitButtonStuck: "出门按钮卡住（ExitButtonStuck）",
  DoorHeldOften: "门经常被撑开（DoorHeldOften）",
  ClockDrifting: "时钟走偏（ClockDrifting）",
  BatteryLow: "电池电量低（BatteryLow）",
  RelayStuck: "继电器不动作（RelayStuck）",
  TrustListEnding: "信任列表即将到期（TrustListEnding）",
  NoAmount: "未输入金额（NoAmount）",
  NoLimits: "未设支付限额（NoLimits）",
  LimitsEnded: "支付限额已到期（LimitsEnded）",
  OverPerPayment: "超过单笔限额（OverPerPayment）",
  OverTotal: "超过累计限额（OverTotal）",
  OverCount: "超过次数限制（OverCount）",
  OverCeiling: "超过本终端的总额上限（OverCeiling）",
  NobodyPresent: "没有人刷卡（NobodyPresent）",
  IsbnNotItem: "这是书号，不是馆藏条码（IsbnNotItem）",
  BarcodeMalformed: "条码格式不对（BarcodeMalformed）",
  BarcodeCheckDigit: "条码校验位不对（BarcodeCheckDigit）",
  LibraryRefused: "图书馆系统拒绝（LibraryRefused）",
  LibraryUnreachable: "图书馆系统无法连接（LibraryUnreachable）",
  enrolled: "录入",
  taken: "写入门锁",
  "handed out": "导出",
  grant: "控制器放行",
  pin: "密码",
  finger: "指纹",
  key: "手机密钥",
  inside: "室内把手",
  LockedOut: "输错次数过多，暂停受理（LockedOut）",
  GrantRefused: "放行签名无效（GrantRefused）",
  ChallengeStale: "质询已过期（ChallengeStale）",
  RecordRefused: "名单签名无效（RecordRefused）",
  VersionNotNewer: "门锁已有相同或更新的版本（VersionNotNewer）",
  PinUnopened: "密封数据不属于此锁、此人或此版本（PinUnopened）",
  PinFormat: "密码须为 6 至 8 位数字（PinFormat）",
  PinNotAllowed: "密码过于简单或已被使用（PinNotAllowed）",
  SlotsFull: "门锁存储已满（SlotsFull）",
  SlotTaken: "该槽位已有他人指纹（SlotTaken）",
  FingerTimedOut: "未按时按指纹（FingerTimedOut）",
  FingerUnreadable: "指纹无法识别（FingerUnreadable）",
  FingerKnown: "该指纹已录入（FingerKnown）",
  HolderNotListed: "不在门锁名单中（HolderNotListed）",
  ClockUnset: "门锁没有时间（ClockUnset）",
  BatteryDead: "电池耗尽（BatteryDead）",
  BoltJammed: "锁舌卡住（BoltJammed）",
  Busy: "正在录入指纹（Busy）",
  Unsupported: "门锁不支持（Unsupported）",
  Malformed: "门锁无法理解（Malformed）",
  "clear-text": "明文通信（clear-text）",
  "install-mode": "安装模式（install-mode）",
  "key-in-clear": "明文下发密钥（key-in-clear）",
};
