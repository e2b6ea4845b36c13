import type { Names } from "../core/names.ts";
import { contactText, type WhomToAsk } from "./contact-answer.ts";
import { audiencesOf, type Login, LOGINS, type Service, type ServiceDocument } from "./service-document.ts";
import type { ServiceVerdict } from "./service-verdict.ts";

/** What is read out to somebody about a service: what he may do, for whom it is, whom to ask, and when. */
export function sentenceOf(services: ServiceDocument, service: Service, verdict: ServiceVerdict, asked: WhomToAsk): Names {
  const zh = [headZh(services, service, verdict), ...forWhom(services, service, verdict, "zh"), askZh(asked)];
  const en = [headEn(services, service, verdict), ...forWhom(services, service, verdict, "en"), askEn(asked)];
  return { zh: zh.join(""), en: en.join(" ") };
}

function headZh({ logins }: ServiceDocument, { names }: Service, verdict: ServiceVerdict): string {
  if (verdict.may === "use") return `您可以使用${names.zh}。`;
  if (verdict.may === "read") return `您可以浏览${names.zh}；如需办理，请先登录：${logins[verdict.loginNeeded].zh}。`;
  if (verdict.reason === "LoginRequired") return `${names.zh}需要登录：${logins[verdict.loginNeeded].zh}。`;
  if (verdict.reason === "ServiceWithheld") return `您的${names.zh}权限现被停用。`;
  return `您不在${names.zh}的服务对象之内。`;
}

function headEn({ logins }: ServiceDocument, { names }: Service, verdict: ServiceVerdict): string {
  if (verdict.may === "use") return `You may use ${names.en}.`;
  if (verdict.may === "read") return `You may look at ${names.en}; to do anything there log in first: ${logins[verdict.loginNeeded].en}.`;
  if (verdict.reason === "LoginRequired") return `${names.en} needs a login: ${logins[verdict.loginNeeded].en}.`;
  if (verdict.reason === "ServiceWithheld") return `${names.en} is withheld from you.`;
  return `${names.en} is not for you.`;
}

/** Whoever is refused hears for whom it is, and by which login; not he who is one of them. */
function forWhom({ audiences, logins }: ServiceDocument, service: Service, verdict: ServiceVerdict, language: keyof Names): string[] {
  if (verdict.may !== "nothing" || verdict.reason === "ServiceWithheld") return [];
  const rows = audiencesOf(service);
  const groups = LOGINS.flatMap((login: Login) => {
    const of = rows.filter((row) => row.login === login).map(({ audience }) => audiences[audience][language]);
    if (of.length === 0) return [];
    return [language === "zh" ? `${of.join("、")}（${logins[login].zh}）` : `${of.join(", ")} (${logins[login].en})`];
  });
  return [language === "zh" ? `服务对象：${groups.join("；")}。` : `It is for ${groups.join("; ")}.`];
}

function askZh({ contact, caseCategory }: WhomToAsk): string {
  const { hours } = contact;
  const ask = `如有疑问请联系：${contactText(contact)}${caseCategory === null ? "" : `，或通过“${caseCategory.path}”提交工单`}。`;
  if (hours === null) return ask;
  if (hours.isOpen) return `${ask}现在是服务时间。`;
  return `${ask}现在不在服务时间${hours.nextOpeningLocal === null ? "" : `，下次服务时间：${hours.nextOpeningLocal}`}。`;
}

function askEn({ contact, caseCategory }: WhomToAsk): string {
  const { names, place, phone, mail, hours } = contact;
  const ways = [names.en, ...(place === null ? [] : [place.en]), ...(phone === null ? [] : [phone]), ...(mail === null ? [] : [mail])].join(", ");
  const ask = `Questions: ${ways}${caseCategory === null ? "" : `, or a case under ${caseCategory.path}`}.`;
  if (hours === null) return ask;
  if (hours.isOpen) return `${ask} Open now.`;
  return `${ask} Closed now${hours.nextOpeningLocal === null ? "" : `, open again at ${hours.nextOpeningLocal}`}.`;
}
