import { DETAIL_PHRASES } from "./detail-phrases.ts";
import { HEALTH_FINDING } from "./health-finding.ts";
import { INPUT_FAULT } from "./input-fault.ts";
import { PASS_CHECKS } from "./pass-checks.ts";

/** What fits between the braces of a phrase. */
const PATTERN: Readonly<Record<string, string>> = {
  "#": String.raw`\d+`,
  "@": String.raw`\d{4}-\d\d-\d\d[ T][\d:.]+Z?`,
  "~": String.raw`\d+ (?:h|min)`,
  "&": "[a-z,; ]+",
};

/** How it is said in Chinese; what is not named here is told as it is. */
const VALUE: Readonly<Record<string, (text: string) => string>> = {
  "~": (text) => text.replace(/h$/, "小时").replace(/min$/, "分钟"),
  "&": (text) => {
    const words: Readonly<Record<string, string>> = {
      "; and ": "；且",
      ", or ": "，或",
      " and ": "加",
      card: "实体卡",
      pass: "二维码",
      pin: "密码",
      nobody: "无人",
    };
    return text.replace(/; and |, or | and |card|pass|pin|nobody/g, (word) => words[word]!);
  },
  "%": (text) => detailInChinese(text),
};

interface Phrase {
  readonly fits: RegExp;
  readonly zh: string;
}
interface Phrases {
  readonly whole: ReadonlyMap<string, string>;
  readonly patterns: readonly Phrase[];
  readonly steps: ReadonlyMap<string, string>;
}

/**
 * A detail in Chinese. Records hold details in English alone, so that what was recorded years ago is told in Chinese too; what is no phrase of ours, such as a
 * name, a number or a driver's own words, is told as it is.
 */
export function detailInChinese(detail: string): string {
  const { whole, patterns, steps } = (phrases ??= readPhrases());
  const told = whole.get(detail) ?? steps.get(detail);
  if (told !== undefined) return told;
  const at = detail.indexOf(": ");
  const step = steps.get(detail.slice(0, Math.max(at, 0)));
  if (step !== undefined) return `${step}：${detailInChinese(detail.slice(at + 2))}`;
  for (const { fits, zh } of patterns) {
    const values = fits.exec(detail)?.groups;
    if (values !== undefined) return zh.replace(HOLE, (_, kind: string, name: string) => (VALUE[kind] ?? String)(values[name]!));
  }
  return detail;
}

const HOLE = /\{([#@~&%]?)(\w+)\}/g;
/** Made when somebody first asks: no decision does. */
let phrases: Phrases | undefined;

function readPhrases(): Phrases {
  const remedies = [...Object.values(HEALTH_FINDING), ...Object.values(INPUT_FAULT)].map(({ en, zh }) => [en, zh] as const);
  return {
    whole: new Map([...DETAIL_PHRASES.filter(([en]) => !en.includes("{")), ...remedies]),
    patterns: DETAIL_PHRASES.filter(([en]) => en.includes("{")).map(([en, zh]) => ({ fits: new RegExp(`^${patternOf(en)}$`), zh })),
    steps: new Map(PASS_CHECKS.map(({ name, zh }) => [name, zh])),
  };
}

const patternOf = (en: string): string =>
  en
    .split(/(\{[#@~&%]?\w+\})/)
    .map((part) => {
      const [, kind, name] = /^\{([#@~&%]?)(\w+)\}$/.exec(part) ?? [];
      return name === undefined ? part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`) : `(?<${name}>${PATTERN[kind!] ?? ".+?"})`;
    })
    .join("");
