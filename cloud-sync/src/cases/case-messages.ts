import type { Cloud } from "../cloud.ts";
import type { CaseType } from "../core/cases/case-type.ts";
import { stateOf } from "../core/cases/step-case.ts";
import { filled, type MessageAddresses } from "../core/outbox/message.ts";
import type { MessageKind } from "../outbox/message-kinds.ts";
import { keepMessages } from "../outbox/outbox.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { CaseLaw, KeptCase } from "./case-row.ts";

/** The kinds of messages that case types bring along. */
export const caseMessageKinds = (types: readonly CaseType[]): MessageKind[] =>
  types.flatMap(({ id, names: of, messages }) =>
    messages.map((message) => ({ kind: `${id}.${message.id}`, names: { zh: `${of.zh}：${message.names.zh}`, en: `${of.en}: ${message.names.en}` } })),
  );

type Language = "zh" | "en";

/**
 * Keeps the messages of a step in its transaction: of each of them one in a round (rule 6.8), however often the step is taken.
 *
 * @param ids   of the type's messages. @param text  what was said with the step
 */
export async function keepCaseMessages(
  cloud: Cloud,
  queries: Queries,
  { services }: CaseLaw,
  type: CaseType,
  { row, reporter }: KeptCase,
  ids: readonly string[],
  text: string,
): Promise<void> {
  if (ids.length === 0) return;
  const team = row.team === null ? undefined : await queries.selectFrom("team").selectAll().where("id", "=", row.team).executeTakeFirst();
  const category = services.caseCategories.find(({ id }) => id === row.category)?.names ?? { zh: row.category, en: row.category };
  const state = stateOf(type, row.state)?.names ?? { zh: row.state, en: row.state };
  const place = [row.area, row.place].filter((part) => part !== null && part !== "").join(" ");
  const words = (language: Language): Record<string, string> => ({
    number: row.id,
    category: category[language],
    place: place === "" ? { zh: "未填地点", en: "no place given" }[language] : place,
    team: team === undefined ? { zh: "服务台", en: "the service desk" }[language] : { zh: team.name_zh, en: team.name_en }[language],
    state: state[language],
    text,
  });
  const [zh, en] = [words("zh"), words("en")];
  const messages = type.messages.filter(({ id }) => ids.includes(id));
  for (const { id, to, subject, text: said } of messages) {
    const isReporter = to === "reporter";
    const addresses = isReporter ? await addressesOf(queries, reporter) : { mail: team?.mail ?? null, phone: null };
    await keepMessages(queries, cloud, [
      {
        dedupe: `case:${row.id}:${row.round}:${id}`,
        kind: `${type.id}.${id}`,
        person: isReporter ? (reporter?.person ?? null) : null,
        to: addresses,
        subject: { zh: filled(subject.zh, zh), en: filled(subject.en, en) },
        text: { zh: filled(said.zh, zh), en: filled(said.en, en) },
        parameters: zh,
      },
    ]);
  }
}

/** Where a reporter is written to: a person's mail, else the campus account, else the phone (rule 6.8). */
async function addressesOf(queries: Queries, reporter: KeptCase["reporter"]): Promise<MessageAddresses> {
  if (reporter === undefined) return { mail: null, phone: null };
  const person = reporter.person === null ? undefined : await queries.selectFrom("person").select(["mail", "account", "phone"]).where("id", "=", reporter.person).executeTakeFirst(); // prettier-ignore
  return { mail: person?.mail ?? person?.account ?? null, phone: person?.phone ?? reporter.phone };
}
