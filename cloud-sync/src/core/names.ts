/** What something is called, in Chinese and in English. */
export interface Names {
  readonly zh: string;
  readonly en: string;
}
