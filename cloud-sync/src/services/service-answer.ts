import type { Names } from "../core/names.ts";
import { CAPABILITIES, type Capability, type ScheduleContext, type UnixSeconds } from "@portico/card-protocol";
import { type Audience, AUDIENCES, audienceTimes, type Membership } from "../core/audience.ts";
import { holdsAt } from "../core/validity.ts";
import { type WhomToAsk, whomToAsk } from "./contact-answer.ts";
import { audiencesOf, type Login, LOGINS, type Service, type ServiceDocument } from "./service-document.ts";
import { sentenceOf } from "./service-sentence.ts";
import type { ServiceVerdict } from "./service-verdict.ts";

/** Who asks, and when. */
export interface Asker {
  /** All that are known of the person, each judged at the instant; none for somebody who is not known. */
  readonly memberships: readonly Membership[];
  readonly login: Login;
  readonly at: UnixSeconds;
  /** The clock and calendar of the campus, which hours follow. */
  readonly context: ScheduleContext;
  /** Capabilities for which a grant reaches the person at the instant: they open what the audiences do not (rule 2.18). Absent: audiences alone are asked. */
  readonly granted?: readonly Capability[];
  /** Capabilities that are withheld from the person everywhere at the instant: no audience and no grant opens them (rule 2.18). */
  readonly withheld?: readonly Capability[];
}

/** What somebody hears about a service: whether it is his, for whom it is, and whom to ask (rules 1.4 and 1.7). */
export interface ServiceAnswer extends WhomToAsk {
  readonly id: string;
  readonly names: Names;
  readonly partOf: string | null;
  readonly verdict: ServiceVerdict;
  readonly audiences: readonly { readonly audience: Audience; readonly names: Names; readonly login: Login }[];
  readonly scene: string | null;
  readonly shownIn: Service["shownIn"];
  /** All of it to read out. */
  readonly sentence: Names;
}

/** Answers for every service, in the order of the document: the row of the table service × audience that is this person's (rule 1.4). */
export function answerServices(services: ServiceDocument, asker: Asker): ServiceAnswer[] {
  const audiences = audiencesAt(asker);
  return services.services.map((service) => answer(services, service, asker, audiences));
}

/** Answers for one service; undefined: there is none of this id. */
export function answerService(services: ServiceDocument, id: string, asker: Asker): ServiceAnswer | undefined {
  const service = services.services.find((each) => each.id === id);
  return service && answer(services, service, asker, audiencesAt(asker));
}

/**
 * The audiences of somebody at an instant. Everybody is one of the public, whoever else he is: he need only leave his login out. Whoever is known by his
 * phone alone is a visitor (rules 1.3 and 8.3).
 */
export function audiencesAt({ memberships, login, at }: Pick<Asker, "memberships" | "login" | "at">): ReadonlySet<Audience> {
  const times = audienceTimes(memberships);
  return new Set(
    AUDIENCES.filter((audience) => audience === "public" || (audience === "visitor" && login === "phone") || holdsAt(times.get(audience) ?? [], at)),
  );
}

function answer(services: ServiceDocument, service: Service, asker: Asker, audiences: ReadonlySet<Audience>): ServiceAnswer {
  const verdict = judge(service, asker, audiences);
  const asked = whomToAsk(services, service, asker.at, asker.context);
  const { id, names, partOf, scene, shownIn } = service;
  return {
    id,
    names,
    partOf,
    verdict,
    audiences: audiencesOf(service).map(({ audience, login }) => ({ audience, names: services.audiences[audience], login })),
    ...asked,
    scene,
    shownIn,
    sentence: sentenceOf(services, service, verdict, asked),
  };
}

/**
 * Whether a service is withheld: all that it is of the card. One that is the whole card, such as reporting it lost, goes on: what protects the card is
 * nobody's to withhold, and a card of which everything is withheld opens nothing anyway.
 */
const isWithheld = ({ capabilities }: Service, withheld: readonly Capability[]): boolean =>
  capabilities.length > 0 && capabilities.length < CAPABILITIES.length && capabilities.every((each) => withheld.includes(each));

function judge(service: Service, asker: Asker, audiences: ReadonlySet<Audience>): ServiceVerdict {
  const verdict = judgeOpening(service, asker, audiences);
  if (verdict.may === "nothing" || !isWithheld(service, asker.withheld ?? [])) return verdict;
  return { may: "nothing", reason: "ServiceWithheld", rule: "2.18" };
}

function judgeOpening(service: Service, { login, granted }: Asker, audiences: ReadonlySet<Audience>): ServiceVerdict {
  const rows = audiencesOf(service);
  const own = rows.filter(({ audience }) => audiences.has(audience)).map((row) => row.login);
  if (own.some((needed) => reaches(login, needed))) {
    if (service.writes && login === "none") return { may: "read", rule: "1.3", loginNeeded: "phone" };
    return { may: "use", rule: service.audience.rule };
  }
  const isGranted = granted?.some((capability) => service.capabilities.includes(capability)) ?? false;
  if (isGranted && reaches(login, "phone")) return { may: "use", rule: "2.18" };
  // Of somebody who is not logged in nothing is known: he may turn out to be any of them.
  const reachable = own.length === 0 && login === "none" ? rows.map((row) => row.login) : own;
  const [loginNeeded] = [...reachable, ...(isGranted ? (["phone"] as const) : [])].sort(byStrength);
  if (loginNeeded === undefined) return { may: "nothing", reason: "ServiceNotForYou", rule: service.audience.rule };
  return { may: "nothing", reason: "LoginRequired", rule: service.audience.loginRule ?? (loginNeeded === "campus" ? "1.2" : "1.3"), loginNeeded };
}

const byStrength = (a: Login, b: Login): number => LOGINS.indexOf(a) - LOGINS.indexOf(b);
const reaches = (login: Login, needed: Login): boolean => byStrength(login, needed) >= 0;
