import { expect, test } from "vitest";
import { chosenLanguage } from "./language.ts";

test.each([
  ["nothing", {}, {}, "en"],
  ["LANG", { LANG: "zh_CN.UTF-8" }, {}, "zh"],
  ["LC_MESSAGES before LANG", { LC_MESSAGES: "en_GB.UTF-8", LANG: "zh_CN.UTF-8" }, {}, "en"],
  ["LC_ALL before both", { LC_ALL: "zh_CN", LC_MESSAGES: "C", LANG: "C.UTF-8" }, {}, "zh"],
  ["what is set to nothing is not set", { LC_ALL: "", LANG: "zh_CN.UTF-8" }, {}, "zh"],
  ["another language is told in English", { LANG: "de_DE.UTF-8" }, {}, "en"],
  ["the option before all", { LC_ALL: "zh_CN.UTF-8" }, { lang: "en" }, "en"],
  ["the option alone", {}, { lang: "zh" }, "zh"],
] as const)("the language is told by %s", (_, env, options, language) => {
  expect(chosenLanguage({ env }, options)).toBe(language);
});
