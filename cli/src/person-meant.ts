import type { RouteAnswer } from "@portico/cloud-sync";
import type { CloudCalls } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";

/** A person as the cloud tells it. */
export type PersonTold = RouteAnswer<"GET /v1/persons/{id}">;

const ENTITY_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const PHONE = /^\+[1-9]\d{6,14}$/;

/**
 * The one person that is meant by an id, a phone number such as +8613800138000, or a campus account with or without its domain.
 *
 * @throws Failure 1 where nobody or more than one is meant
 */
export async function personMeant(calls: CloudCalls, text: string): Promise<PersonTold> {
  const on = `person ${text}`;
  if (ENTITY_ID.test(text)) return calls.ask(on, "GET /v1/persons/{id}", { params: { id: text } });
  if (!PHONE.test(text) && !text.includes("@") && calls.accountDomain === undefined)
    throw new Failure(EXIT.usage, "this is no id, account or phone number", on, "name the whole account, such as zhang@example.edu");
  const query = PHONE.test(text) ? { phone: text } : { account: text.includes("@") ? text : `${text}@${calls.accountDomain}` };
  const { items } = await calls.ask(on, "GET /v1/persons", { query });
  const [first, ...others] = items;
  if (first === undefined)
    throw new Failure(EXIT.refused, "nobody is known by this", `person ${query.account ?? query.phone}`, "try the id, the whole account or the phone number");
  if (others.length > 0)
    throw new Failure(
      EXIT.refused,
      `${items.length} people are known by this`,
      on,
      "name one by id",
      items.map(({ id, name }) => `${id}  ${name}`),
    );
  return first;
}
