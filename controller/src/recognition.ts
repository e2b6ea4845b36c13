import {
  bytesToHex,
  type CardFormat,
  type Credential,
  type CredentialId,
  isCardLine,
  isPassPresentation,
  type IssuerKey,
  kindOfFormat,
  type PassOutcome,
  type Presentation,
  readCardNumber,
  type ReaderChallenges,
  type Verifier,
  verifyPass,
  type VerifiedPass,
  type WallTime,
} from "@portico/card-protocol";
import type { AccessList } from "./access-list.ts";
import type { ControllerClock } from "./controller-clock.ts";
import { type Request, windowWhileUntrusted } from "./core/decide.ts";
import type { ZoneKey } from "./store/zone-key.ts";

/** A pass that failed on time alone is verified at most this often, so that a wall of old screenshots costs no more than a queue. */
const VERIFY_DESPITE_TIME_EVERY_MS = 200;

/** What was shown, once: the credential's row is looked up at most once a scan. */
export interface Shown {
  readonly presentation: Presentation;
  readonly presented: Request["presented"];
  readonly credential: Credential | undefined;
  /** The pass, once its signature holds. */
  readonly pass: VerifiedPass | undefined;
  /** Whom a record may name: nobody before the signature holds. */
  readonly named: CredentialId | undefined;
  /** Tells one from another in memory alone: the credential, or what the zone's key makes of a card that nobody knows. */
  readonly subject: string;
}

export interface RecognitionOptions {
  readonly settings: {
    readonly site: string;
    readonly challengeDemanded: boolean;
    readonly egress: boolean;
    readonly untrustedClock: { readonly qr: Request["untrustedClock"] };
    readonly cardFormat: CardFormat | undefined;
  };
  readonly clock: Pick<ControllerClock, "monotonic" | "untrustedWindow">;
  readonly verifier: Verifier;
  readonly challenges: ReaderChallenges;
  readonly issuerKey: (kid: number) => IssuerKey | undefined;
  readonly list: AccessList;
  readonly zoneKey: Pick<ZoneKey, "identities">;
}

/** What one reader makes of a scan: steps 0 and 2 to 7 of a pass's verification, or the credential of a card. docs/card-format.md. */
export class Recognition {
  readonly #options: RecognitionOptions;
  #verifiedDespiteTimeAt = Number.NEGATIVE_INFINITY;

  constructor(options: RecognitionOptions) {
    this.#options = options;
  }

  /** @param wall  the one time that counts for all of it */
  of(scanned: Uint8Array, wall: WallTime): Shown {
    const { cardFormat } = this.#options.settings;
    return cardFormat !== undefined && isCardLine(scanned, cardFormat) ? this.#matchCard(scanned, cardFormat) : this.#verify(scanned, wall);
  }

  #verify(text: Uint8Array, wall: WallTime): Shown {
    const { settings, clock, verifier, challenges, issuerKey, list } = this.#options;
    const at = clock.monotonic();
    let row: { readonly credential: Credential | undefined } | undefined;
    const outcome: PassOutcome = verifyPass(text, {
      site: settings.site,
      wall,
      verifier,
      issuerKey,
      credential: (id) => (row = { credential: list.credential(id) }).credential,
      challengeDemanded: settings.challengeDemanded,
      spendChallenge: (challenge) => challenges.spend(challenge, at),
      untrustedWindow: windowWhileUntrusted(settings, settings.untrustedClock.qr, clock.untrustedWindow),
      verifyDespiteTime: () => {
        if (at - this.#verifiedDespiteTimeAt < VERIFY_DESPITE_TIME_EVERY_MS) return false;
        this.#verifiedDespiteTimeAt = at;
        return true;
      },
    });
    const pass = outcome.kind === "verified" ? outcome.pass : outcome.verified?.pass;
    return {
      presentation: pass?.kind ?? "H",
      presented: { by: "pass", outcome },
      credential: pass === undefined ? undefined : row === undefined ? list.credential(pass.credentialId) : row.credential,
      pass,
      named: pass?.credentialId,
      subject: pass?.credentialId ?? "",
    };
  }

  #matchCard(line: Uint8Array, format: CardFormat): Shown {
    const { list, zoneKey } = this.#options;
    const kind = kindOfFormat(format.format);
    const number = readCardNumber(line, format);
    const identities = number.ok ? zoneKey.identities(number.value.bytes) : [];
    let credential: Shown["credential"];
    for (const { token } of identities) credential ??= list.credentialByNumber(kind, token);
    const [own] = identities;
    const subject = credential?.id ?? `${kind} ${own === undefined ? "" : bytesToHex(own.token)}`;
    return { presentation: kind, presented: { by: "card", number }, credential, pass: undefined, named: credential?.id, subject };
  }
}

/** What does not verify, and a line that is no card of the reader's format, may be anything: it is only counted. A card that nobody knows is worth a look. */
export const isWorthAnEvent = ({ named, presented }: Shown): boolean => named !== undefined || (presented.by === "card" && presented.number.ok);

/** What may be told of who was shown, to whoever watches: nothing before a signature holds. `phoneClockOffsetS`: where time alone was wrong, + fast, − slow. */
export function whoWasShown({ presentation, presented, pass, named }: Shown): {
  readonly presentation: Presentation | undefined;
  readonly credential: CredentialId | undefined;
  readonly phoneClockOffsetS: number | undefined;
} {
  const offsetS = presented.by === "pass" && presented.outcome.kind === "refused" ? presented.outcome.verified?.phoneClockOffsetS : undefined;
  return {
    presentation: !isPassPresentation(presentation) || pass !== undefined ? presentation : undefined,
    credential: named,
    phoneClockOffsetS: offsetS === 0 ? undefined : offsetS,
  };
}
