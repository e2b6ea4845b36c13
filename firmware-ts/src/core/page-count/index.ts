export { countPages } from "./page-count.ts";
export { type Inflate, type PageCount, PAGES_MAX } from "./counted-pages.ts";
