/** What is reviewed. */
export type ReviewSubject =
  | { readonly kind: "place"; readonly accessPoint: string }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "age"; readonly days: number };
