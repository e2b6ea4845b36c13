/** The languages in which sentences are told to people. What programs read is in neither: names and keys. */
export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];
