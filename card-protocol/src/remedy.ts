import type { DenyReason } from "./deny-reason.ts";
import { SUSPENSION_REASONS, type SuspensionReason } from "./suspension-reason.ts";

/** What helps whoever stands before a door that said no. */
export interface RemedyRow {
  /** One sentence to them. */
  readonly en: string;
  readonly zh: string;
  /** Whose matter it is: the credential's (the campus card's own case category), or the place's that refused. */
  readonly matter: "credential" | "place";
}

/** What helps, said to the person; what a technician does stands in `DENY_REASON`. Keys are for programs: sentences may change, keys do not. */
export const REMEDY = {
  RefreshCode: { matter: "credential", en: "Refresh the code and scan again.", zh: "请刷新二维码后重试。" },
  SetClock: { matter: "credential", en: "Set the phone's clock to automatic, then scan again.", zh: "请将手机时间设为自动后重试。" },
  AnswerChallenge: { matter: "place", en: "Scan the reader's challenge in the app and show the answer.", zh: "请用小程序扫描读头上的动态码，再出示应答码。" },
  UseCardOrGuard: { matter: "place", en: "Use the physical card, or ask the guard.", zh: "请使用实体卡，或联系值班人员。" },
  UseAnotherWay: { matter: "place", en: "Use another entrance, or ask the guard.", zh: "请走其他入口，或联系值班人员。" },
  WaitAndRetry: { matter: "place", en: "Wait a moment, then scan again.", zh: "请稍候再刷。" },
  LeaveFirst: { matter: "place", en: "Leave through a reader first, or ask the guard.", zh: "请先刷卡离开，或联系值班人员。" },
  BringSecondPerson: { matter: "place", en: "Present a second authorised person's credential within the time.", zh: "请在限时内由第二位授权人员刷卡。" },
  IdentifyOtherwise: {
    matter: "place",
    en: "Identify as the reader asks for now, for example by card and PIN.",
    zh: "请按此处当前要求验证，例如刷卡并输入密码。",
  },
  TryPinAgain: {
    matter: "place",
    en: "Show the credential and enter the PIN again; after too many wrong tries it is locked out for a while.",
    zh: "请重新刷卡并输入密码，多次错误将暂时锁定。",
  },
  ComeInTime: { matter: "place", en: "Come back at a time that is allowed.", zh: "请在允许的时段再来。" },
  AskForAccess: { matter: "place", en: "Ask whoever is responsible for the place for access.", zh: "请向该场所的负责人申请通行权限。" },
  TellTechnician: { matter: "place", en: "Ask the guard; the door has to be looked at.", zh: "请联系值班人员，门禁需要检修。" },
  EnrolPhoneAnew: { matter: "credential", en: "Enrol the phone anew in the app.", zh: "请在小程序中重新启用手机二维码。" },
  GetCredential: { matter: "credential", en: "Ask whether the credential was issued and is known here.", zh: "请核实凭证是否已发放并在此处登记。" },
  RenewCredential: { matter: "credential", en: "Ask for it to be renewed.", zh: "请申请延期或换发。" },
  ReturnLostCard: {
    matter: "credential",
    en: "Take back the loss in the app if the card is found; else have a new one issued.",
    zh: "如已找回，请在小程序中解挂；否则请补办新卡。",
  },
  AskForUnfreezing: {
    matter: "credential",
    en: "Ask for unfreezing by a case; a physical card that is not itself frozen goes on working.",
    zh: "请提交工单申请解冻；未被冻结的实体卡仍可使用。",
  },
  AskWhySuspended: {
    matter: "credential",
    en: "Ask why it is suspended; enrolling a phone anew lifts it where the phone was lost.",
    zh: "请询问暂停原因；如因手机挂失，重新启用手机即可恢复。",
  },
  TopUp: { matter: "credential", en: "Top up.", zh: "请充值。" },
} as const satisfies Readonly<Record<string, RemedyRow>>;
export type Remedy = keyof typeof REMEDY;
/** All of them, in the table's order. */
export const REMEDIES = Object.keys(REMEDY) as readonly Remedy[] as readonly [Remedy, ...Remedy[]];

/** What helps against each reason, where its detail says nothing nearer. */
const AGAINST = {
  PassMalformed: "RefreshCode",
  ClockUntrusted: "UseCardOrGuard",
  PassNotYetValid: "SetClock",
  PassExpired: "RefreshCode",
  ChallengeRequired: "AnswerChallenge",
  CredentialNotFound: "GetCredential",
  SignatureInvalid: "RefreshCode",
  PassKindNotTaken: "EnrolPhoneAnew",
  InvalidIdentifierValue: "TellTechnician",
  CredentialNotEnabled: "AskWhySuspended",
  CredentialNotActive: "ComeInTime",
  CredentialExpired: "RenewCredential",
  PassReplayed: "RefreshCode",
  ListStale: "UseCardOrGuard",
  AccessPointDisabled: "UseAnotherWay",
  Unauthorized: "AskForAccess",
  NotPermittedAtThisTime: "ComeInTime",
  RecognitionMethodNotTaken: "IdentifyOtherwise",
  InvalidPIN: "TryPinAgain",
  SecondPersonRequired: "BringSecondPerson",
  DoorBlocked: "UseAnotherWay",
  LockedDown: "UseAnotherWay",
  Interlock: "WaitAndRetry",
  LaneNotReady: "UseAnotherWay",
  AntipassbackViolated: "LeaveFirst",
  OccupancyExceeded: "WaitAndRetry",
  InsufficientFunds: "TopUp",
  Other: "TellTechnician",
} as const satisfies Readonly<Record<DenyReason, Remedy>>;

/** What helps against a credential that is not enabled, by why it is not. */
const AGAINST_SUSPENSION = {
  CredentialLost: "ReturnLostCard",
  CredentialStolen: "ReturnLostCard",
  CredentialDamaged: "RenewCredential",
  CredentialDestroyed: "RenewCredential",
  CredentialInactivity: "RenewCredential",
  CredentialBlocked: "AskWhySuspended",
  CredentialLockedOut: "AskWhySuspended",
  CredentialRenewalNeeded: "RenewCredential",
  Frozen: "AskForUnfreezing",
  Suspended: "AskWhySuspended",
} as const satisfies Readonly<Record<SuspensionReason, Remedy>>;

/** What helps against a refusal. @param detail  as the decision told it: of a credential that is not enabled, why */
export function remedyAgainst(reason: DenyReason, detail = ""): Remedy {
  const suspension = reason === "CredentialNotEnabled" ? SUSPENSION_REASONS.find((word) => word === detail) : undefined;
  return suspension === undefined ? AGAINST[reason] : AGAINST_SUSPENSION[suspension];
}
