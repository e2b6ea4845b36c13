/** What a phone or a reader shows when the answer is no. Source: docs/card-format.md, "No says why". */
export type Answer = "refresh" | "clock" | "not allowed" | "not now" | "frozen" | "not here yet" | "challenge";

/** One reason for a no: who defined it, which verification step gives it, what the phone hears, and what helps. */
export interface DenyReasonRow {
  /** `ONVIF` Access Control service specification, Denied reasons; `ours` where ONVIF has no word. */
  readonly source: "ONVIF" | "ours";
  /** The verification step (docs/card-format.md) that gives this reason first. */
  readonly step: number;
  readonly answer: Answer;
  /** One sentence for a technician. */
  readonly en: string;
  /** The same sentence, to be read out to the person at the door. */
  readonly zh: string;
  /** What to do next, for a technician. */
  readonly remedy: string;
  readonly remedyZh: string;
}

/**
 * Every reason why access can be denied, in precedence order: when several apply, the first is reported.
 * One table for decision core, event log, wire, CLI and docs/deny-reasons.md.
 */
export const DENY_REASON = {
  PassMalformed: {
    source: "ours",
    step: 0,
    answer: "refresh",
    en: "The scan is not a pass.",
    zh: "二维码无法识别，请刷新后重试。",
    remedy: "Refresh the code; if every phone gets this, clean the scanner and run `portico device test`.",
    remedyZh: "请刷新二维码；如所有手机均如此，请清洁扫码窗口并运行 `portico device test`。",
  },
  ClockUntrusted: {
    source: "ours",
    step: 4,
    answer: "not here yet",
    en: "The controller does not know the time, so it cannot judge a pass by its time window.",
    zh: "门禁时钟未校准，请使用实体卡或联系值班人员。",
    remedy: "Use a card or the guard; run `portico doctor` on the controller.",
    remedyZh: "请使用实体卡或联系值班人员；在控制器上运行 `portico doctor`。",
  },
  PassNotYetValid: {
    source: "ours",
    step: 4,
    answer: "clock",
    en: "The pass was signed in the future: the phone's clock is fast.",
    zh: "手机时间偏快，请校准时间后重试。",
    remedy: "Set the phone's clock to automatic.",
    remedyZh: "请将手机时间设为自动。",
  },
  PassExpired: {
    source: "ours",
    step: 4,
    answer: "refresh",
    en: "The pass is too old: a screenshot, or the phone's clock is slow.",
    zh: "二维码已过期，请刷新后重试。",
    remedy: "Refresh the code; if it repeats, set the phone's clock to automatic.",
    remedyZh: "请刷新二维码；如反复出现，请将手机时间设为自动。",
  },
  ChallengeRequired: {
    source: "ours",
    step: 5,
    answer: "challenge",
    en: "This reader asks for an answer to its challenge.",
    zh: "请按读头提示使用动态验证。",
    remedy: "Scan the reader's challenge with the app and show the answer; where the display is dark, use a card: `portico access-point list` says so.",
    remedyZh: "请用小程序扫描读头上的动态码，再出示应答码；若读头显示屏不亮，请使用实体卡：`portico access-point list` 会显示。",
  },
  CredentialNotFound: {
    source: "ONVIF",
    step: 5,
    answer: "not here yet",
    en: "This credential is not in the controller's list.",
    zh: "该凭证未在此处登记。",
    remedy: "Check that it was issued and that the list is fresh: `portico list show`.",
    remedyZh: "请核实凭证是否已发放、名单是否已更新：`portico list show`。",
  },
  SignatureInvalid: {
    source: "ours",
    step: 6,
    answer: "refresh",
    en: "The signature does not hold for this site, or its key is not trusted.",
    zh: "二维码签名无效。",
    remedy: "Refresh the code; if every pass gets this, check the trust list and the site id.",
    remedyZh: "请刷新二维码；如所有二维码均如此，请检查信任列表和站点编号。",
  },
  PassKindNotTaken: {
    source: "ours",
    step: 7,
    answer: "refresh",
    en: "The credential does not take this kind of pass: a phone with a key of its own, and a pass that was issued, for example.",
    zh: "该凭证不接受此类二维码，请刷新后重试。",
    remedy: "Refresh the code; if it repeats, enrol the phone anew in the app.",
    remedyZh: "请刷新二维码；如反复出现，请在小程序中重新启用手机二维码。",
  },
  InvalidIdentifierValue: {
    source: "ONVIF",
    step: 7,
    answer: "refresh",
    en: "The card was read, but its number does not fit the reader's card format.",
    zh: "卡号格式不符。",
    remedy: "Compare the reader's card format in portico.toml with what the reader sends.",
    remedyZh: "请核对 portico.toml 中该读头的卡格式与读头实际发送的数据。",
  },
  CredentialNotEnabled: {
    source: "ONVIF",
    step: 8,
    answer: "frozen",
    en: "The credential is frozen, suspended or reported lost.",
    zh: "凭证已停用（冻结、挂失或暂停）。",
    remedy: "Ask for unfreezing: report and repair, IT, campus card.",
    remedyZh: "请申请解冻：报事报修-IT-校园卡。",
  },
  CredentialNotActive: {
    source: "ONVIF",
    step: 8,
    answer: "not now",
    en: "The credential is not valid yet.",
    zh: "凭证尚未生效。",
    remedy: "Come back when its validity begins.",
    remedyZh: "请在有效期开始后再来。",
  },
  CredentialExpired: {
    source: "ONVIF",
    step: 8,
    answer: "not allowed",
    en: "The credential's validity has ended.",
    zh: "凭证已过有效期。",
    remedy: "Ask the card office to renew it.",
    remedyZh: "请联系校园卡部门延期。",
  },
  PassReplayed: {
    source: "ours",
    step: 9,
    answer: "refresh",
    en: "This pass, or a newer one of the same credential, was already used here.",
    zh: "二维码已使用，请刷新后重试。",
    remedy: "Refresh the code.",
    remedyZh: "请刷新二维码。",
  },
  ListStale: {
    source: "ours",
    step: 10,
    answer: "not here yet",
    en: "The controller's list is too old for this kind of access.",
    zh: "名单未及时同步，请联系值班人员。",
    remedy: "Restore the network of the controller; `portico doctor` says since when.",
    remedyZh: "请恢复控制器的网络；`portico doctor` 会显示自何时起中断。",
  },
  AccessPointDisabled: {
    source: "ours",
    step: 10,
    answer: "not now",
    en: "This access point is switched off.",
    zh: "该通道已停用。",
    remedy: "Enable it in portico.toml or use another lane.",
    remedyZh: "请在 portico.toml 中启用，或改走其他通道。",
  },
  Unauthorized: {
    source: "ONVIF",
    step: 10,
    answer: "not allowed",
    en: "No grant names this access point.",
    zh: "您没有此处的通行权限。",
    remedy: "Ask the owner of the place for access.",
    remedyZh: "请向该场所的负责人申请通行权限。",
  },
  NotPermittedAtThisTime: {
    source: "ONVIF",
    step: 10,
    answer: "not now",
    en: "A grant names this access point, but not at this time.",
    zh: "当前时段不允许通行。",
    remedy: "Come back within the schedule.",
    remedyZh: "请在允许的时段再来。",
  },
  RecognitionMethodNotTaken: {
    source: "ours",
    step: 10,
    answer: "not now",
    en: "The access point asks for another way of identifying at this time.",
    zh: "此处当前不接受此验证方式，请改用其他方式。",
    remedy: "Show what the detail names, for example the card instead of the phone.",
    remedyZh: "请按详情中列出的方式验证，例如改用实体卡。",
  },
  InvalidPIN: {
    source: "ONVIF",
    step: 10,
    answer: "not allowed",
    en: "The PIN is wrong, was not typed in time, was never set, or is locked out.",
    zh: "密码错误、超时未输入、尚未设置或已锁定。",
    remedy: "The detail says which. Try again; after too many wrong tries wait, or have it reset: `portico pin unlock`. Set one with `portico pin set`.",
    remedyZh: "详情说明是哪一种。请重试；多次输错后请等待，或用 `portico pin unlock` 解锁。用 `portico pin set` 设置密码。",
  },
  SecondPersonRequired: {
    source: "ours",
    step: 10,
    answer: "not now",
    en: "A second authorised person, or an escort, must present a credential.",
    zh: "需要第二位授权人员或陪同人员。",
    remedy: "Present the second credential within the time; an escort goes first.",
    remedyZh: "请在限时内由第二人验证；需陪同的，陪同人员先验证。",
  },
  DoorBlocked: {
    source: "ours",
    step: 10,
    answer: "not now",
    en: "The door is blocked.",
    zh: "门已被封锁。",
    remedy: "Unblock it: `portico door unlock` or `portico door lock`.",
    remedyZh: "请解除封锁：`portico door unlock` 或 `portico door lock`。",
  },
  LockedDown: {
    source: "ours",
    step: 10,
    answer: "not now",
    en: "The door is locked down.",
    zh: "门处于紧急封锁状态。",
    remedy: "Release the lock-down.",
    remedyZh: "请解除紧急封锁。",
  },
  Interlock: {
    source: "ours",
    step: 10,
    answer: "not now",
    en: "Another door of the interlock, or the lane itself, is in use.",
    zh: "通道占用中，请稍候。",
    remedy: "Wait until the other door is closed or the passage is over, then scan again.",
    remedyZh: "请等待另一扇门关闭或前一次通行结束，再重新验证。",
  },
  LaneNotReady: {
    source: "ours",
    step: 10,
    answer: "not now",
    en: "The turnstile says that it is not ready, or nobody knows whether it is.",
    zh: "闸机未就绪，请改走其他通道。",
    remedy:
      "Use another lane. Look at the lane itself: a person or a bag between its sensors, an arm that is held, a fault on its display; `portico lane list` says what it says.",
    remedyZh: "请改走其他通道，并检查闸机：红外之间有人或行李、闸臂被挡住、显示屏报故障；`portico lane list` 显示闸机上报的状态。",
  },
  AntipassbackViolated: {
    source: "ours",
    step: 10,
    answer: "not allowed",
    en: "The holder is already inside, or has left before.",
    zh: "进出记录不符：已在区域内，或已离开。",
    remedy: "Leave through a reader first, or ask the guard.",
    remedyZh: "请先经读头离开，或联系值班人员。",
  },
  OccupancyExceeded: {
    source: "ours",
    step: 10,
    answer: "not now",
    en: "The area is full.",
    zh: "区域人数已满。",
    remedy: "Wait until somebody has left.",
    remedyZh: "请等待有人离开。",
  },
  InsufficientFunds: {
    source: "ours",
    step: 10,
    answer: "not now",
    en: "The balance does not cover this.",
    zh: "余额不足。",
    remedy: "Top up.",
    remedyZh: "请充值。",
  },
  Other: {
    source: "ONVIF",
    step: 11,
    answer: "not now",
    en: "The controller could not record the passage or reach the lock, so nobody was let in.",
    zh: "门禁故障，请联系值班人员。",
    remedy: "The detail says which: free disk space, or check the power and the wire of the board; `portico doctor` and `portico device list` name the cause.",
    remedyZh: "详情说明是哪一种：清理磁盘空间，或检查控制板的供电和接线；`portico doctor` 和 `portico device list` 会指出原因。",
  },
} as const satisfies Record<string, DenyReasonRow>;

export type DenyReason = keyof typeof DENY_REASON;
/** The reasons in precedence order. */
export const DENY_REASONS = Object.keys(DENY_REASON) as readonly DenyReason[];
