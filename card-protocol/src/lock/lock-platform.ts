/** The rules of docs/contract.md for room locks that stand in question where somebody else's platform stands between us and a lock. */
export const LOCK_RULES = ["14.1", "14.2", "14.3", "14.4"] as const;
export type LockRule = (typeof LOCK_RULES)[number];

/** What of a rule is not kept, for technicians and for whoever sets a PIN there. */
export interface RuleNotKept {
  readonly en: string;
  readonly zh: string;
}

/** Platforms of lock makers that have an adapter. */
export const LOCK_PLATFORMS = ["ttlock"] as const;
export type LockPlatform = (typeof LOCK_PLATFORMS)[number];

/**
 * What a lock behind a maker's platform cannot keep. The one table: the configuration asks for a yes to each rule by its number, `portico lock held` and the
 * API name them, and docs/room-locks.md has the same rows.
 */
export const RULES_NOT_KEPT: Readonly<Record<LockPlatform, Readonly<Record<LockRule, RuleNotKept>>>> = {
  ttlock: {
    "14.1": {
      en: "PINs are sealed to the controller, not to the lock: the platform learns and keeps them in clear, and answers in the lock's place",
      zh: "密码只加密到控制器而非门锁：平台会得知并以明文保存密码，且由平台代替门锁确认",
    },
    "14.2": {
      en: "fingers are enrolled with the maker's app; that the template stays in the lock is the maker's word, and the platform learns number and name",
      zh: "指纹须用厂家应用录入；模板不离开门锁仅凭厂家承诺，平台会得知指纹编号与名称",
    },
    "14.3": {
      en: "who holds the platform's account opens the lock, and sets codes, cards and keys there, whoever they are",
      zh: "持有平台账号者不论身份均可开锁，并可在锁上设置密码、卡和钥匙",
    },
    "14.4": {
      en: "PINs and fingers go when platform and gateway take the order; until then a PIN ends by the date that it was given, 30 days at most, a finger does not",
      zh: "密码和指纹在平台与网关收到指令后才删除；此前密码按所给期限失效（最长 30 天），指纹不会失效",
    },
  },
};
