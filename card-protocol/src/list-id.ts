/**
 * True for what a list may call a person, access profile, access point, schedule, special day group or term phase: 1..64 letters, digits and CJK
 * ideographs, behind the first also `.`, `_`, `-` and `/`. No blank, and nothing that a spreadsheet takes for a formula.
 */
export const isListId = (text: unknown): text is string =>
  typeof text === "string" && /^[A-Za-z0-9\u3400-\u9fff][A-Za-z0-9\u3400-\u9fff._/-]{0,63}$/.test(text);
