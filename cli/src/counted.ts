/** How many of something, in English: `1 door`, `2 doors`. @param noun  in the singular, of a plural in -s */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
