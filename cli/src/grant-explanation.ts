import type { CredentialKind, Language } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { checkLines } from "./check-text.ts";
import { timeOrLimit, validityText } from "./cloud-verb.ts";
import { printable } from "./terminal.ts";
import { whomText } from "./why-words.ts";

export type GrantExplanation = RouteAnswer<"GET /v1/explain">;

/** Why somebody may pass or not: what gives and what withholds, every check of each credential, and whom to ask. */
export function explanationLines(name: string, told: GrantExplanation, language: Language): readonly string[] {
  return (language === "zh" ? linesZh(name, told) : linesEn(name, told)).map(printable);
}

function linesEn(name: string, { at, accessPoint, grants, withholdings, credentials, notKnown }: GrantExplanation): string[] {
  return [
    `${name} at ${accessPoint}, ${timeOrLimit(at)}`,
    "",
    ...(grants.length === 0 ? ["no grant reaches the person there"] : []),
    ...grants.map(
      ({ grant, source, accessProfile, schedule, validity }) =>
        `grant ${grant}: from ${source.kind} ${source.id}, by ${accessProfile}, schedule ${schedule}, ${validityText(validity)}`,
    ),
    ...withholdings.map(
      ({ grant, source, grantedBy, by, validity, holds }) =>
        `grant ${grant} withholds${holds ? "" : ", at another time"}: from ${source.kind} ${source.id}, given by ${grantedBy}, by ${by}, ${validityText(validity)}`,
    ),
    ...credentials.flatMap(({ credential, kind, outcome, reason, help, checks }) => [
      "",
      `${kind} ${credential}: ${outcome}${reason === null ? ", as far as the cloud can know" : `, ${reason}`}`,
      ...checkLines(checks, "en"),
      ...(help === null ? [] : [`read out: ${help.zh}`, `whom to ask: ${whomText(help)}`]),
    ]),
    ...(credentials.length === 0 ? ["", "the person has no credential"] : []),
    "",
    `only the door knows: ${notKnown.join("; ")}`,
  ];
}

function linesZh(name: string, { at, accessPoint, grants, withholdings, credentials, notKnownZh }: GrantExplanation): string[] {
  return [
    `${name}，门禁点 ${accessPoint}，${timeOrLimit(at)}`,
    "",
    ...(grants.length === 0 ? ["此人在此处没有任何授权"] : []),
    ...grants.map(
      ({ grant, source, accessProfile, schedule, validity }) =>
        `授权 ${grant}：来源 ${source.kind} ${source.id}，权限组 ${accessProfile}，时段 ${schedule}，${validityText(validity, "zh")}`,
    ),
    ...withholdings.map(
      ({ grant, source, grantedBy, by, validity, holds }) =>
        `禁止 ${grant}${holds ? "" : "（在其他时间）"}：来源 ${source.kind} ${source.id}，由 ${grantedBy} 设置，范围 ${by}，${validityText(validity, "zh")}`,
    ),
    ...credentials.flatMap(({ credential, kind, outcome, reason, help, checks }) => [
      "",
      `${KIND_ZH[kind]} ${credential}：${outcome === "granted" ? "允许通行（以云端所知为限）" : `拒绝通行，${reason}`}`,
      ...checkLines(checks, "zh"),
      ...(help === null ? [] : [`处理：${help.zh}`, `联系：${whomText(help, "zh")}`]),
    ]),
    ...(credentials.length === 0 ? ["", "此人没有凭证"] : []),
    "",
    `仅门端可知：${notKnownZh.join("；")}`,
  ];
}

const KIND_ZH: Readonly<Record<CredentialKind, string>> = {
  qr: "二维码",
  card: "实体卡",
  pin: "密码",
  finger: "指纹",
  face: "人脸",
  idcard: "身份证",
  plate: "车牌",
};

/** Why nothing opens, what helps against the first reason that was found, and whom to ask. */
export function refusalWords({ withholdings, credentials, help }: GrantExplanation, language: Language): { readonly what: string; readonly next: string } {
  const isWithheld = withholdings.some(({ holds }) => holds);
  const what = {
    en: isWithheld ? "a grant withholds it from this person there" : "nothing of this person opens there",
    zh: isWithheld ? "有一项授权禁止此人在此处通行" : "此人的凭证在此处均不能通行",
  }[language];
  if (help === null || credentials.length === 0)
    return { what, next: { en: "portico credential shows how to give one", zh: "portico credential 说明如何发放凭证" }[language] };
  return { what, next: { en: `${help.en} Whom to ask: ${whomText(help)}`, zh: `${help.zh}联系：${whomText(help, "zh")}` }[language] };
}
