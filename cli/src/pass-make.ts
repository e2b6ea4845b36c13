import { resolve } from "node:path";
import type { UnixSeconds } from "@portico/card-protocol";
import { phoneFileCounters, readPhoneFile, readSeedFile } from "@portico/simulator/phone-file";
import { type Command, Option } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { challenge, credentialId, instant, siteId } from "./pass-input.ts";
import type { Surroundings } from "./surroundings.ts";
import { verb, wholeNumber } from "./verb.ts";

interface MakeOptions {
  readonly kind: "T" | "H" | "HC";
  readonly phone?: string;
  readonly seedFile?: string;
  readonly site?: string;
  readonly credential?: string;
  readonly counter?: number;
  readonly at?: number;
  readonly kid?: number;
  readonly ttl?: number;
  readonly challenge?: Uint8Array;
}

const TTL_S = 30;
const TELLING = ["site", "credential", "counter", "kid", "ttl", "challenge"] as const;
/** What each way of making a pass goes by. Any other would be set aside, and the pass would not be the one that was asked for. */
const TAKEN: Readonly<Record<"phone" | "seedFile", Readonly<Record<MakeOptions["kind"], readonly (typeof TELLING)[number][]>>>> = {
  phone: { T: [], H: [], HC: ["challenge"] },
  seedFile: { T: ["site", "credential", "kid", "ttl"], H: ["site", "credential", "counter"], HC: ["site", "credential", "counter", "challenge"] },
};

/** `portico pass make`: the text of one pass. */
export function passMakeVerb(surroundings: Surroundings): Command {
  return verb("make", "make one pass and print its text", [
    ["portico pass make --phone .portico/phones/zhang.json", "H, with the next counter of that phone"],
    ["portico pass make --phone zhang.json --kind HC --challenge 00004822678189205111", "the answer to a reader's challenge"],
    ["portico pass make --seed-file phone.key --site demo --credential 0123456789abcdef --counter 7", "H of a key of your own"],
    ["portico pass make --kind T --seed-file issuer.key --kid 1 --site demo --credential 0123456789abcdef", "T, as an issuer"],
  ])
    .addOption(new Option("--kind <kind>", "T issued, H held by the phone, HC answer to a challenge").choices(["T", "H", "HC"]).default("H"))
    .addOption(new Option("--phone <file>", "phone file: site, credential, key and counters"))
    .addOption(new Option("--seed-file <file>", "private key alone: 64 hex digits, mode 0600").conflicts("phone"))
    .addOption(new Option("--site <id>", "the site (with --seed-file)").argParser(siteId))
    .addOption(new Option("--credential <id>", "16 hex digits (with --seed-file)").argParser(credentialId))
    .addOption(new Option("--counter <number>", "never used before with this key (H, HC with --seed-file)").argParser(wholeNumber(0, 0xffff_ffff)))
    .addOption(new Option("--at <time>", "when it is signed (default: now)").argParser(instant))
    .addOption(new Option("--kid <number>", "the issuer's key id (T)").argParser(wholeNumber(0, 65_535)))
    .addOption(new Option("--ttl <seconds>", `how long a T is valid (default: ${TTL_S})`).argParser(wholeNumber(1, 600)))
    .addOption(new Option("--challenge <text>", "what the reader shows (HC): 20 digits, or 16 hex digits").argParser(challenge))
    .action(async (options: MakeOptions) => {
      surroundings.terminal.out(`${await makePass(surroundings, options)}\n`);
    });
}

async function makePass(surroundings: Surroundings, options: MakeOptions): Promise<string> {
  const { kind, challenge: answered } = options;
  const { CounterBlocks, HeldCredential, makeChallengedPass, makeHeldPass, makeIssuedPass } = await import("@portico/card-protocol/phone");
  const { nodeSigner } = await import("@portico/card-protocol/node");
  const [by, from] = options.phone === undefined ? (["seedFile", "with a seed file"] as const) : (["phone", "from a phone file"] as const);
  if (options.phone !== undefined && kind === "T")
    throw new Failure(EXIT.usage, "a phone cannot make a T: its issuer signs it", "--kind T", "use --seed-file with the issuer's key");
  const aside = TELLING.find((option) => options[option] !== undefined && !TAKEN[by][kind].includes(option));
  if (aside !== undefined)
    throw new Failure(EXIT.usage, `a pass ${kind} ${from} has no use for --${aside}`, `--${aside}`, "leave it out: portico pass make --help");
  const signedAt = (options.at ?? surroundings.now()) as UnixSeconds;
  if (kind === "HC" && answered === undefined) throw missing("--challenge", "an HC answers a reader's challenge");
  if (options.phone !== undefined) {
    const phone = readPhoneFile(resolve(surroundings.workingFolder, options.phone));
    const held = new HeldCredential({
      site: phone.site,
      credentialId: phone.credential,
      signer: nodeSigner(phone.seed),
      counters: new CounterBlocks(phoneFileCounters(phone.path)),
    });
    const phoneTime = (options.at ?? signedAt + phone.clockErrorS) as UnixSeconds;
    const made = answered !== undefined ? held.answer(answered, phoneTime) : held.pass(phoneTime);
    if (!made.ok)
      throw new Failure(
        EXIT.refused,
        `no counter: ${made.error}, ${made.detail}`,
        phone.path,
        "is another program using this phone? Try again when it has ended",
      );
    return made.value.text;
  }
  const signer = nodeSigner(readSeedFile(resolve(surroundings.workingFolder, options.seedFile ?? absent("--seed-file", "or --phone"))));
  const site = options.site ?? absent("--site", "the signature names it");
  const credential = options.credential ?? absent("--credential", "the pass is found by it");
  if (kind === "T") {
    const kid = options.kid ?? absent("--kid", "a T names its issuer's key");
    return makeIssuedPass({ site, credentialId: credential, kid, expiresAt: (signedAt + (options.ttl ?? TTL_S)) as UnixSeconds }, signer).text;
  }
  const fields = { site, credentialId: credential, signedAt, counter: options.counter ?? absent("--counter", "doors take each counter once") };
  return answered !== undefined ? makeChallengedPass({ ...fields, challenge: answered }, signer).text : makeHeldPass(fields, signer).text;
}

function absent(option: string, why: string): never {
  throw missing(option, why);
}

const missing = (option: string, why: string): Failure => new Failure(EXIT.usage, `${option} is missing: ${why}`, "pass make", "portico pass make --help");
