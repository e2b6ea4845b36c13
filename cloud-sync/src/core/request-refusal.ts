import type { RefusalRow } from "./refusal-row.ts";

/** How a request is refused before anything is looked at, and what every route may say: part of the table of all refusals. */
export const REQUEST_REFUSAL = {
  RequestMalformed: { status: 400, title: "A field is wrong", zh: "字段有误。请更正所列字段。", remedy: "Mend the fields that are named." },
  SignatureMissing: {
    status: 401,
    title: "The request is not signed",
    zh: "请求未签名。请按 docs/api.md 签名（RFC 9421）。",
    remedy: "Sign it as docs/api.md says (RFC 9421).",
  },
  SignatureRefused: {
    status: 401,
    title: "The signature does not hold",
    zh: "签名无效。请检查密钥编号、时钟、签名覆盖的部分和内容摘要。",
    remedy: "Check key id, clock, covered components and content digest.",
  },
  NonceReused: {
    status: 401,
    title: "The request was sent before",
    zh: "该请求已发送过。请为每个请求使用新的随机数签名。",
    remedy: "Sign each request with a nonce of its own.",
  },
  ScopeMissing: {
    status: 403,
    title: "The key may not do this",
    zh: "该密钥无权执行此操作。请向管理员申请所列权限。",
    remedy: "Ask an administrator for the scope that is named.",
  },
  RouteUnknown: {
    status: 404,
    title: "There is nothing here",
    zh: "此处没有内容。可用路径见 GET /v1/openapi.json。",
    remedy: "GET /v1/openapi.json lists the routes.",
  },
  MethodRefused: {
    status: 405,
    title: "This path does not take that method",
    zh: "该路径不接受此方法。请使用 Allow 头中的方法。",
    remedy: "Use a method of the header Allow.",
  },
  BodyTooLarge: {
    status: 413,
    title: "The body is too large",
    zh: "请求内容过大。每次最多 1 MiB，较长的名单请分批发送。",
    remedy: "Send at most 1 MiB; larger lists in parts.",
  },
  ContentTypeRefused: {
    status: 415,
    title: "The body is not said to be what the route takes",
    zh: "请求内容的类型不符。请使用 content-type: application/json；路径另有说明时用 application/x-ndjson。",
    remedy: "Send content-type: application/json; application/x-ndjson where the route says so.",
  },
  KeyTaken: {
    status: 409,
    title: "This public key is known already",
    zh: "该公钥已登记。请生成新的密钥对：一把密钥只属于一个调用方，撤销后也不能再用。",
    remedy: "Make a new key pair: a key belongs to one caller, also when it is revoked.",
  },
  KeyUnknown: { status: 404, title: "No such key", zh: "没有该密钥。请列出密钥。", remedy: "List the keys." },
  IdempotencyKeyReused: {
    status: 409,
    title: "This Idempotency-Key stands for another request",
    zh: "该 Idempotency-Key 已用于另一请求。请为每个请求使用新的键；重发时内容须完全相同。",
    remedy: "Make a new key for each request; send a request again exactly as it was.",
  },
  AnswerUnknown: {
    status: 409,
    title: "The first request with this Idempotency-Key was cut off",
    zh: "使用该 Idempotency-Key 的首个请求被中断。请先确认是否已完成，再用新的键请求。",
    remedy: "Look whether it was done, then ask with a new key.",
  },
  IdTaken: {
    status: 409,
    title: "The id stands for something else",
    zh: "该编号已代表其他内容。请换一个编号，或原样重发。",
    remedy: "Choose another id, or send the same content again.",
  },
  StillInUse: { status: 409, title: "Something still names it", zh: "仍有内容引用它。请先移除所列内容。", remedy: "Remove first what is named." },
  ReasonRequired: {
    status: 422,
    title: "This needs a reason",
    zh: "此操作须说明原因。请在 Portico-Reason 头中说明（百分号编码的 UTF-8）。",
    remedy: "Say why in the header Portico-Reason (percent-encoded UTF-8).",
  },
  NotificationsGone: {
    status: 409,
    title: "What was missed is no longer kept",
    zh: "错过的通知已不再保留。请将自己的记录与名单核对，再从所列编号继续。",
    remedy: "Compare your own records with the lists, then go on from the number that is named.",
  },
  WebhookUnknown: { status: 404, title: "No such webhook", zh: "没有该 webhook。请列出 webhook。", remedy: "List the webhooks." },
  Unexpected: {
    status: 500,
    title: "A mistake in the cloud itself",
    zh: "云端自身出错。请报告回答中的编号，云端日志另有说明。",
    remedy: "Report the id of this answer: the cloud's log says more under it.",
  },
} as const satisfies Record<string, RefusalRow>;
