import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, tellChange } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { contactOptions } from "./person-change.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, writeFacts } from "./table.ts";
import { verb } from "./verb.ts";
import { typedPath } from "./places.ts";

type ReasonedOptions = CloudVerbOptions & { readonly reason: string };

/** `person export`. */
export function exportVerb(surroundings: Surroundings): Command {
  const command = verb("export <person>", "everything that is kept of a person, as JSON", [
    ["portico person export zhang@example.edu --reason 'asked for in writing' --out zhang.json", "into a file of yours alone"],
    ["portico person export zhang@example.edu --reason 'asked for in writing' | jq .tables", "numbers of cards and keys are named, never told"],
  ])
    .addOption(new Option("--out <file>", "write there, mode 0600; one that is there stays"))
    .addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, options: ReasonedOptions & { readonly out?: string }, text = "") => {
    const { id } = await personMeant(calls, text);
    const { reason } = options;
    const made = await calls.ask(`person ${id}`, "POST /v1/persons/{id}/export", { params: { id } }, { reason });
    const json = `${JSON.stringify(made.value, null, 2)}\n`;
    if (options.out === undefined) surroundings.terminal.out(json);
    else {
      const file = typedPath(surroundings, options.out);
      writeFileSync(file, json, { mode: 0o600, flag: "wx" });
      surroundings.terminal.err(`written to ${file}: it says who somebody is, so remove it when it has been handed over\n`);
    }
  });
}

/** `person correct`. */
export function correctVerb(surroundings: Surroundings): Command {
  const command = contactOptions(
    verb("correct <person>", "put right what is kept of a person; the audit has the reason and the fields, not what stands there", [
      ["portico person correct zhang@example.edu --name 张三丰 --reason 'identity card seen'", "a name that was wrong"],
      ["portico person correct zhang@example.edu --phone '' --reason 'asked for by mail'", "kept no more"],
    ]),
  ).addOption(cloudReason(true));
  type Fields = { readonly name?: string; readonly account?: string; readonly phone?: string; readonly mail?: string };
  return cloudVerb(surroundings, command, async (calls, options: ReasonedOptions & Fields, text = "") => {
    const { id } = await personMeant(calls, text);
    const { name, account, phone, mail, reason } = options;
    const given = Object.entries({ account, phone, mail }).flatMap(([field, value]) => (value === undefined ? [] : [[field, value === "" ? null : value]]));
    const body = { ...(name === undefined ? {} : { name }), ...(Object.fromEntries(given) as Record<string, string | null>) };
    if (Object.keys(body).length === 0)
      throw new Failure(EXIT.usage, "nothing is to be corrected", `person ${id}`, "give --name, --account, --phone or --mail");
    const made = await calls.ask(`person ${id}`, "POST /v1/persons/{id}/correct", { params: { id }, body }, { reason });
    writeFacts(surroundings.terminal, options.format, [["person", id], ["corrected", Object.keys(body).join(", ")]], made.value); // prettier-ignore
    await tellChange(surroundings, calls, made);
  });
}

/** `person erase`. */
export function eraseVerb(surroundings: Surroundings): Command {
  const command = verb("erase <person>", "take away everything that says who somebody was; logs keep ids that lead to nobody", [
    ["portico person erase zhang@example.edu --reason 'asked for in writing'", "refused while something stands against it"],
    ["portico person erase 01990246-a5d0-7000-8000-0123456789ab --reason 'again'", "a second time changes nothing"],
  ]).addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, options: ReasonedOptions, text = "") => {
    // Who was erased is found by id alone, and asking twice is fine.
    const isId = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(text);
    const id = isId ? text : (await personMeant(calls, text)).id;
    const made = await calls.ask(`person ${id}`, "POST /v1/persons/{id}/erase", { params: { id } }, { reason: options.reason });
    const { terminal } = surroundings;
    if (chosenFormat(terminal, options.format) === "jsonl")
      terminal.out(`${JSON.stringify({ person: id, erased: true, change: made.change, publish: made.publish })}\n`);
    else terminal.out(`person ${id} is erased\n`);
    await tellChange(surroundings, calls, made);
  });
}
