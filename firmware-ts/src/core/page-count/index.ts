export { countPages, type Inflate, type PageCount, PAGES_MAX } from "./page-count.ts";
