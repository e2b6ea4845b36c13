import { EVERY_DOOR } from "../core/overruling.ts";
import { askSite } from "../site.ts";
import type { Standing } from "../store/site-standing.ts";
import { siteAsked } from "./asked.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";
import { SITE_VERBS, type StandingRow } from "./site-rows.ts";

/** Lockdown, drill, and locking again behind fire or drill. */
export function siteAnswers({ site }: ControlParts): AnswersTo<"GET /v1/site" | "POST /v1/site/:verb"> {
  return {
    "GET /v1/site": () => ({
      lockdowns: site.lockdowns.map(standingRow),
      drills: site.drills.map(standingRow),
      awaiting: site.awaiting,
      open: site.open(EVERY_DOOR),
      zones: site.known.filter((of) => of !== EVERY_DOOR),
    }),
    "POST /v1/site/:verb": (asked) => {
      const word = asked.params["verb"] ?? "";
      const verb = SITE_VERBS.find((each) => each === word);
      if (verb === undefined) throw new Refusal(404, "That cannot be asked of a site", word, `Use one of ${SITE_VERBS.join(", ")}.`);
      const { zone, by, reason } = siteAsked(asked);
      const of = zone ?? EVERY_DOOR;
      const outcome = askSite(site, verb, of, { by, reason });
      if (outcome.ok) return { zone, doors: outcome.value.doors, exceptions: outcome.value.exceptions };
      if (outcome.error === "NotRecorded") throw notRecordedRefusal(`${verb}, ${of}`);
      if (outcome.error === "ZoneUnknown")
        throw new Refusal(404, "This controller has no door in that zone", outcome.detail, "Name a zone of its access points, or every door: --all.");
      throw new Refusal(409, `That cannot be done now: ${outcome.detail}`, `${verb}, ${of}`, "portico lockdown status says what lasts, and where.");
    },
  };
}

const standingRow = ({ of, by, reason, since }: Standing): StandingRow => ({ zone: of === EVERY_DOOR ? null : of, by, reason, since });
