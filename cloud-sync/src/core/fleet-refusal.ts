import type { RefusalRow } from "./refusal-row.ts";

/** How controllers, their feed and their enrolment are refused: part of the table of all refusals. */
export const FLEET_REFUSAL = {
  FeedUnsigned: {
    status: 409,
    title: "Nothing signs the feed now",
    zh: "目前没有密钥为名单签名。请根密钥持有人把云端密钥加入信任列表，用途为 feed 和 time。",
    remedy: "Have the root holders put the cloud's key into a trust list, with usages feed and time.",
  },
  ControllerUnknown: { status: 404, title: "No such controller", zh: "没有该控制器。请列出控制器。", remedy: "List the controllers." },
  ConfigurationUnknown: {
    status: 404,
    title: "No configuration was planned for this controller",
    zh: "该控制器没有计划中的配置。请先制定：portico site plan push。",
    remedy: "Plan one: portico site plan push.",
  },
  EnrolmentUnknown: {
    status: 404,
    title: "No such enrolment waits",
    zh: "没有等待中的该项登记。请在设备上重新申请：portico controller enroll。",
    remedy: "Ask again at the machine: portico controller enroll.",
  },
  AlreadyEnrolled: {
    status: 409,
    title: "The controller is enrolled with this key already",
    zh: "该控制器已用此密钥登记。请启动它：portico controller run。",
    remedy: "Start it: portico controller run.",
  },
  WordsDiffer: {
    status: 422,
    title: "The machine shows other words",
    zh: "设备显示的词语不同。请在设备旁重新读出六个词；如仍不同，说明中间有人介入，请拒绝。",
    remedy: "Have the six words read out at the machine again. If they stay different, somebody stands in between: refuse it.",
  },
  TooManyAsk: {
    status: 503,
    title: "Too many ask at once who have yet to show who they are",
    zh: "同时等待验证身份的请求过多。请先处理等待中的请求，或等其过期，再重试。",
    remedy: "Decide about those that wait, or let them run out, then ask again.",
  },
  TokenRefused: {
    status: 401,
    title: "The token is nobody's, or has ended",
    zh: "令牌无效或已过期。请重新出示控制器密钥：先取质询，再取令牌。",
    remedy: "Show the controller's key again: challenge, then token.",
  },
  PartitionForbidden: {
    status: 403,
    title: "The controller does not follow this zone",
    zh: "该控制器不接收此区域的名单。请在云端把区域加给控制器。",
    remedy: "Add the zone to the controller in the cloud.",
  },
  ChunkUnknown: {
    status: 404,
    title: "No snapshot that is kept has this chunk",
    zh: "现存快照中没有该数据块。请重新请求名单：其清单列出当前的数据块。",
    remedy: "Ask for the feed again: its manifest names the chunks of now.",
  },
  ComeBackLater: {
    status: 503,
    title: "Too many ask for whole lists at once",
    zh: "同时请求完整名单的设备过多。请按 Retry-After 头的时间重试。",
    remedy: "Come back when the header Retry-After says.",
  },
} as const satisfies Record<string, RefusalRow>;
