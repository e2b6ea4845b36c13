import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, InvalidArgumentError, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, nameOptions, type NameOptions, timeOrLimit, withReason } from "./cloud-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";

type Team = RouteAnswer<"GET /v1/teams">["items"][number];
type Route = Team["routes"][number];
const COLUMNS: readonly Column<Team>[] = [
  { heading: "TEAM", cell: ({ id }) => id },
  { heading: "NAME", cell: ({ names }) => `${names.en} / ${names.zh}` },
  { heading: "ON DUTY", cell: ({ isOnDuty, nextDuty }) => (isOnDuty ? "yes" : nextDuty === null ? "no" : `from ${timeOrLimit(nextDuty)}`) },
  { heading: "MEMBERS", cell: ({ members }) => members.join(" ") },
  { heading: "TAKES", cell: ({ routes }) => routes.map(({ category, area }) => `${category ?? "*"}@${area ?? "*"}`).join(" ") },
  { heading: "MAIL", cell: ({ mail }) => mail ?? "" },
];

/** `portico team`: who handles cases. */
export const teamNoun = (surroundings: Surroundings): Command =>
  noun(
    "team",
    "teams that handle cases: members, duty hours, and what goes to them",
    [
      ["portico team put plumbers --zh 水电组 --en Plumbers --takes 水 --takes 电@C1", "water anywhere, electricity in C1"],
      ["portico team add plumbers liwei", "an operator acts in its cases"],
    ],
    [listVerb(surroundings), putVerb(surroundings), memberVerb(surroundings, "add"), memberVerb(surroundings, "drop"), removeVerb(surroundings)],
  );

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "every team, whether it is on duty, and what goes to it", [["portico team list", "hours follow the campus calendar"]]);
  return cloudVerb(surroundings, command, async (calls, { format }) => {
    const { items } = await calls.ask("teams", "GET /v1/teams", {});
    writeRows(surroundings.terminal, format, COLUMNS, items);
  });
}

function putVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions &
    NameOptions & { readonly hours?: string; readonly mail?: string; readonly takes: readonly Route[]; readonly reason?: string };
  const command = nameOptions(
    verb("put <team>", "make a team, or make it say this", [
      ["portico team put desk --zh 服务台 --en 'Service desk' --takes '*'", "all that nobody else takes"],
      [
        "portico team put plumbers --zh 水电组 --en Plumbers --takes 水 --hours office-hours --mail plumbers@example.edu",
        "with duty hours of the service definitions",
      ],
    ]),
  )
    .addOption(
      new Option("--takes <category@area>", "what goes to it, * for any; repeat for each")
        .default([] as Route[], "nothing by itself")
        .argParser((text: string, before: readonly Route[]) => [...before, routeOf(text)]),
    )
    .addOption(new Option("--hours <hours>", "when somebody is there (default: always)"))
    .addOption(new Option("--mail <address>", "where it hears of faults (default: nowhere)"))
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Options, id = "") => {
    const { zh, en, hours = null, mail = null, takes } = options;
    const body = { names: { zh, en }, hours, mail, routes: [...takes] };
    const { value } = await calls.ask(`team ${id}`, "PUT /v1/teams/{id}", { params: { id }, body }, withReason(options));
    writeRows(surroundings.terminal, options.format, COLUMNS, [value]);
  });
}

/** `水@C1`, `水`, `*@C1`, `*`. */
function routeOf(text: string): Route {
  const [category = "", area, ...more] = text.split("@");
  if (category === "" || area === "" || more.length > 0) throw new InvalidArgumentError("category, category@area, *@area or * is wanted.");
  return { category: category === "*" ? null : category, area: area === undefined || area === "*" ? null : area };
}

function memberVerb(surroundings: Surroundings, act: "add" | "drop"): Command {
  type Options = CloudVerbOptions & { readonly reason?: string };
  const [does, what] = act === "add" ? ["make an operator a member", "acts in the team's cases, with a role or delegated"] : ["make an operator a member no longer", "what was done stays in the history"]; // prettier-ignore
  const command = verb(`${act} <team> <operator>`, does, [[`portico team ${act} plumbers liwei`, what]]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Options, id = "", operator = "") => {
    const route = act === "add" ? ("PUT /v1/teams/{id}/members/{operator}" as const) : ("DELETE /v1/teams/{id}/members/{operator}" as const);
    await calls.ask(`team ${id}`, route, { params: { id, operator } }, withReason(options));
  });
}

function removeVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions & { readonly reason?: string };
  const command = verb("remove <team>", "take a team away that no case lies with", [["portico team remove plumbers", "refused while one does"]]).addOption(
    cloudReason(false),
  );
  return cloudVerb(surroundings, command, async (calls, options: Options, id = "") => {
    await calls.ask(`team ${id}`, "DELETE /v1/teams/{id}", { params: { id } }, withReason(options));
  });
}
