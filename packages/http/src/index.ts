export type { ApiOptions } from "./api-routes.ts";
export type { HttpOptions, HttpServer } from "./serve-http.ts";
export { serveHttp } from "./serve-http.ts";
