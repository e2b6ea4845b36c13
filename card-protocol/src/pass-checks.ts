import type { ChallengeVerdict } from "./challenge.ts";
import type { Check } from "./check.ts";
import { UNCERTAINTY_MAX_S, type WallTime } from "./clock.ts";
import { isStrictPublicKey, isStrictSignature } from "./ed25519.ts";
import type { IssuerKey } from "./issuer-key.ts";
import type { CredentialId, VerifiedPass } from "./pass.ts";
import type { Credential } from "./permission.ts";
import { PassScan, READING_CHECKS } from "./read-pass.ts";
import { externalAad, sigStructure1, type Verifier } from "./signature.ts";
import { readU32 } from "./pass-template.ts";
import { type UnixSeconds, unixSeconds } from "./units.ts";

/** A pass is valid from so many seconds before it was signed: phones run ahead. */
export const PASS_EARLY_S = 10;
/** H: valid until so many seconds after it was signed. */
export const HELD_PASS_LIFE_S = 30;
/** T: valid until so many seconds after its expiry. */
export const ISSUED_PASS_LATE_S = 5;

/** What a reader's controller knows when a pass is scanned. The functions are asked at most once a scan. */
export interface PassContext {
  /** 1..32 of `a-z`, `0-9`, `-`. */
  readonly site: string;
  readonly wall: WallTime;
  readonly verifier: Verifier;
  /** The trust list's key, whatever its usage, validity and status; undefined: unknown kid. `kid` is u16. */
  readonly issuerKey: (kid: number) => IssuerKey | undefined;
  /** The list's row; undefined: not in the list. */
  readonly credential: (id: CredentialId) => Pick<Credential, "publicKey" | "takes" | "takesIssuedUntil"> | undefined;
  /** The access point takes HC alone. */
  readonly challengeDemanded: boolean;
  /** Spends one of the reader's open challenges (8 bytes), or says why it is none. Asked only after the signature holds, once. */
  readonly spendChallenge: (challenge: Uint8Array) => ChallengeVerdict;
  /** While the clock is untrusted: T and H signed at from ≤ t ≤ until are taken; undefined: none is. */
  readonly untrustedWindow: { readonly from: UnixSeconds; readonly until: UnixSeconds } | undefined;
  /** Whether a pass that fails on time alone is still verified, so that the phone can be told its clock's error. Asked just before, so the caller limits the rate. */
  readonly verifyDespiteTime: () => boolean;
}

/** One question of steps 0 to 7, with its number in docs/card-format.md. */
export interface PassCheck extends Check<PassAttempt> {
  readonly step: 0 | 2 | 3 | 4 | 5 | 6 | 7;
  /** A failure here speaks of time, so the signature may still be looked at. */
  readonly timeAlone?: true;
  /** Asked only when the signature holds, so a failure may name the credential. */
  readonly behindSignature?: true;
}

/** A scan at a reader: what the checks ask of it, looked up once and only when asked. */
export class PassAttempt extends PassScan {
  readonly context: PassContext;
  /** The wall clock when it can judge a pass, otherwise undefined. */
  readonly clock: Exclude<WallTime, "untrusted"> | undefined;
  private issuerAsked = false;
  private issuerFound: IssuerKey | undefined;
  private rowAsked = false;
  private rowFound: ReturnType<PassContext["credential"]>;
  private holds: boolean | undefined;
  /** HC whose signature holds: what its challenge was found to be. */
  challengeVerdict: ChallengeVerdict | undefined;

  constructor(text: Uint8Array | string, context: PassContext) {
    super(text);
    this.context = context;
    const { wall } = context;
    this.clock = wall !== "untrusted" && wall.uncertaintyS >= 0 && wall.uncertaintyS <= UNCERTAINTY_MAX_S ? wall : undefined;
  }

  /** T: the key that its kid names. */
  get issuer(): IssuerKey | undefined {
    if (!this.issuerAsked) {
      this.issuerAsked = true;
      if (this.template.kind === "T") this.issuerFound = this.context.issuerKey(this.kid);
    }
    return this.issuerFound;
  }

  get row(): ReturnType<PassContext["credential"]> {
    if (!this.rowAsked) {
      this.rowAsked = true;
      this.rowFound = this.context.credential(this.credentialId);
    }
    return this.rowFound;
  }

  get publicKey(): Uint8Array | undefined {
    return this.template.kind === "T" ? this.issuer?.publicKey : this.row?.publicKey;
  }

  get signature(): Uint8Array {
    return this.bytes.subarray(this.template.signatureFrom);
  }

  /** Seconds. T: expiry minus the key's ttl; NaN while the key is unknown, and NaN lies in no window. */
  get signedAt(): UnixSeconds {
    const { offset } = this.template;
    if (offset.t !== undefined) return unixSeconds(readU32(this.bytes, offset.t));
    return unixSeconds(readU32(this.bytes, offset.x!) - (this.issuer?.ttlS ?? Number.NaN));
  }

  /** The last second of the window, without the clock's uncertainty. */
  get validUntil(): number {
    const { offset } = this.template;
    return offset.x === undefined ? this.signedAt + HELD_PASS_LIFE_S : readU32(this.bytes, offset.x) + ISSUED_PASS_LATE_S;
  }

  /** How fast the phone's clock seems: the signing time against ours, seconds. 0 without a clock of our own. */
  get phoneClockOffsetS(): number {
    return this.clock === undefined ? 0 : this.signedAt - this.clock.now;
  }

  /** Only for an attempt that passed the signature's check. */
  get verifiedPass(): VerifiedPass {
    const { template, bytes, credentialId, signedAt } = this;
    const counter = readU32(bytes, template.kind === "T" ? template.offset.x! : template.offset.n!);
    return { kind: template.kind, credentialId, signedAt, counter, bytes };
  }

  get signatureHolds(): boolean {
    return (this.holds ??= this.verify());
  }

  private verify(): boolean {
    const { template, bytes, publicKey, context } = this;
    if (publicKey === undefined) return false;
    const message = sigStructure1(
      bytes.subarray(template.protectedFrom, template.protectedUntil),
      externalAad(template.signedKind, context.site),
      bytes.subarray(template.payloadFrom, template.payloadUntil),
    );
    return context.verifier.verify(publicKey, message, this.signature);
  }
}

const CHALLENGE_DETAIL: Readonly<Record<ChallengeVerdict, string>> = {
  open: "shown in the last 12 s, and spent now",
  spent: "answered before",
  "too old": "shown more than 12 s ago",
  unknown: "none of this reader's",
};
const isIssued = (attempt: PassAttempt): boolean => attempt.template.kind === "T";
const isChallenged = (attempt: PassAttempt): boolean => attempt.template.kind === "HC";

/** Steps 0 and 2 to 7 in order, which is the precedence of their reasons. Step 1, the debounce, is the reader's. */
export const PASS_CHECKS: readonly PassCheck[] = [
  ...READING_CHECKS,
  {
    name: "clock known",
    zh: "控制器时钟可信",
    step: 4,
    judge: (attempt) => {
      if (attempt.clock !== undefined || isChallenged(attempt)) return undefined;
      const window = attempt.context.untrustedWindow;
      if (window === undefined) return "ClockUntrusted";
      if (isIssued(attempt) && attempt.issuer === undefined) return undefined; // whose ttl? its key is refused below
      return attempt.signedAt >= window.from && attempt.signedAt <= window.until ? undefined : "ClockUntrusted";
    },
    detail: ({ clock, context, template }) => {
      if (template.kind === "HC") return "not asked of HC";
      if (clock !== undefined) return `± ${clock.uncertaintyS} s`;
      return context.untrustedWindow === undefined ? "untrusted" : "untrusted: signed within a day of the last known time, or not at all";
    },
  },
  {
    name: "not before its time",
    zh: "已到生效时间",
    step: 4,
    timeAlone: true,
    judge: (attempt) => {
      const { clock } = attempt;
      if (clock === undefined || isChallenged(attempt) || (isIssued(attempt) && attempt.issuer === undefined)) return undefined;
      return clock.now >= attempt.signedAt - PASS_EARLY_S - clock.uncertaintyS ? undefined : "PassNotYetValid";
    },
    detail: (attempt) => timeDetail(attempt),
  },
  {
    name: "not after its time",
    zh: "未过失效时间",
    step: 4,
    timeAlone: true,
    judge: (attempt) => {
      const { clock } = attempt;
      if (clock === undefined || isChallenged(attempt)) return undefined;
      return clock.now <= attempt.validUntil + clock.uncertaintyS ? undefined : "PassExpired";
    },
    detail: (attempt) => timeDetail(attempt),
  },
  {
    name: "challenge answered where one is demanded",
    zh: "要求动态验证时已应答",
    step: 5,
    judge: (attempt) => (attempt.context.challengeDemanded && !isChallenged(attempt) ? "ChallengeRequired" : undefined),
    detail: ({ context, template }) => (context.challengeDemanded ? `demanded, pass ${template.kind}` : "not demanded"),
  },
  {
    name: "credential with a key in the list",
    zh: "名单中有该凭证的公钥",
    step: 5,
    judge: (attempt) => (isIssued(attempt) || attempt.row?.publicKey !== undefined ? undefined : "CredentialNotFound"),
    detail: (attempt) => {
      if (isIssued(attempt)) return "not asked of T";
      return attempt.row === undefined ? "not in the list" : attempt.row.publicKey === undefined ? "in the list without a key" : "";
    },
  },
  issuerCheck("issuer's key in the trust list", "签发密钥在信任列表中", (attempt) => attempt.issuer !== undefined, "unknown kid"),
  issuerCheck(
    "issuer's key may sign T",
    "签发密钥可签发 T 码",
    (attempt) => attempt.issuer === undefined || attempt.issuer.usages.includes("T"),
    "another usage",
  ),
  issuerCheck(
    "issuer's key valid when it signed",
    "签发时密钥在有效期内",
    ({ issuer, signedAt }) => issuer === undefined || (signedAt >= issuer.notBefore && signedAt < issuer.notAfter),
    "signed outside the key's validity",
  ),
  issuerCheck("issuer's key not retired", "签发密钥未停用", (attempt) => attempt.issuer?.status !== "retired", "retired"),
  {
    name: "strict key and signature",
    zh: "公钥和签名的编码合规",
    step: 6,
    judge: ({ publicKey, signature }) =>
      publicKey !== undefined && isStrictPublicKey(publicKey) && isStrictSignature(signature) ? undefined : "SignatureInvalid",
    detail: ({ publicKey, signature }) => {
      if (publicKey === undefined || !isStrictPublicKey(publicKey)) return "the key is not canonical or of small order";
      return isStrictSignature(signature) ? "" : "S or R is not canonical, or R of small order";
    },
  },
  {
    name: "signature holds",
    zh: "签名有效",
    step: 7,
    judge: (attempt) => (attempt.signatureHolds ? undefined : "SignatureInvalid"),
    detail: ({ signatureHolds, context }) => `${signatureHolds ? "" : "not "}for site ${context.site}`,
  },
  {
    name: "challenge is one of the reader's",
    zh: "应答的动态码由本读头发出",
    step: 7,
    behindSignature: true,
    judge: (attempt) => {
      if (!isChallenged(attempt)) return undefined;
      attempt.challengeVerdict = attempt.context.spendChallenge(attempt.challenge);
      return attempt.challengeVerdict === "open" ? undefined : "ChallengeRequired";
    },
    detail: ({ challengeVerdict }) => (challengeVerdict === undefined ? "asked of HC alone" : CHALLENGE_DETAIL[challengeVerdict]),
  },
  {
    name: "credential takes this kind of pass",
    zh: "凭证接受此类二维码",
    step: 7,
    behindSignature: true,
    judge: ({ row, template, signedAt }) => {
      if (row === undefined) return undefined;
      if (!row.takes.includes(template.kind)) return "PassKindNotTaken";
      return template.kind === "T" && row.takesIssuedUntil !== undefined && !(signedAt < row.takesIssuedUntil) ? "PassKindNotTaken" : undefined;
    },
    detail: ({ row, template }) => (row === undefined ? "not in the list" : `pass ${template.kind}, takes ${row.takes.join(", ")}`),
  },
];

/** Step 5 of a T; every answer is SignatureInvalid, because a key that is not trusted proves nothing. */
function issuerCheck(name: string, zh: string, holds: (attempt: PassAttempt) => boolean, otherwise: string): PassCheck {
  return {
    name,
    zh,
    step: 5,
    judge: (attempt) => (!isIssued(attempt) || holds(attempt) ? undefined : "SignatureInvalid"),
    detail: (attempt) => {
      if (!isIssued(attempt)) return "asked of T alone";
      return holds(attempt) ? `kid ${attempt.kid}` : `kid ${attempt.kid}: ${otherwise}`;
    },
  };
}

function timeDetail({ clock, template, signedAt, validUntil }: PassAttempt): string {
  if (template.kind === "HC") return "not asked of HC";
  if (clock === undefined) return "clock untrusted";
  const from = signedAt - PASS_EARLY_S;
  if (clock.now < from) return `${from - clock.now} s too early, ± ${clock.uncertaintyS} s`;
  return clock.now > validUntil ? `${clock.now - validUntil} s too late, ± ${clock.uncertaintyS} s` : `± ${clock.uncertaintyS} s`;
}
