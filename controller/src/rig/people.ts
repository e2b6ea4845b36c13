import { type CampusCalendar, type CredentialId, type Schedule, type Signer, type TimeRange, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { makeChallengedPass, makeHeldPass, makeIssuedPass } from "@portico/card-protocol/phone";
import type { ListContent, ListedCredential } from "../store/list-content.ts";
import type { ZoneKey } from "../store/zone-key.ts";

/** The site of every test of the controller's shell. */
export const SITE = "campus-east";
/** What the list's one access profile is called, and which access points it leads to. */
export const PROFILE = "gates";
/** 2027-01-11T00:00:00Z, when a simulated clock begins: a Monday in term. */
export const START = unixSeconds(1_799_625_600);
/** kid of the one issuer key, and how long its passes live. */
export const ISSUER_KID = 7;
export const ISSUER_TTL_S = 30;

const signer = (byte: number): Signer => nodeSigner(new Uint8Array(32).fill(byte));
/** Keys of seeds that everybody knows. */
export const KEY = { zhang: signer(0x21), li: signer(0x22), wang: signer(0x23), stranger: signer(0x31), issuer: signer(0x11) };
/** Credentials by person; `zhao` has a phone that never signs but shows passes T, `chen` a card alone. */
export const CREDENTIAL = {
  zhang: "a1a2a3a4a5a6a7a8",
  li: "b1b2b3b4b5b6b7b8",
  wang: "c1c2c3c4c5c6c7c8",
  zhao: "d1d2d3d4d5d6d7d8",
  chen: "e1e2e3e4e5e6e7e8",
  unlisted: "f1f2f3f4f5f6f7f8",
} as const satisfies Record<string, CredentialId>;
export type Person = keyof typeof CREDENTIAL;

/** chen's card, as the reader writes it, and one that nobody knows. */
export const CARD = { chen: "04C3E5A7192B3D", nobody: "04FFEEDDCCBBAA", damaged: "04C3E5A7192B3" } as const;

const FROM = unixSeconds(1_780_000_000);
const UNTIL = unixSeconds(1_880_000_000);
const ALL_DAY = [{ startS: 0, endS: 86_400 }];
const CALENDAR: CampusCalendar = { days: new Map(), termPhases: [] };

/** How the list differs from one in which everybody may pass everywhere at any time. */
export interface ListChange {
  readonly credentials?: Readonly<Partial<Record<Person, Partial<ListedCredential>>>>;
  /** Who has no access profile. */
  readonly without?: readonly Person[];
  /** The schedule is open at these hours alone, local time. */
  readonly hours?: { readonly startS: number; readonly endS: number };
  readonly accessPoints?: readonly string[];
  /** Where everybody may pay. */
  readonly tills?: readonly string[];
  /** Where everybody may borrow. */
  readonly kiosks?: readonly string[];
  /** Where everybody may ride. */
  readonly floors?: readonly string[];
  /** A schedule `openings` beside the one that grants. */
  readonly openings?: { readonly startS: number; readonly endS: number };
}

/** Every day alike. */
const weekly = (id: string, ranges: readonly TimeRange[]): Schedule => ({
  id,
  weekly: { 1: ranges, 2: ranges, 3: ranges, 4: ranges, 5: ranges, 6: ranges, 7: ranges },
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
});

/** zhang, li and wang with phones of their own, zhao with passes T, chen with a card. */
export function peopleList(zoneKey: ZoneKey, change: ListChange = {}): ListContent {
  const phone = (person: "zhang" | "li" | "wang"): ListedCredential => ({
    id: CREDENTIAL[person],
    person,
    kind: "qr",
    validFrom: FROM,
    validUntil: UNTIL,
    publicKey: KEY[person].publicKey,
    takes: ["H", "HC"],
    flags: [],
    ...change.credentials?.[person],
  });
  const credentials: ListedCredential[] = [
    phone("zhang"),
    phone("li"),
    phone("wang"),
    { id: CREDENTIAL.zhao, person: "zhao", kind: "qr", validFrom: FROM, validUntil: UNTIL, takes: ["T"], flags: ["visitor"], ...change.credentials?.zhao },
    { id: CREDENTIAL.chen, person: "chen", kind: "card", validFrom: FROM, validUntil: UNTIL, takes: [], flags: [], ...change.credentials?.chen },
  ];
  const week = change.hours === undefined ? ALL_DAY : [change.hours];
  return {
    credentials,
    cards: [{ token: hex(zoneKey.identify(Uint8Array.from(Buffer.from(CARD.chen, "hex"))).token), credential: CREDENTIAL.chen }],
    policies: [
      ...policiesAt(change.accessPoints ?? ["gate-1-in", "gate-1-out", "library-in"], "pass"),
      ...policiesAt(change.floors ?? [], "ride"),
      ...policiesAt(change.tills ?? [], "pay"),
      ...policiesAt(change.kiosks ?? [], "borrow"),
    ],
    grants: credentials
      .filter(({ person }) => change.without?.includes(person as Person) !== true)
      .map(({ id }) => ({ credential: id, accessProfile: PROFILE, validFrom: FROM, validUntil: UNTIL })),
    schedules: [weekly("week", week), ...(change.openings === undefined ? [] : [weekly("openings", [change.openings])])],
    specialDayGroups: [],
    calendar: CALENDAR,
  };
}

const policiesAt = (accessPoints: readonly string[], capability: "pass" | "ride" | "pay" | "borrow"): ListContent["policies"] =>
  accessPoints.map((accessPoint) => ({ accessProfile: PROFILE, accessPoint, capability, schedule: "week" }));

/** What a pass says that is not the usual. */
export interface PassChange {
  readonly site?: string;
  readonly credential?: CredentialId;
  readonly signer?: Signer;
  readonly counter?: number;
}

/** The text of a pass H. */
export function heldPass(person: "zhang" | "li" | "wang", signedAt: number, change: PassChange = {}): string {
  return makeHeldPass(heldFields(person, signedAt, change), change.signer ?? KEY[person]).text;
}

/** The text of a pass HC that answers a challenge of 8 bytes. */
export function challengedPass(person: "zhang" | "li" | "wang", signedAt: number, challenge: Uint8Array, change: PassChange = {}): string {
  return makeChallengedPass({ ...heldFields(person, signedAt, change), challenge }, change.signer ?? KEY[person]).text;
}

/** The text of a pass T of zhao's, or of whom `change` says. */
export function issuedPass(expiresAt: number, change: PassChange & { readonly kid?: number } = {}): string {
  const { site = SITE, credential = CREDENTIAL.zhao, kid = ISSUER_KID } = change;
  return makeIssuedPass({ site, credentialId: credential, kid, expiresAt: unixSeconds(expiresAt) }, change.signer ?? KEY.issuer).text;
}

function heldFields(
  person: "zhang" | "li" | "wang",
  signedAt: number,
  { site = SITE, credential = CREDENTIAL[person], counter = signedAt }: PassChange,
): { site: string; credentialId: CredentialId; signedAt: UnixSeconds; counter: number } {
  return { site, credentialId: credential, signedAt: unixSeconds(signedAt), counter };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
