import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { IssuerKey, Language, Pass, PassContext, UnixSeconds } from "@portico/card-protocol";
import { readPhoneFile } from "@portico/simulator/phone-file";
import { type Command, Option } from "commander";
import { checkLines } from "./check-text.ts";
import { EXIT, Failure } from "./failure.ts";
import { challenge, instant, passInput, siteId } from "./pass-input.ts";
import { chosenLanguage, languageOption, type LanguageOptions } from "./language.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { formatOption, hexBytes, placeOptions, verb, wholeNumber } from "./verb.ts";
import { placesFor } from "./places.ts";
import { configurationFailure } from "./configuration-failure.ts";

interface VerifyOptions extends LanguageOptions {
  readonly site?: string;
  readonly publicKey?: Uint8Array;
  readonly phone?: string;
  readonly trustList?: string;
  readonly ttl: number;
  readonly at?: number;
  readonly uncertainty: number;
  readonly challenge?: Uint8Array;
  readonly config?: string;
  readonly data?: string;
  readonly format?: Format;
}

/** Whose passes count, and where. */
interface Trusted {
  readonly site: string;
  readonly issuerKey: (kid: number) => IssuerKey | undefined;
  /** The key of the held credential, whichever it is, or undefined where it is not known. */
  readonly heldKey: (credential: string) => Uint8Array | undefined;
  /** Why no pass of this kind and credential can be judged with it; undefined: it can. */
  readonly lacks: (pass: Pass) => Failure | undefined;
}

/** `portico pass verify`: steps 0 to 7 as a door takes them. */
export function passVerifyVerb(surroundings: Surroundings): Command {
  const command = verb("verify [text]", "judge a pass as a door would, and print every step", [
    ["portico pass verify 'CP1:…' --phone zhang.json", "with the key of a phone file"],
    ["portico pass verify 'CP1:…' --site demo --public-key <hex>", "with a key: the phone's (H, HC) or the issuer's (T)"],
    ["portico pass verify 'CP1:…' --trust-list trust-list.cose", "T, with the trust list; roots and site from portico.toml"],
  ])
    .addOption(new Option("--public-key <hex>", "the key that must have signed").argParser(hexBytes(32)))
    .addOption(new Option("--phone <file>", "phone file whose key must have signed").conflicts("publicKey"))
    .addOption(
      new Option("--trust-list <file>", "trust list whose key must have signed a T (default: what portico.toml names)").conflicts(["publicKey", "phone"]),
    )
    .addOption(new Option("--site <id>", "the site that the signature must name (default: the phone file's or portico.toml's)").argParser(siteId))
    .addOption(new Option("--ttl <seconds>", "how long the issuer's passes live (T with --public-key)").default(30).argParser(wholeNumber(1, 600)))
    .addOption(new Option("--at <time>", "judge as if it were then (default: now)").argParser(instant))
    .addOption(new Option("--uncertainty <seconds>", "how far the clock may be off").default(0).argParser(wholeNumber(0, 300)))
    .addOption(
      new Option("--challenge <text>", "what the reader showed, which an HC must answer: 20 digits, or 16 hex digits (default: any)").argParser(challenge),
    )
    .addOption(formatOption());
  return placeOptions(languageOption(command)).action(async (typed: string | undefined, options: VerifyOptions) => {
    const text = await passInput(surroundings, typed);
    const trusted = await trustedBy(surroundings, options);
    const { DENY_REASON, detailInChinese, inspectPass, sameBytes, tracePass, verifyPass } = await import("@portico/card-protocol");
    const inspected = inspectPass(text);
    const lack = inspected.ok ? trusted.lacks(inspected.value.pass) : undefined;
    if (lack !== undefined) throw lack;
    const { nodeVerifier } = await import("@portico/card-protocol/node");
    const { challenge: wanted } = options;
    const context: PassContext = {
      site: trusted.site,
      wall: { now: (options.at ?? surroundings.now()) as UnixSeconds, uncertaintyS: options.uncertainty },
      verifier: nodeVerifier,
      issuerKey: trusted.issuerKey,
      credential: (id) => {
        const publicKey = trusted.heldKey(id);
        return publicKey === undefined ? undefined : { publicKey, takes: ["T", "H", "HC"] };
      },
      challengeDemanded: false,
      spendChallenge: (shown) => (wanted === undefined || sameBytes(shown, wanted) ? "open" : "unknown"),
      untrustedWindow: undefined,
      verifyDespiteTime: () => true,
    };
    const outcome = verifyPass(text, context);
    const trace = tracePass(text, context);
    const { terminal } = surroundings;
    const language = chosenLanguage(surroundings, options);
    if (chosenFormat(terminal, options.format) === "jsonl")
      terminal.out(
        `${JSON.stringify({ verified: outcome.kind === "verified", ...(outcome.kind === "refused" ? { reason: outcome.reason, detail: outcome.detail } : {}), checks: trace })}\n`,
      );
    else for (const line of checkLines(trace, language)) terminal.out(`${line}\n`);
    if (outcome.kind === "verified") {
      terminal.err(
        {
          en: "the pass holds; whether this credential may pass a door only the door's list says\n",
          zh: "二维码有效；此凭证能否通过某扇门，只有该门的名单知道\n",
        }[language],
      );
      return;
    }
    const { en, zh, remedy, remedyZh } = DENY_REASON[outcome.reason];
    const clock = clockText(outcome.verified?.phoneClockOffsetS ?? 0, language);
    const step = `${outcome.step}: ${outcome.detail}`;
    const seen = { en: step, zh: detailInChinese(step) }[language];
    const cause = { en: en.replace(/\.$/, ""), zh: zh.replace(/\u3002$/, "") }[language];
    throw new Failure(EXIT.refused, `${outcome.reason}: ${cause}${clock}`, seen, { en: remedy, zh: remedyZh }[language]);
  });
}

/** How far the phone's clock is off. @param offset  seconds, + fast, − slow */
function clockText(offset: number, language: Language): string {
  if (offset === 0) return "";
  const seconds = Math.abs(offset);
  return { en: `; the phone's clock seems ${seconds} s ${offset > 0 ? "fast" : "slow"}`, zh: `；手机时钟约${offset > 0 ? "快" : "慢"} ${seconds} 秒` }[
    language
  ];
}

async function trustedBy(surroundings: Surroundings, options: VerifyOptions): Promise<Trusted> {
  if (options.phone !== undefined) {
    const phone = readPhoneFile(resolve(surroundings.workingFolder, options.phone));
    const { nodeSigner } = await import("@portico/card-protocol/node");
    const { publicKey } = nodeSigner(phone.seed);
    return {
      site: options.site ?? phone.site,
      issuerKey: () => undefined,
      heldKey: (credential) => (credential === phone.credential ? publicKey : undefined),
      lacks({ kind, credentialId }) {
        if (kind === "T") return noKeyFor("a T", phone.path, "its issuer signs it, not a phone: give --trust-list, or --public-key with --site and --ttl");
        if (credentialId === phone.credential) return undefined;
        return noKeyFor(`the credential ${credentialId}`, phone.path, `this phone has ${phone.credential}: give the phone file of the other, or --public-key`);
      },
    };
  }
  const { publicKey } = options;
  if (publicKey !== undefined) {
    if (options.site === undefined) throw new Failure(EXIT.usage, "--site is missing: the signature names it", "pass verify", "portico pass verify --help");
    const issuer: IssuerKey = {
      publicKey,
      usages: ["T"],
      notBefore: 0 as UnixSeconds,
      notAfter: 0xffff_ffff as UnixSeconds,
      ttlS: options.ttl,
      status: "active",
    };
    return { site: options.site, issuerKey: () => issuer, heldKey: () => publicKey, lacks: () => undefined };
  }
  return trustListOf(surroundings, options);
}

/** The issuers of the trust list that the configuration, or the option, names. */
async function trustListOf(surroundings: Surroundings, options: VerifyOptions): Promise<Trusted> {
  const { readConfiguration } = await import("@portico/controller");
  const place = placesFor(surroundings, options);
  const reading = readConfiguration(place.configurationFile, place);
  if (!reading.ok)
    throw configurationFailure(
      "no key was given, and the configuration names none",
      "give --phone, or --public-key with --site, or a valid --config",
      place.configurationFile,
      reading.problems,
    );
  const { site } = reading.configuration;
  if (site.trust === undefined)
    throw new Failure(
      EXIT.usage,
      "no key was given, and the configuration has no root keys",
      place.configurationFile,
      "give --phone, or --public-key with --site",
    );
  const file = options.trustList === undefined ? site.trust.listFile : resolve(surroundings.workingFolder, options.trustList);
  const { acceptTrustList } = await import("@portico/card-protocol");
  const { nodeVerifier } = await import("@portico/card-protocol/node");
  const accepted = acceptTrustList(undefined, new Uint8Array(readFileSync(file)), { site: site.id, pinnedRoots: site.trust.roots, verifier: nodeVerifier });
  if (!accepted.ok)
    throw new Failure(
      EXIT.refused,
      `the trust list is refused: ${accepted.error} ${accepted.detail}`,
      file,
      "fetch it anew from the root holders; check root_keys and root_threshold",
    );
  return {
    site: options.site ?? site.id,
    issuerKey: (kid) => accepted.value.keys.get(kid),
    heldKey: () => undefined,
    lacks: ({ kind }) =>
      kind === "T"
        ? undefined
        : noKeyFor(`an ${kind}`, file, "a trust list has issuers' keys, and a phone signed this: give --phone, or --public-key with --site"),
  };
}

/** Nothing can be said of a pass without the key that must have signed it. */
const noKeyFor = (what: string, on: string, next: string): Failure => new Failure(EXIT.usage, `there is no key for ${what}`, on, next);
